/* SPDX-License-Identifier: MIT */
#ifndef GCASYNC_OPTION_H
#define GCASYNC_OPTION_H

/*
 * The options of a runtime, as gcasync/main.h takes them when a program is compiled and a builder (gcasync/program.h) when
 * it runs; and what both say, in the same words, of one that cannot be.
 */

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What can be set, each once, and what counts where it is not:
 *
 *     flavor                multi_thread   or current_thread, or local
 *     worker_threads        see right      multi_thread only; GCASYNC_WORKER_THREADS in the environment, else one per
 *                                          core that this process may run on
 *     max_blocking_threads  512            threads of the pool; more blocking work than that waits, without limit
 *     thread_keep_alive_ms  10000          so long an idle thread of the pool stays
 *     thread_stack_bytes    ulimit -s      of each thread that the runtime starts
 *     body_stack_bytes      65536          of each coroutine, rounded up to 16 KiB times a power of two
 *     thread_name           "gcasync"      before -w0 and the like, cut to the 15 bytes that the kernel keeps; not blank, no
 *                                          control characters
 *     event_interval        61             polls of tasks between two looks at descriptors, timers and mail
 *     task_memory_bytes     256 MiB        values that one task may hold in its region
 *     hog_threshold_ms      1000           a poll longer than this is told in the log (multi_thread)
 *     heap                  0              1: the runtime makes a shared heap, and has it for as long as it lives
 *
 * The numbers, with the least and the greatest:
 */
#define GCA_ROW_worker_threads       WORKER_THREADS, worker_threads, 1, 1024
#define GCA_ROW_max_blocking_threads MAX_BLOCKING_THREADS, max_blocking_threads, 1, 65536
#define GCA_ROW_thread_keep_alive_ms THREAD_KEEP_ALIVE_MS, thread_keep_alive_ms, 1, 86400000
#define GCA_ROW_thread_stack_bytes   THREAD_STACK_BYTES, thread_stack_bytes, 65536, 1073741824
#define GCA_ROW_body_stack_bytes     BODY_STACK_BYTES, body_stack_bytes, 16384, 8388608
#define GCA_ROW_event_interval       EVENT_INTERVAL, event_interval, 1, 1000000
#define GCA_ROW_task_memory_bytes    TASK_MEMORY_BYTES, task_memory_bytes, 4096, 1099511627776
#define GCA_ROW_hog_threshold_ms     HOG_THRESHOLD_MS, hog_threshold_ms, 1, 86400000
#define GCA_ROW_heap                 HEAP, heap, 0, 1

/* X(OPTION, name, least, greatest) for each of them. */
#define GCA_NUMBER_OPTION_MAP(X)                    \
        GCA_ROW_OF(X, GCA_ROW_worker_threads)       \
        GCA_ROW_OF(X, GCA_ROW_max_blocking_threads) \
        GCA_ROW_OF(X, GCA_ROW_thread_keep_alive_ms) \
        GCA_ROW_OF(X, GCA_ROW_thread_stack_bytes)   \
        GCA_ROW_OF(X, GCA_ROW_body_stack_bytes)     \
        GCA_ROW_OF(X, GCA_ROW_event_interval)       \
        GCA_ROW_OF(X, GCA_ROW_task_memory_bytes)    \
        GCA_ROW_OF(X, GCA_ROW_hog_threshold_ms)     \
        GCA_ROW_OF(X, GCA_ROW_heap)
#define GCA_ROW_OF(X, row)  GCA_ROW_OF_(X, row)
#define GCA_ROW_OF_(X, ...) X(__VA_ARGS__)

typedef enum gca_option {
        GCA_OPTION_FLAVOR = 1,
        GCA_OPTION_THREAD_NAME,
#define GCA_X_(option, name, min, max) GCA_OPTION_##option,
        GCA_NUMBER_OPTION_MAP(GCA_X_)
#undef GCA_X_
} gca_option;

/* ---- what is said: string literals, of literals or of "%s" ---- */

#define GCA_SAYS_FLAVORS "current_thread, multi_thread and local"
#define GCA_SAYS_OPTIONS                                                                           \
        "flavor, worker_threads, max_blocking_threads, thread_keep_alive_ms, thread_stack_bytes, " \
        "body_stack_bytes, thread_name, event_interval, task_memory_bytes, hog_threshold_ms and "  \
        "heap"

/* Names that other runtimes have, or had. */
#define GCA_RENAMED_FLAVOR_MAP(X)          \
        X(single_thread, current_thread)   \
        X(basic_scheduler, current_thread) \
        X(threaded_scheduler, multi_thread)
#define GCA_RENAMED_OPTION_MAP(X) X(core_threads, worker_threads)

#define GCA_SAYS_UNKNOWN(option)            "`" option "` is no option: there are " GCA_SAYS_OPTIONS
#define GCA_SAYS_RENAMED(name, now)         "`" name "` is called `" now "` here"
#define GCA_SAYS_TWICE(name)                "`" name "` is set multiple times"
#define GCA_SAYS_NO_ARGUMENT(name, again)   "`" name "` requires an argument: " again "(...)"
#define GCA_SAYS_BARE_FLAVOR(flavor, again) "`" flavor "` is a flavor: write flavor(" again ")"
#define GCA_SAYS_NOT_INTEGER(name)          "`" name "` takes an integer"
#define GCA_SAYS_NOT_TEXT(name)             "`" name "` takes a text in double quotes"
#define GCA_SAYS_TOO_SMALL(name, min)       "`" name "` must be at least " min
#define GCA_SAYS_TOO_LARGE(name, max)       "`" name "` must be at most " max
#define GCA_SAYS_UNKNOWN_FLAVOR(flavor)     "`" flavor "` is no flavor: there are " GCA_SAYS_FLAVORS
#define GCA_SAYS_BLANK_NAME \
        "`thread_name` must have a character other than a blank, and no control character"
#define GCA_SAYS_NOT_MULTI(name) "`" name "` requires flavor(multi_thread): leave one of them out"
#define GCA_SAYS_BODY(body)      "`" body "` must be gca_value (*)(gca_task *task, void *data)"
#define GCA_SAYS_TWO_HEAPS       "`heap` makes a heap, and one is given: leave one of them out"

#ifdef __cplusplus
}
#endif

#endif
