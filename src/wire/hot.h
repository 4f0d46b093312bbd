/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The two messages that nearly all of a busy session's time would go into, written and read by hand, each by both
 * ends: Submit, and the Reply that tells of a task's success and nothing else. What is read here is what most
 * programs send; the rest goes the general way (message.h). Tests and a fuzzer hold both ways against each other.
 *
 * Appending returns 0, -ENOMEM, or -EMSGSIZE where the message is larger than message_size_max; the buffer is
 * unchanged then. Reading returns whether the message has exactly the form described; false also for what is not a
 * message at all.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

/* A Submit to write. Text and arguments, encoded, are borrowed; empty ones may be NULL. */
struct hot_submit {
        const char *kind, *label;
        size_t kind_size, label_size;
        const void *arguments;
        size_t arguments_size;
        bool is_detached;
        bool want_accepted, want_progress, want_output;
        uint64_t timeout_us;
};

/* Appends the request, framed. */
int hot_append_submit(struct buffer *buffer,
                      uint64_t id,
                      const struct hot_submit *submit,
                      size_t message_size_max);

/* A Submit that was read. */
struct hot_submit_seen {
        uint64_t id;
        const uint8_t *kind, *arguments; /* borrowed from the message */
        size_t kind_size, arguments_size;
};

/*
 * A Request with an id and a Submit, that one with a kind and arguments, each once, in this order, and nothing
 * else.
 */
bool hot_read_submit(const uint8_t *message, size_t size, struct hot_submit_seen *ret_submit);

/* The Result of a task that succeeded. The value, encoded, is borrowed: from the caller, or from the message. */
struct hot_result {
        uint64_t id; /* of the request */
        uint64_t task;
        const uint8_t *value;
        size_t value_size;
};

/* Appends the reply, framed; an empty value is left out. */
int hot_append_result(struct buffer *buffer,
                      const struct hot_result *result,
                      size_t message_size_max);

/*
 * A Reply with an id and a Result, that one with a task, the state "succeeded" and a value, each once, in this
 * order, and nothing else.
 */
bool hot_read_result(const uint8_t *message, size_t size, struct hot_result *ret_result);
