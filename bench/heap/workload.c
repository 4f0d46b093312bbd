/* SPDX-License-Identifier: MIT */
#include "workload.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#if defined(PEER_BOEHM)
#        define GC_THREADS
#        include <gc.h> /* Wraps pthread_create(): the collector must know its threads. */
#endif

uint16_t request_sizes[REQUEST_SIZES];

void request_sizes_init(void) {
        uint64_t seed = 42;

        for (int i = 0; i < REQUEST_SIZES; i++) {
                uint32_t a = random_next(&seed) % 31, b = random_next(&seed) % 31;

                request_sizes[i] = (uint16_t)(16 + 8 * (a < b ? a : b));
        }
}

uint32_t *permutation_new(uint32_t n, uint64_t seed) {
        uint32_t *items = mmap(NULL,
                               n * sizeof(*items),
                               PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS,
                               -1,
                               0);

        if (items == MAP_FAILED)
                bench_die("mmap");
        for (uint32_t i = 0; i < n; i++)
                items[i] = i;
        for (uint32_t i = n - 1; i > 0; i--) {
                uint32_t j = random_next(&seed) % (i + 1), item = items[i];

                items[i] = items[j];
                items[j] = item;
        }
        return items;
}

void permutation_free(uint32_t *permutation, uint32_t n) {
        (void)munmap(permutation, n * sizeof(*permutation));
}

uint64_t workload_now_ns(void) {
        struct timespec now;

        if (!getenv("GCASYNC_BENCH_CPU"))
                return bench_now_ns();
        if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) < 0)
                bench_die("clock_gettime");
        return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct thread {
        pthread_t id;
        pthread_barrier_t *barrier;
        unsigned index;
        void (*work)(unsigned thread, void *data);
        void *data;
};

static void *thread_main(void *data) {
        struct thread *thread = data;

        (void)pthread_barrier_wait(thread->barrier);
        thread->work(thread->index, thread->data);
        return NULL;
}

uint64_t threads_run(unsigned n, void (*work)(unsigned thread, void *data), void *data) {
        struct thread threads[WORKLOAD_THREADS_MAX];
        pthread_barrier_t barrier;
        uint64_t begin;

        if (n == 1) {
                begin = workload_now_ns();
                work(0, data);
                return workload_now_ns() - begin;
        }
        if (n < 1 || n > WORKLOAD_THREADS_MAX || pthread_barrier_init(&barrier, NULL, n) != 0)
                bench_die("%u threads", n);
        for (unsigned i = 1; i < n; i++) {
                threads[i] = (struct thread){
                        .barrier = &barrier, .index = i, .work = work, .data = data
                };
                if (pthread_create(&threads[i].id, NULL, thread_main, &threads[i]) != 0)
                        bench_die("pthread_create");
        }
        (void)pthread_barrier_wait(&barrier);
        begin = bench_now_ns();
        work(0, data);
        for (unsigned i = 1; i < n; i++)
                (void)pthread_join(threads[i].id, NULL);
        return bench_now_ns() - begin;
}

void report(const char *name, double value) {
        (void)printf("%s %.17g\n", name, value);
        (void)fflush(stdout);
}

void report_check(uint64_t check) {
        /* A figure is a double; it holds so much of the sum exactly. */
        report("check", (double)(check & ((UINT64_C(1) << 52) - 1)));
}

/* From /proc, not getrusage(): that one's mark is handed on by fork and exec. */
double memory_get_peak_bytes(void) {
        FILE *status = fopen("/proc/self/status", "re");
        unsigned long kilobytes = 0;
        char line[128];

        if (!status)
                bench_die("/proc/self/status");
        while (fgets(line, sizeof(line), status))
                if (sscanf(line, "VmHWM: %lu kB", &kilobytes) == 1)
                        break;
        (void)fclose(status);
        return (double)kilobytes * 1024;
}

void report_memory(void) {
        report("memory", memory_get_peak_bytes() / 1e6);
}
