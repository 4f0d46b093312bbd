/* SPDX-License-Identifier: MIT */
#ifndef GCASYNC_RUNTIME_H
#define GCASYNC_RUNTIME_H

/*
 * The runtime: kinds, workers and tasks, for a program that hosts them. gcasyncd is built on this
 * header; any other program can be. Until version 1.0 it may change between releases.
 *
 * A runtime has one I/O worker, driven by the thread that calls gca_runtime_run(), worker threads, and a
 * pool for blocking work. The host adds its own events to the I/O worker's libevent base; all its
 * callbacks but those marked otherwise run on that thread, so a host needs no locks.
 *
 * THE TASK'S STATES
 *
 *     queued --> running <--> suspended --> succeeded | failed | aborted | timed-out
 *
 * "suspended" is a task that waits for a watch; between GCA_AGAIN and its next poll a task is running.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcasync/heap.h>
#include <gcasync/module.h>
#include <gcasync/tracker.h>
#include <gcasync/value.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

struct event_base;

typedef struct gca_runtime gca_runtime;
typedef struct gca_registry gca_registry;

/* ---- the registry of kinds ---- */

/* A kind as registered: the module's descriptor, checked, with what was derived from it. Lives as long as the
 * registry. */
typedef struct gca_kind_entry {
        const gca_module *module;
        const gca_kind *kind;
        const char *full_name; /* "core.echo", "exec" */
        bool is_inline_allowed;
} gca_kind_entry;

/* Told once for each fault, in words for the administrator; path is the module's file or NULL. Where one is
 * accepted, so is NULL: then nobody is told. */
typedef void (*gca_fault_callback)(const char *path, const char *text, void *data);

/* NULL when out of memory. */
gca_registry *gca_registry_new(void);
/* NULL is accepted and returned. Loaded modules stay loaded. */
gca_registry *gca_registry_free(gca_registry *registry);

/*
 * Adds a module's kinds: all of them or, when there is any fault, none; every fault is told. is_bundled
 * allows the mode inline and the mode service. 0, -EINVAL after faults were told, or -ENOMEM.
 */
int gca_registry_add(gca_registry *registry,
                     const gca_module *module,
                     const char *path,
                     bool is_bundled,
                     gca_fault_callback on_fault,
                     void *data);

/*
 * Loads every *.so of a directory, in name order. Directory and files must belong to root or to the
 * caller's effective uid and must not be writable by group or others; that is checked on the opened
 * descriptor, and the checked file is what is loaded. Modules named "core" and "exec" are bundled. Faults are told; the other modules are still loaded.
 * Returns 0, or -EINVAL when a fault was told, or the fault that kept the directory from being read.
 */
int gca_registry_load_directory(gca_registry *registry,
                                const char *path,
                                gca_fault_callback on_fault,
                                void *data);

/* Lets a kind of an unbundled module run inline. 0, -ENOENT where there is none, -EINVAL where its mode is another. */
int gca_registry_allow_inline(gca_registry *registry, const char *full_name);

/* The entry by name (bytes, not NUL-terminated), or NULL. */
const gca_kind_entry *
gca_registry_find(const gca_registry *registry, const char *name, size_t length);

/* By index, in name order; NULL past the end. */
const gca_kind_entry *gca_registry_get(const gca_registry *registry, size_t index);

/* ---- the host ---- */

typedef enum gca_task_state {
        GCA_TASK_QUEUED = 1,
        GCA_TASK_RUNNING,
        GCA_TASK_SUSPENDED,
        GCA_TASK_SUCCEEDED,
        GCA_TASK_FAILED,
        GCA_TASK_ABORTED,
        GCA_TASK_TIMED_OUT,
} gca_task_state;

/* What the runtime calls in its host. All but pass_end get the task; its host part is gca_task_host(). */
typedef struct gca_host_ops {
        size_t size; /* sizeof(gca_host_ops) */

        /*
         * On the task's thread, when it starts: make the arguments, a map, in the task's region. Returns 0,
         * or -errno after gca_fail() told why (the task then fails so). NULL: tasks have no arguments.
         */
        int (*load_arguments)(gca_task *task, gca_region *region, gca_value *ret_arguments);

        /*
         * On the task's thread, when it has succeeded: take what is wanted of the result, which is gone
         * afterwards. Returns 0, or -errno after gca_fail(). NULL: results are dropped.
         */
        int (*store_result)(gca_task *task, gca_value result);

        /* On the task's thread: captured output. */
        int (*write_output)(gca_task *task, int stream, const void *data, size_t size);

        /* On the task's thread: whether the submitter may execute. NULL: no. */
        bool (*may_execute)(const gca_task *task);

        /* On the I/O thread: the task reported progress since the last call, 50 ms ago or longer. */
        void (*progressed)(gca_task *task);

        /*
         * On the I/O thread, exactly once: the task has an end state that clients may be told. For a task that its
         * deadline ended while it was still running this comes at the deadline; gca_task_is_settled() then is
         * false until it has really stopped.
         */
        void (*finished)(gca_task *task);

        /* On the I/O thread, exactly once, at or after finished: nothing of the task runs any more. The host
         * gives up the reference it got from gca_task_new(). */
        void (*settled)(gca_task *task);

        /* Any thread: the last reference is gone; free what the host part owns. */
        void (*freed)(gca_task *task);

        /* On the I/O thread, at the end of each pass of its loop, before it may wait: write what was gathered. */
        void (*pass_end)(gca_runtime *runtime, void *data);
} gca_host_ops;

