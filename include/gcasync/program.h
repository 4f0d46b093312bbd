/* SPDX-License-Identifier: MIT */
#ifndef GCASYNC_PROGRAM_H
#define GCASYNC_PROGRAM_H

/*
 * The runtime in a program of one's own: a builder makes it, functions are spawned on it, a body is run to its end. (A
 * host that wants to decide what its tasks are, as gcasyncd does, uses gca_runtime_new() instead.)
 *
 *     gca_runtime_builder *builder = gca_runtime_builder_new();
 *
 *     gca_runtime_builder_set(builder, GCA_OPTION_WORKER_THREADS, 2, GCA_HERE);
 *     r = gca_runtime_builder_build(builder, tell, NULL, &runtime);
 *     r = GCA_BLOCK_ON(runtime, NULL, .poll = body, .data = &state);
 *     r = gca_runtime_shut_down(runtime, GCA_FOREVER);
 *     runtime = gca_runtime_free(runtime);
 *
 * gcasync/main.h does all of this in one line.
 *
 * FLAVOURS
 *
 *     multi_thread    worker threads run the tasks, and a thread of the runtime's own its timers and descriptors; both
 *                     from gca_runtime_builder_build() on. A thread that waits for a task only waits.
 *     current_thread  the thread that waits for a task runs all of them meanwhile. Between two waits they stand
 *                     still. Of several threads that wait, one runs the tasks, and hands over when it leaves.
 *     local           as current_thread, but all tasks run on the thread that built the runtime, so that they
 *                     may share what is bound to it.
 *
 * THREADS. Any thread may spawn, abort, join and ask, unless told otherwise. A thread of a runtime (a task in its
 * poll) must not join or block: it gets -EDEADLK, and awaits instead (gca_watch_task()).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcasync/heap.h>
#include <gcasync/module.h>
#include <gcasync/option.h>
#include <gcasync/runtime.h>
#include <gcasync/tracker.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

#define GCA_FOREVER UINT64_MAX

/* ---- the builder ---- */

typedef struct gca_runtime_builder gca_runtime_builder;

/* Where an option is set, for the fault that may come of it. */
#define GCA_HERE           __FILE__ ":" GCA_HERE_TEXT(__LINE__)
#define GCA_HERE_TEXT(x)   GCA_HERE_TEXT_2(x)
#define GCA_HERE_TEXT_2(x) #x

/* NULL when out of memory, which all functions of a builder accept. One thread at a time. */
gca_runtime_builder *gca_runtime_builder_new(void);
gca_runtime_builder *gca_runtime_builder_free(gca_runtime_builder *builder);

/*
 * Set an option, once; a fault is kept for gca_runtime_builder_build(), and the option then has its default. place
 * is copied; NULL: nowhere in particular. The flavour is a number here (gca_flavor) and a name as text.
 */
void gca_runtime_builder_set(gca_runtime_builder *builder,
                             gca_option option,
                             int64_t number,
                             const char *place);
void gca_runtime_builder_set_text(gca_runtime_builder *builder,
                                  gca_option option,
                                  const char *text,
                                  const char *place);

/*
 * Sets options from text in the form that GCASYNC_MAIN() has: "flavor(current_thread), worker_threads(2)"; white space
 * and lines are free, '#' begins a comment. Faults have the place "SOURCE:LINE:COLUMN".
 */
void gca_runtime_builder_parse(gca_runtime_builder *builder, const char *text, const char *source);

/* What is borrowed from its owner for as long as the runtime lives; the last one set counts. */
void gca_runtime_builder_set_heap(gca_runtime_builder *builder, gca_heap *heap, const char *place);
void gca_runtime_builder_set_thread_hooks(gca_runtime_builder *builder,
                                          const gca_thread_hooks *hooks);

/* Called for each task of the runtime, never under a lock. Any may be NULL. */
typedef struct gca_task_hooks {
        size_t size; /* sizeof(gca_task_hooks) */
        void (*on_spawn)(gca_task *task,
                         void *data); /* on the thread that spawns it, before it may run */
        void (*on_before_poll)(gca_task *task, void *data);
        void (*on_after_poll)(gca_task *task, void *data);
        void (*on_terminate)(gca_task *task,
                             void *data); /* it has ended, and its joiners were woken */
        void *data;
} gca_task_hooks;
void gca_runtime_builder_set_task_hooks(gca_runtime_builder *builder, const gca_task_hooks *hooks);

/*
 * Makes the runtime, and starts its threads. Or tells every fault there is, in the order in which they were made: path is
 * the place or NULL; on_fault may be NULL. Returns 0, -EINVAL after faults were told, -ENOMEM, or another -errno where the
 * system has no thread or descriptor to give. The builder may be used again, and is the caller's to free.
 */
int gca_runtime_builder_build(gca_runtime_builder *builder,
                              gca_fault_callback on_fault,
                              void *data,
                              gca_runtime **ret_runtime);

/* The heap that the runtime was given, or made; or NULL. */
gca_heap *gca_runtime_get_heap(const gca_runtime *runtime);

/* ---- tasks ---- */

