/* SPDX-License-Identifier: MIT */

/*
 * A header that stands is taken as it is, whatever it may look like. Only one that is refused
 * anyway is compared with the first bytes of other protocols, so that its sender is told that it
 * knocked at the wrong door. Every refusal needs four bytes at least, and four bytes tell those
 * protocols apart.
 */

#include "wire/frame.h"

#include <stdbool.h>

#include "base/check.h"

enum {
        PREAMBLE_SIZE = 4,
};

/* The first bytes of other protocols; a bit counts where the mask has it. */
static const struct preamble {
        char bytes[PREAMBLE_SIZE + 1];
        char mask[PREAMBLE_SIZE + 1];
} preambles[] = {
        /* HTTP: a method, or the preface of HTTP/2 */
        { "GET ", "\xff\xff\xff\xff" },
        { "HEAD", "\xff\xff\xff\xff" },
        { "POST", "\xff\xff\xff\xff" },
        { "PUT ", "\xff\xff\xff\xff" },
        { "DELE", "\xff\xff\xff\xff" },
        { "CONN", "\xff\xff\xff\xff" },
        { "OPTI", "\xff\xff\xff\xff" },
        { "TRAC", "\xff\xff\xff\xff" },
        { "PATC", "\xff\xff\xff\xff" },
        { "PRI ", "\xff\xff\xff\xff" },
        /* TLS: a handshake record of version 3.0 to 3.7 */
        { "\x16\x03\x00\x00", "\xff\xff\xf8\x00" },
        /* D-Bus: the start of authentication; a call (byte order, call, flags, version 1) */
        { "\0AUT", "\xff\xff\xff\xff" },
        { "l\x01\x00\x01", "\xff\xff\x00\xff" },
        { "B\x01\x00\x01", "\xff\xff\x00\xff" },
        /* SSH */
        { "SSH-", "\xff\xff\xff\xff" },
};

static bool frame_is_preamble(const uint8_t *data) {
        for (size_t i = 0; i < sizeof(preambles) / sizeof(preambles[0]); i++) {
                const struct preamble *preamble = &preambles[i];
                uint8_t difference = 0;

                for (size_t k = 0; k < PREAMBLE_SIZE; k++)
                        difference |= (data[k] & (uint8_t)preamble->mask[k]) ^
                                      (uint8_t)preamble->bytes[k];
                if (difference == 0)
                        return true;
        }
        return false;
}

static int frame_refuse(const uint8_t *data, int outcome) {
        return frame_is_preamble(data) ? FRAME_E_PREAMBLE : outcome;
}

static inline uint32_t frame_read_u32(const uint8_t *data) {
        return (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 |
               (uint32_t)data[3] << 24;
}

int frame_parse(const uint8_t *data,
                size_t size,
                size_t message_size_max,
                struct frame *ret_frame) {
        uint32_t length;

        ret_frame->size = 0;
        if (size < 4)
                return FRAME_E_MORE;
        length = frame_read_u32(data);
        if (length == 0)
                return FRAME_E_EMPTY;
        if (length > message_size_max)
                return frame_refuse(data, FRAME_E_TOO_LARGE);
        if ((size > 4 && data[4] > FRAME_DESCRIPTORS_MAX) || (size > 5 && data[5] > 0))
                return frame_refuse(data, FRAME_E_DESCRIPTORS);
        if ((size > 6 && data[6] > 0) || (size > 7 && data[7] > 0))
                return frame_refuse(data, FRAME_E_FLAGS);
        if (size < FRAME_HEADER_SIZE)
                return FRAME_E_MORE;

        ret_frame->size = FRAME_HEADER_SIZE + (size_t)length;
        if (size < ret_frame->size)
                return FRAME_E_MORE;
        ret_frame->message = data + FRAME_HEADER_SIZE;
        ret_frame->message_size = length;
        ret_frame->n_descriptors = data[4];
        return 0;
}

void frame_write_header(uint8_t *header, size_t message_size, unsigned n_descriptors) {
        assert(message_size > 0 && message_size <= UINT32_MAX);
        assert(n_descriptors <= FRAME_DESCRIPTORS_MAX);

        header[0] = (uint8_t)message_size;
        header[1] = (uint8_t)(message_size >> 8);
        header[2] = (uint8_t)(message_size >> 16);
        header[3] = (uint8_t)(message_size >> 24);
        header[4] = (uint8_t)n_descriptors;
        header[5] = 0;
        header[6] = 0;
        header[7] = 0;
}
