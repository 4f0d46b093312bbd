/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The two messages that most of a busy client's time would go into, written and read by
 * hand: Submit, and the Reply that tells of a task's success and nothing else. Tests hold
 * both against protobuf-c.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

/* Text and arguments, encoded, are borrowed; empty ones may be NULL. */
struct hot_submit {
        const char *kind, *label;
        size_t kind_size, label_size;
        const void *arguments;
        size_t arguments_size;
        bool is_detached;
        bool want_accepted, want_progress, want_output;
        uint64_t timeout_us;
};

/*
 * Appends the request, framed. 0, -ENOMEM, or -EMSGSIZE where the message is larger than
 * message_size_max; the buffer is unchanged then.
 */
int hot_append_submit(struct buffer *buffer,
                      uint64_t id,
                      const struct hot_submit *submit,
                      size_t message_size_max);

struct hot_result {
        uint64_t id;
        uint64_t task;
        const uint8_t *value; /* borrowed from the message */
        size_t value_size;
};

/*
 * Whether the message is a Reply with an id and a Result, that one with a task, the state
 * "succeeded" and a value, each once, in this order, and nothing else. What is not goes
 * the general way; also what is not a message at all.
 */
bool hot_read_result(const uint8_t *message, size_t size, struct hot_result *ret_result);
