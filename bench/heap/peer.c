/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum {
        PEER_ARENA_GIB = 8
};

void peer_setup(void) {
#if defined(PEER_BOEHM)
        GC_INIT();
#endif
}

void peer_init(struct peer *peer) {
        *peer = (struct peer){ 0 };
#if defined(PEER_ARENA)
        peer->next = mmap(NULL,
                          (size_t)PEER_ARENA_GIB << 30,
                          PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                          -1,
                          0);
        if (peer->next == MAP_FAILED)
                bench_die("mmap");
        peer->end = peer->next + ((size_t)PEER_ARENA_GIB << 30);
#endif
}

void *peer_allocate_table(size_t size) {
#if defined(PEER_BOEHM)
        void *table = GC_MALLOC_UNCOLLECTABLE(size);
#else
        void *table = calloc(1, size);
#endif

        if (!table)
                bench_die("no memory for a table");
        return table;
}

static void peer_run(const char *workload, unsigned n) {
        if (strcmp(workload, "trees") == 0)
                peer_run_trees();
        else if (strcmp(workload, "requests") == 0)
                peer_run_requests(n);
        else if (strcmp(workload, "table") == 0)
                peer_run_table(n);
        else if (strcmp(workload, "objects") == 0)
                peer_run_objects();
        else
                bench_die("no such workload: %s", workload);
}

/* WORKLOAD [N]: threads, or the table's seconds. */
int main(int argc, char *argv[]) {
        if (argc < 2 || argc > 3)
                bench_die("usage: %s WORKLOAD [N]", argv[0]);
        peer_setup();
        peer_run(argv[1], argc > 2 ? (unsigned)atoi(argv[2]) : 1);
        report_memory();
        return 0;
}