/* ---- the runtime ---- */

/*
 * Where the runtime's own lines (a task that hogs its worker) go is standard error, those of warnings and
 * errors only, after "gcasync: ". This changes it for the process, before the first runtime is made: ident
 * (borrowed for good) instead of "gcasync"; levels from 3, errors, to 7, debugging; with the level as
 * the kernel writes it, "<4>", instead of ident.
 */
void gca_log_setup(const char *ident, int max_level, bool has_priorities);

/* Which threads run tasks of the modes poll and inline (service tasks are always the I/O thread's). */
typedef enum gca_flavor {
        GCA_FLAVOR_CURRENT_THREAD =
                1, /* the I/O thread: the one that drives the runtime, whichever that is */
        GCA_FLAVOR_MULTI_THREAD, /* workers */
        GCA_FLAVOR_LOCAL, /* the I/O thread, which is one and the same as long as the runtime lives: who made it */
} gca_flavor;
const char *gca_flavor_to_string(gca_flavor flavor); /* "current_thread", … */

/* Called on the threads that a runtime starts (workers and the pool's), never under a lock. Any may be NULL. */
typedef struct gca_thread_hooks {
        size_t size;                         /* sizeof(gca_thread_hooks) */
        void (*on_thread_start)(void *data); /* before it runs anything */
        void (*on_thread_stop)(void *data);  /* after all that it ran */
        /* A worker is about to wait in the kernel; it has woken. The I/O thread too. on_park may post (gca_runtime_post())
         * and so cancel the wait. */
        void (*on_park)(void *data);
        void (*on_unpark)(void *data);
        void *data;
} gca_thread_hooks;

typedef struct gca_runtime_options {
        size_t size;             /* sizeof(gca_runtime_options) */
        unsigned n_workers;      /* 0: one per core; other flavours than multi-thread have none */
        unsigned n_blocking_max; /* 0: 512 */
        uint64_t blocking_keep_alive_ns; /* 0: 10 s */
        size_t task_memory_limit_bytes;  /* 0: 256 MiB */
        uint64_t
                hog_threshold_ns; /* 0: 1 s: a poll longer than this is logged once, with worker and kind */
        const char *thread_name;      /* NULL: "gcasync"; threads are "NAME-w0", "NAME-b3" */
        const gca_host_ops *host_ops; /* required */
        void *host_data;
        gca_heap *
                heap; /* borrowed, outlives the runtime; NULL: its tasks hold no published values */
        gca_flavor flavor; /* 0: GCA_FLAVOR_MULTI_THREAD */
        unsigned
                event_interval; /* 0: 61: polls between two looks at descriptors, mail and timers */
        size_t thread_stack_bytes;            /* of the threads it starts; 0: the system's */
        const gca_thread_hooks *thread_hooks; /* copied; NULL: none */
        size_t body_stack_bytes; /* of coroutines whose kind states none, 8 MiB at most; 0: 64 KiB */
} gca_runtime_options;

/* Makes the runtime; no thread runs yet. 0, -EINVAL, -ENOMEM or another -errno. */
int gca_runtime_new(const gca_runtime_options *options, gca_runtime **ret_runtime);
/* Frees a runtime that is not running, after every task has settled and been given up. One that a builder made is shut
 * down first, however long that takes; not on a thread of its own. NULL is accepted. */
gca_runtime *gca_runtime_free(gca_runtime *runtime);

void *gca_runtime_get_host_data(const gca_runtime *runtime);

/* The I/O worker's base, without locks: to be used by the I/O thread only. */
struct event_base *gca_runtime_get_event_base(gca_runtime *runtime);

/*
 * Starts the workers and drives the I/O worker on the calling thread until gca_runtime_stop(). On return
 * the workers and the pool have been joined: tasks that had not settled were aborted first, and settled.
 */
int gca_runtime_run(gca_runtime *runtime);

/* From the I/O thread: makes gca_runtime_run() return, after the current pass. */
void gca_runtime_stop(gca_runtime *runtime);

