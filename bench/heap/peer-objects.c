/* SPDX-License-Identifier: MIT */

/* W4 on a peer. */

#include "peer.h"

struct item {
        struct item *a, *b;
        uint64_t words[2];
};

void peer_run_objects(void) {
        struct item **live = peer_allocate_table(OBJECTS_LIVE * sizeof(*live));
        struct peer peer;
        uint64_t begin, check = 0;
        char *mark, *end;

        peer_init(&peer);
        mark = peer.next;
        end = mark + OBJECTS_REGION_BYTES;
        begin = workload_now_ns();
        for (uint64_t i = 0; i < OBJECTS_COUNT; i++) {
                struct item **slot = &live[i % OBJECTS_LIVE], *item;

                if (PEER_IS_ARENA && (size_t)(end - peer.next) < sizeof(*item))
                        peer.next = mark;
                item = peer_allocate(&peer, sizeof(*item));
                item->words[0] = i;
                if (PEER_FREES)
                        peer_free(*slot);
                *slot = item;
        }
        report("ns", (double)(workload_now_ns() - begin) / OBJECTS_COUNT);
        for (size_t i = 0; i < OBJECTS_LIVE; i++)
                check += live[i]->words[0];
        report_check(check);
}
