/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Frames: 8 bytes of header (u32 length, u16 descriptors, u16 flags, little-endian), then one
 * message. A parser of bytes without I/O and without memory of its own: the caller hands it what it
 * has.
 */

#include <stddef.h>
#include <stdint.h>

enum {
        FRAME_HEADER_SIZE = 8,
        FRAME_DESCRIPTORS_MAX = 16,
        FRAME_SIZE_MAX_DEFAULT = 16 << 20,
};

enum {
        FRAME_E_MORE = 1,    /* not whole yet */
        FRAME_E_EMPTY,       /* a length of 0 */
        FRAME_E_TOO_LARGE,   /* a length above the limit */
        FRAME_E_FLAGS,       /* flags other than 0 */
        FRAME_E_DESCRIPTORS, /* more than FRAME_DESCRIPTORS_MAX */
        FRAME_E_PREAMBLE,    /* the start of HTTP, TLS, D-Bus or SSH: not our protocol */
};

struct frame {
        const uint8_t *message; /* borrowed from data */
        size_t message_size;
        size_t size; /* header included: what to consume */
        unsigned n_descriptors;
};

/*
 * Finds the frame that data begins with. 0 and *ret_frame; FRAME_E_MORE, with *ret_frame's size
 * telling how much the whole frame needs as soon as 8 bytes are there (else 0); or another outcome
 * as soon as the bytes at hand decide it (the header is judged before the message has arrived).
 */
int frame_parse(const uint8_t *data, size_t size, size_t message_size_max, struct frame *ret_frame);

/* Writes the header to 8 bytes. */
void frame_write_header(uint8_t *header, size_t message_size, unsigned n_descriptors);
