/* SPDX-License-Identifier: MIT */

#include "base/utf8.h"

#include <string.h>

size_t utf8_decode(const void *data, size_t size, uint32_t *ret_character) {
        static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
        const uint8_t *p = data;
        uint32_t character;
        size_t length;

        if (size == 0)
                return 0;
        if (p[0] < 0x80) {
                *ret_character = p[0];
                return 1;
        }
        if (p[0] < 0xc2 || p[0] > 0xf4)
                return 0;
        length = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
        if (size < length)
                return 0;
        character = p[0] & (0xffu >> (length + 1));
        for (size_t i = 1; i < length; i++) {
                if ((p[i] & 0xc0) != 0x80)
                        return 0;
                character = character << 6 | (p[i] & 0x3f);
        }
        if (character < least[length] || character > 0x10ffff ||
            (character >= 0xd800 && character <= 0xdfff))
                return 0;
        *ret_character = character;
        return length;
}

/* Whether fewer than eight bytes are ASCII: as two words that overlap, or byte by byte. */
static inline bool utf8_is_short_ascii(const uint8_t *p, size_t size) {
        uint32_t first, last;

        if (size >= sizeof(first)) {
                memcpy(&first, p, sizeof(first));
                memcpy(&last, p + size - sizeof(last), sizeof(last));
        } else {
                first = size > 0 ? p[0] : 0;
                last = size > 0 ? (uint32_t)p[size / 2] | p[size - 1] : 0;
        }
        return !((first | last) & 0x80808080u);
}

bool utf8_is_valid(const void *data, size_t size) {
        const uint8_t *p = data;
        uint32_t character;
        uint64_t word;

        for (;;) {
                size_t length;

                /* Eight ASCII bytes at a time: most text is nothing else. */
                while (size >= sizeof(word)) {
                        memcpy(&word, p, sizeof(word));
                        if (word & UINT64_C(0x8080808080808080))
                                break;
                        p += sizeof(word);
                        size -= sizeof(word);
                }
                if (size < sizeof(word) && utf8_is_short_ascii(p, size))
                        return true;
                length = *p < 0x80 ? 1 : utf8_decode(p, size, &character);
                if (length == 0)
                        return false;
                p += length;
                size -= length;
        }
}