/*
 * What to run. body is a coroutine's, as a kind's (gcasync/module.h): it waits in the middle, by gca_await_…(), and returns the
 * task's result. poll is as a kind's too: it returns gca_succeed(), gca_fail(), or GCA_PENDING or
 * GCA_AGAIN to be called again. drop gets data exactly once however the task ends, also if it was never polled; it
 * is called on the task's thread if the task has started, and before the task counts as ended anywhere: in its
 * tracker, to who joins it.
 */
typedef struct gca_spawn_options {
        size_t size;                                   /* sizeof(gca_spawn_options) */
        gca_value (*body)(gca_task *task, void *data); /* one of these two */
        gca_poll (*poll)(gca_task *task, void *data);
        void (*drop)(void *data);
        void *data;
        gca_mode
                mode; /* 0: GCA_MODE_POLL; GCA_MODE_BLOCKING: on the pool, where poll is called once and may block */
        uint32_t flags; /* GCA_KIND_HANDLES_ABORT */
        bool is_local;  /* refused but on a runtime of the flavour local, by its own thread */
        gca_tracker
                *tracker; /* counts the task from this call until drop has returned; NULL: none */
        uint64_t deadline_ns; /* as gca_now_ns(); 0: none */
} gca_spawn_options;

/*
 * Spawns a task; at once for who is on the runtime's own threads, soon for others. *ret_task, a reference for
 * the caller, joins it; with ret_task NULL nobody does. Giving the reference up aborts nothing. Once the runtime shuts down,
 * tasks are taken and aborted unpolled; once it has, they are refused. 0; else nothing was taken, data is still the
 * caller's: -ENOMEM, -EINVAL, -EPERM (is_local in the wrong place), -ESHUTDOWN.
 */
int gca_spawn(gca_runtime *runtime, const gca_spawn_options *options, gca_task **ret_task);

/* GCA_SPAWN(runtime, &task, .poll = work, .data = data) */
#define GCA_SPAWN(runtime, ret_task, ...)                                                       \
        gca_spawn((runtime),                                                                    \
                  &(const gca_spawn_options){ .size = sizeof(gca_spawn_options), __VA_ARGS__ }, \
                  (ret_task))

/* The runtime on whose thread this is called, or NULL. */
gca_runtime *gca_runtime_get_current(void);

/*
 * Waits until the task has ended, drop and all (from then on gca_task_is_settled() says so), by deadline_ns at the latest
 * (GCA_FOREVER: never late). In the flavours current_thread and local the calling thread runs the runtime's tasks meanwhile. 0; -ETIMEDOUT; -EDEADLK on a thread of a
 * runtime; -ENOMEM; -ESHUTDOWN where nothing will run it any more.
 */
int gca_task_join(gca_task *task, uint64_t deadline_ns);

/*
 * Has the task aborted: at its next await, or at once if it has not started; a task that ends by itself meanwhile
 * keeps its result. Returns before the effect. Whether this is news: false if it was asked before, or has ended. reason is
 * copied; NULL: none.
 */
bool gca_task_request_abort(gca_task *task, const char *reason);

/*
 * What a task that has succeeded returned, held by an entry of the region. Values that are not immediate
 * need a runtime with a heap, and a region on it (NULL: then only immediate ones are to be had); without a heap such a task
 * fails with the code "no-heap". 0; -EINVAL: it has not
 * succeeded, or not yet, or the region is missing; -ENOMEM.
 */
int gca_task_get_result(gca_task *task, gca_region *region, gca_value *ret_result);

/* Spawns, and joins. As gca_spawn() and gca_task_join() without limit. */
int gca_runtime_block_on(gca_runtime *runtime,
                         const gca_spawn_options *options,
                         gca_task **ret_task);
#define GCA_BLOCK_ON(runtime, ret_task, ...)                                                  \
        gca_runtime_block_on(                                                                 \
                (runtime),                                                                    \
                &(const gca_spawn_options){ .size = sizeof(gca_spawn_options), __VA_ARGS__ }, \
                (ret_task))

/*
 * To wait for a task, or for a tracker that is closed and empty, inside a task: the watch fires once it is so, also if a
 * tracker was so only for an instant after this call. Both are kept alive meanwhile. The other
 * task is a spawned one, of any runtime.
 */
gca_poll gca_watch_task(gca_task *task, gca_watch *watch, gca_task *other);
gca_poll gca_watch_tracker(gca_task *task, gca_watch *watch, gca_tracker *tracker);

/* The same for bodies. 0, GCA_ABORTED, or -ENOMEM. */
int gca_await_task(gca_task *task, gca_task *other);
int gca_await_tracker(gca_task *task, gca_tracker *tracker);

/* ---- the end ---- */

/*
 * Takes no more tasks, asks every one to abort and waits until all have ended, for timeout_ns at most (0: not at
 * all; GCA_FOREVER). Those that have not are then told to end without grace and named in the log, and the
 * answer is -ETIMEDOUT: they go on for as long as they do, and the call may be repeated, to wait for them. A second
 * call from another thread meanwhile ends as soon as its own time is up. 0: nothing of the runtime runs any more. -EDEADLK on
 * a thread of a runtime; -EPERM in the flavour local on another thread than its own.
 */
int gca_runtime_shut_down(gca_runtime *runtime, uint64_t timeout_ns);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
