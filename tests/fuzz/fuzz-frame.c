/* SPDX-License-Identifier: MIT */

#include "fuzz/fuzz-target.h"
#include "wire/frame.h"

enum {
        LIMIT = 1 << 16,
};

/* A decision, once there, is not changed by more bytes, and a frame lies in the bytes that were given. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        int r_before = FRAME_E_MORE;

        for (size_t at = 0; at <= size; at++) {
                struct frame frame;
                int r = frame_parse(data, at, LIMIT, &frame);

                assert(r >= 0);
                assert(r_before == FRAME_E_MORE || r == r_before);
                r_before = r;
                if (r == FRAME_E_MORE)
                        assert(frame.size == 0 ? at < FRAME_HEADER_SIZE : frame.size > at);
                if (r != 0)
                        continue;
                assert(frame.size <= at && frame.message_size > 0 && frame.message_size <= LIMIT);
                assert(frame.message == data + FRAME_HEADER_SIZE);
                assert(frame.size == FRAME_HEADER_SIZE + frame.message_size);
                assert(frame.n_descriptors <= FRAME_DESCRIPTORS_MAX);
        }
        return 0;
}