/* From the I/O thread: another pass follows before it waits (the host has more to do). */
void gca_runtime_request_pass(gca_runtime *runtime);

/* Any thread: calls call(data) on the I/O thread, soon. The post's memory is the caller's until then. */
typedef struct gca_post {
        struct gca_post *next;
        void (*call)(struct gca_post *post);
} gca_post;
void gca_runtime_post(gca_runtime *runtime, gca_post *post);

/* A timer on the I/O thread, in the host's memory; zeroed before first use, stopped (or fired) before
 * that memory or the runtime goes. */
typedef struct gca_timer {
        void *reserved[4];
} gca_timer;
/* deadline_ns as gca_now_ns(); replaces an earlier one. 0 or -ENOMEM. */
int gca_timer_start(gca_runtime *runtime,
                    gca_timer *timer,
                    uint64_t deadline_ns,
                    void (*call)(void *data),
                    void *data);
void gca_timer_stop(gca_runtime *runtime, gca_timer *timer);

typedef struct gca_runtime_metrics {
        uint64_t n_tasks_submitted, n_tasks_started, n_tasks_finished;
        uint64_t n_polls, n_forced_yields, n_hogs;
        uint64_t n_parks, n_wakes; /* of workers: waits in the kernel, and wake-ups sent */
        uint64_t n_queued;         /* now */
        unsigned n_workers, n_blocking_threads, n_blocking_idle;
        uint64_t n_blocking_queued; /* now */
        uint64_t n_finalizers;      /* run */
} gca_runtime_metrics;
/* Any thread. */
void gca_runtime_get_metrics(const gca_runtime *runtime, gca_runtime_metrics *ret_metrics);

/* ---- tasks, from the host's side: the I/O thread unless told otherwise ---- */

typedef struct gca_task_options {
        size_t size; /* sizeof(gca_task_options) */
        const gca_kind_entry *kind;
        uint64_t id;
        uint32_t uid;          /* whose queue it waits in */
        size_t host_size;      /* bytes of host part, zeroed */
        size_t arguments_size; /* encoded size, against the kind's inline limit */
        uint64_t deadline_ns;  /* 0 or UINT64_MAX: none */
} gca_task_options;

/* A task with one reference, the host's; NULL when out of memory. Nothing runs before gca_task_submit(). */
gca_task *gca_task_new(gca_runtime *runtime, const gca_task_options *options);

/* Any thread. unref accepts NULL and returns NULL. */
gca_task *gca_task_ref(gca_task *task);
gca_task *gca_task_unref(gca_task *task);

/* The host's part, aligned for any type. Any thread. */
void *gca_task_host(const gca_task *task);
gca_runtime *gca_task_get_runtime(const gca_task *task);
const gca_kind_entry *gca_task_get_kind(const gca_task *task);

/*
 * Starts it: an inline task runs to its end inside this call, finished and settled included (its thread
 * is this one); the others are queued, and handed to workers at the end of the pass.
 */
void gca_task_submit(gca_task *task);

typedef enum gca_abort {
        GCA_ABORT_REQUEST = 1, /* told at its next await, may clean up */
        GCA_ABORT_KILL,        /* without grace */
} gca_abort;
/* Idempotent. Whether this call changed anything: false once the task has ended or was already told as much.
 * Calls nothing of the host: what has not started has its end state at once, and finished() and settled()
 * follow in this pass. */
bool gca_task_abort(gca_task *task, gca_abort how, const char *reason);

/* Any thread; a snapshot. */
gca_task_state gca_task_get_state(const gca_task *task);
const char *gca_task_state_to_string(gca_task_state state); /* "queued", "timed-out", … */
bool gca_task_is_settled(const gca_task *task);
bool gca_task_is_abort_requested(const gca_task *task);

typedef struct gca_task_info {
        uint64_t started_ns, finished_ns; /* monotonic; 0: not yet */
        uint64_t deadline_ns;             /* UINT64_MAX: none */
        uint64_t n_polls;
        uint64_t memory_bytes;
        uint64_t progress_done, progress_total;
        char progress_text[128];
        const char *worker;      /* "io", "worker-0", "blocking", or NULL: not started */
        const char *waiting_for; /* suspended: "timer", "descriptor", "child", "blocking call" */
        size_t stack_bytes; /* body: the most of its stack that was in use at an await so far */
        size_t stack_size;  /* body: what it has, or will have; 0: a kind of another mode */
} gca_task_info;
void gca_task_get_info(gca_task *task, gca_task_info *ret_info);

/* Why it failed, was aborted or timed out; NULL for one that has not, or succeeded. After finished. */
const char *gca_task_get_failure_code(const gca_task *task);
const char *gca_task_get_failure_message(const gca_task *task);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
