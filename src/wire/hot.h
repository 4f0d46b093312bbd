/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The two messages that most of a busy daemon's time would go into, read and written by hand: the Submit that names a
 * kind and its arguments and asks for nothing else, and the Result of a task that succeeded. A test holds both
 * against the general way.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

struct hot_submit_seen {
        uint64_t id;
        const uint8_t *kind, *arguments; /* borrowed from the message */
        size_t kind_size, arguments_size;
};

/*
 * Whether the message is a Request with an id and a Submit, that one with a kind and arguments, each once, in
 * this order, and nothing else. What is not goes the general way; also what is not a message at all.
 */
bool hot_read_submit(const uint8_t *message, size_t size, struct hot_submit_seen *ret_submit);

/* What a Result of success says. The value, encoded, is borrowed; an empty one is left out. */
struct hot_success {
        uint64_t id; /* of the request */
        uint64_t task;
        const uint8_t *value;
        size_t value_size;
};

/* Appends the reply, framed. 0, -ENOMEM, or -EMSGSIZE where the message is larger than message_size_max;
 * the buffer is unchanged then. */
int hot_append_success(struct buffer *buffer,
                       const struct hot_success *success,
                       size_t message_size_max);
