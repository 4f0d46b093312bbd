/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Messages: bytes to and from the structures that protobuf-c makes of proto/gcasync.proto.
 *
 * protobuf-c's tables are used, its own unpacking and packing are not: those recurse, merge what is
 * sent twice, keep what they do not know, and turn 160 kB into gigabytes. Here a message is walked
 * once, without recursion. What it may not hold: field numbers from 2^29, groups (however deep),
 * varints of more than 64 bits, lengths beyond the message they stand in, a known field in another
 * type's encoding, a message in a singular field (a body, in a Request or Reply) twice. Unknown
 * fields are skipped. It is unpacked into an arena with a budget of 16 times its size + 4 KiB, so
 * that no message, however small its parts, takes more memory than that. Text is declared `bytes`,
 * since protobuf-c checks no UTF-8 and cuts strings at NUL; message_check_text() checks it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gcasync.pb-c.h"
#include "wire/arena.h"
#include "wire/error-code.h"

struct buffer;

enum {
        MESSAGE_E_MALFORMED = 1,
        MESSAGE_E_TOO_COMPLEX, /* past the budget */
};

enum {
        MESSAGE_BUDGET_FACTOR = 16,
        MESSAGE_BUDGET_BASE = 4096,
};

/*
 * Unpacks a Request or a Reply into the arena, which is reset first: the result lives until the
 * next call. Its fields of bytes point into data, so data has to live as long. 0, MESSAGE_E_…, or
 * -ENOMEM.
 */
int message_unpack_request(struct arena *arena,
                           const uint8_t *data,
                           size_t size,
                           const Gcasync__Request **ret_request);
int message_unpack_reply(struct arena *arena,
                         const uint8_t *data,
                         size_t size,
                         const Gcasync__Reply **ret_reply);

/*
 * The id of a request that cannot be unpacked further, as far as its bytes tell; 0 where they do
 * not.
 */
uint64_t message_find_request_id(const uint8_t *data, size_t size);

/* Whether text is UTF-8 without NUL and at most size_max bytes long. */
bool message_check_text(const ProtobufCBinaryData *text, size_t size_max);

/* Bytes that are borrowed, for assigning to a field. */
static inline ProtobufCBinaryData message_bytes(const void *data, size_t size) {
        return (ProtobufCBinaryData){ .len = size, .data = (uint8_t *)(uintptr_t)data };
}
ProtobufCBinaryData message_text(const char *text); /* NULL: empty */

/*
 * Packs a message, framed and not empty, at the end of a buffer. 0, or -ENOMEM, or -EMSGSIZE where
 * it is larger than message_size_max; the buffer is unchanged then.
 */
int message_append(struct buffer *buffer, const ProtobufCMessage *message, size_t message_size_max);
