/* SPDX-License-Identifier: MIT */

/*
 * Spawned tasks: functions of a program's, as tasks of one of the kinds below.
 *
 * THE END of one, [runtime.spawn.end]: drop, then the tracker's token, on the task's thread; the result and the end state; the I/O
 * thread settles it: is finished, who waits is told, the hook. A task that never started is dropped by the I/O thread
 * before it counts as settled.
 */

#include "runtime/spawn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/fault.h"
#include "base/list.h"
#include "gc/object.h"
#include "runtime/program.h"
#include "runtime/runtime.h"
#include "runtime/task.h"

static struct spawned *spawned_of(const gca_task *task) {
        return gca_task_host(task);
}

static struct program *program_of(const gca_task *task) {
        return task->runtime->program;
}

/* ---- kinds ---- */

static void spawned_drop(struct spawned *spawned) {
        if (spawned->drop)
                spawned->drop(spawned->data);
        if (spawned->tracker)
                gca_tracker_done(spawned->tracker);
}

static gca_poll spawn_poll(gca_task *task, void *state) {
        const struct spawned *spawned = spawned_of(task);

        (void)state;
        return spawned->poll(task, spawned->data);
}

static gca_value spawn_body(gca_task *task, gca_region *region) {
        const struct spawned *spawned = spawned_of(task);

        (void)region;
        return spawned->body(task, spawned->data);
}

static void spawn_drop(gca_task *task, void *state) {
        (void)state;
        spawned_drop(spawned_of(task));
}

/* A row: what a kind is called, its mode and flags. */
#define SPAWN_KIND_MAP(X)                                                          \
        X(POLL, "spawned", GCA_MODE_POLL, 0)                                       \
        X(POLL_TO_END, "spawned", GCA_MODE_POLL, (unsigned)GCA_KIND_HANDLES_ABORT) \
        X(BODY, "spawned body", GCA_MODE_BODY, 0)                                  \
        X(BLOCKING, "spawned blocking", GCA_MODE_BLOCKING, 0)

enum spawn_kind {
#define X(kind, text, mode, flags) SPAWN_KIND_##kind,
        SPAWN_KIND_MAP(X)
#undef X
};

static const gca_kind spawn_kinds[] = {
#define X(kind, text, mode_, flags_)                                      \
        [SPAWN_KIND_##kind] = { .size = sizeof(gca_kind),                 \
                                .name = text,                             \
                                .mode = mode_,                            \
                                .unreachable = GCA_UNREACHABLE_FINISH,    \
                                .flags = TASK_KIND_ALWAYS_DROPS | flags_, \
                                .poll = spawn_poll,                       \
                                .body = spawn_body,                       \
                                .drop = spawn_drop },
        SPAWN_KIND_MAP(X)
#undef X
};

static const gca_kind_entry spawn_entries[] = {
#define X(kind_, text, mode, flags) \
        [SPAWN_KIND_##kind_] = { .kind = &spawn_kinds[SPAWN_KIND_##kind_], .full_name = text },
        SPAWN_KIND_MAP(X)
#undef X
};

/* NULL: there is none for that. */
static const gca_kind_entry *spawn_choose_entry(const gca_spawn_options *options) {
        gca_mode mode = options->mode ? options->mode : GCA_MODE_POLL;

        if (!options->poll == !options->body)
                return NULL;
        if (options->body)
                return options->mode == 0 ? &spawn_entries[SPAWN_KIND_BODY] : NULL;
        if (mode == GCA_MODE_BLOCKING)
                return &spawn_entries[SPAWN_KIND_BLOCKING];
        if (mode != GCA_MODE_POLL)
                return NULL;
        return &spawn_entries[options->flags & GCA_KIND_HANDLES_ABORT ? SPAWN_KIND_POLL_TO_END
                                                                      : SPAWN_KIND_POLL];
}

/* ---- the host ---- */

/* What is not immediate is published, and kept by a root. */
static int spawn_root_result(gca_task *task, struct spawned *spawned, gca_value result) {
        struct program *program = program_of(task);
        int r;

        result = gca_publish(gca_task_region(task), result);
        if (!gca_is_value(result)) {
                task_set_static_failure(task, task_get_region_failure(task));
                return -EIO;
        }
        {
                LOCK_SCOPE(&program->results_lock);

                r = gca_root_register(gca_region_get_thread(gca_task_region(task)),
                                      program->results,
                                      result,
                                      &spawned->root);
        }
        if (r) {
                task_set_static_failure(task, &task_failure_no_memory);
                return -EIO;
        }
        spawned->has_root = true;
        return 0;
}

static int spawn_store_result(gca_task *task, gca_value result) {
        struct spawned *spawned = spawned_of(task);

        if (!value_is_object(result)) {
                spawned->result = result;
                return 0;
        }
        return spawn_root_result(task, spawned, result);
}

/* Of a task whose deadline ended it this comes while it runs; it is dropped when it stops. */
static void spawn_finished(gca_task *task) {
        if (task_state_is_ended(&task->state) && task_load(&task->started_ns) == 0)
                spawned_drop(spawned_of(task));
}

static void spawn_settled(gca_task *task) {
        struct spawned *spawned = spawned_of(task);
        const gca_task_hooks *hooks = &program_of(task)->hooks;
        struct list waits = LIST_INIT(waits);

        {
                LOCK_SCOPE(&spawned->waits.lock);

                spawned->is_over = true;
                wait_list_take_locked(&spawned->waits, &waits);
        }
        wait_list_call(&waits);
        if (hooks->on_terminate)
                hooks->on_terminate(task, hooks->data);
        program_note_settled(program_of(task));
        (void)gca_task_unref(task);
}

/* Attached, if the calling thread is one of the runtime's. */
static gca_thread *spawn_get_thread(const gca_runtime *runtime) {
        struct worker *worker = worker_of_thread;

        return worker && worker->runtime == runtime ? worker->memory.thread : NULL;
}

static void spawn_freed(gca_task *task) {
        struct spawned *spawned = spawned_of(task);
        gca_runtime *runtime = task->runtime;

        if (spawned->has_root)
                (void)gca_root_unregister(spawn_get_thread(runtime), runtime->heap, spawned->root);
        free(spawned->abort_reason);
        wait_list_deinit(&spawned->waits);
}

const gca_host_ops spawn_host_ops = {
        .size = sizeof(spawn_host_ops),
        .store_result = spawn_store_result,
        .finished = spawn_finished,
        .settled = spawn_settled,
        .freed = spawn_freed,
};

/* ---- spawning ---- */

static void spawn_on_posted(gca_post *link) {
        gca_task_submit(container_of(link, gca_task, link));
}

/* Has the task run; takes the host's reference. */
static int spawn_submit(gca_task *task) {
        gca_runtime *runtime = task->runtime;

        if (worker_of_thread == &runtime->io) {
                gca_task_submit(task);
                return 0;
        }
        task->link.call = spawn_on_posted;
        return program_post(runtime->program, &task->link);
}

static int spawn_check(const gca_runtime *runtime, const gca_spawn_options *options) {
        if (!runtime || !runtime->program || options->size != sizeof(*options) ||
            !spawn_choose_entry(options))
                return -EINVAL;
        if (!options->is_local)
                return 0;
        if (runtime->flavor != GCA_FLAVOR_LOCAL || options->mode == GCA_MODE_BLOCKING ||
            !pthread_equal(pthread_self(), runtime->maker))
                return -EPERM;
        return 0;
}

static gca_task *spawn_make(gca_runtime *runtime, const gca_spawn_options *options) {
        /* Relaxed: numbers, each given once. */
        uint64_t id =
                atomic_fetch_add_explicit(&runtime->program->next_id, 1, memory_order_relaxed);
        gca_task_options task_options = { .size = sizeof(task_options),
                                          .kind = spawn_choose_entry(options),
                                          .id = id + 1,
                                          .host_size = sizeof(struct spawned),
                                          .deadline_ns = options->deadline_ns };
        gca_task *task = gca_task_new(runtime, &task_options);
        struct spawned *spawned;

        if (!task)
                return NULL;
        spawned = spawned_of(task);
        wait_list_init(&spawned->waits);
        spawned->poll = options->poll;
        spawned->body = options->body;
        spawned->drop = options->drop;
        spawned->data = options->data;
        spawned->tracker = options->tracker;
        return task;
}

int gca_spawn(gca_runtime *runtime, const gca_spawn_options *options, gca_task **ret_task) {
        const gca_task_hooks *hooks;
        gca_task *task;
        int r;

        r = spawn_check(runtime, options);
        if (r)
                return r;
        task = spawn_make(runtime, options);
        if (!task)
                return -ENOMEM;
        hooks = &program_of(task)->hooks;
        if (options->tracker)
                gca_tracker_add(options->tracker);
        if (hooks->on_spawn)
                hooks->on_spawn(task, hooks->data);
        if (ret_task)
                *ret_task = gca_task_ref(task);
        r = spawn_submit(task);
        if (r == 0)
                return 0;
        if (hooks->on_terminate)
                hooks->on_terminate(task, hooks->data);
        if (options->tracker)
                gca_tracker_done(options->tracker);
        if (ret_task)
                *ret_task = gca_task_unref(task);
        (void)gca_task_unref(task);
        return r;
}

gca_runtime *gca_runtime_get_current(void) {
        return worker_of_thread ? worker_of_thread->runtime : NULL;
}

/* ---- joining ---- */

static void spawned_unref_task(void *task) {
        (void)gca_task_unref(task);
}

int spawned_wait(gca_task *task, void (*call)(void *data), void *data, struct wait **ret_wait) {
        struct spawned *spawned = spawned_of(task);
        struct wait *wait = wait_new(&spawned->waits, task, spawned_unref_task, call, data);
        bool is_over;

        if (!wait)
                return -ENOMEM;
        (void)gca_task_ref(task);
        lock_take(&spawned->waits.lock);
        is_over = spawned->is_over;
        if (!is_over)
                wait_list_add_locked(&spawned->waits, wait);
        lock_give(&spawned->waits.lock);
        *ret_wait = is_over ? NULL : wait;
        if (!is_over)
                return 0;
        wait_unref(wait);
        wait_unref(wait);
        call(data);
        return 0;
}

struct joiner {
        struct program *program;
        bool is_over; /* program's lock */
};

static void joiner_on_settled(void *data) {
        struct joiner *joiner = data;

        program_note_over(joiner->program, &joiner->is_over);
}

int gca_task_join(gca_task *task, uint64_t deadline_ns) {
        struct joiner joiner = { .program = program_of(task) };
        struct wait *wait;
        int r;

        if (worker_of_thread)
                return -EDEADLK;
        if (gca_task_is_settled(task))
                return 0;
        r = spawned_wait(task, joiner_on_settled, &joiner, &wait);
        if (r)
                return r;
        if (!wait)
                return 0;
        r = program_wait(joiner.program, &joiner.is_over, deadline_ns);
        if (!wait_cancel(wait) && r)
                /* It is being told just now. */
                r = program_wait(joiner.program, &joiner.is_over, GCA_FOREVER);
        return r;
}

int gca_runtime_block_on(gca_runtime *runtime,
                         const gca_spawn_options *options,
                         gca_task **ret_task) {
        gca_task *task;
        int r;

        if (worker_of_thread)
                return -EDEADLK;
        r = gca_spawn(runtime, options, &task);
        if (r)
                return r;
        r = gca_task_join(task, GCA_FOREVER);
        if (r == 0 && ret_task)
                *ret_task = task;
        else
                (void)gca_task_unref(task);
        return r;
}

/* ---- aborting ---- */

static void spawned_abort(gca_task *task) {
        (void)gca_task_abort(task, GCA_ABORT_REQUEST, spawned_of(task)->abort_reason);
        (void)gca_task_unref(task);
}

static void spawned_on_abort(gca_post *post) {
        spawned_abort((gca_task *)container_of(post, struct spawned, abort_post) - 1);
}

bool gca_task_request_abort(gca_task *task, const char *reason) {
        struct spawned *spawned = spawned_of(task);

        /* Acquire and release: of several who ask one goes on, and has the reason to itself. */
        if (gca_task_is_settled(task) ||
            atomic_exchange_explicit(&spawned->is_abort_asked, true, memory_order_acq_rel))
                return false;
        /* Without memory the reason is a general one. */
        spawned->abort_reason = reason ? strdup(reason) : NULL;
        (void)gca_task_ref(task);
        if (worker_of_thread == &task->runtime->io) {
                spawned_abort(task);
                return true;
        }
        spawned->abort_post.call = spawned_on_abort;
        if (program_post(program_of(task), &spawned->abort_post) == 0)
                return true;
        (void)gca_task_unref(task);
        return false;
}

/* ---- results ---- */

int gca_task_get_result(gca_task *task, gca_region *region, gca_value *ret_result) {
        const struct spawned *spawned = spawned_of(task);
        int r;

        if (!gca_task_is_settled(task) || gca_task_get_state(task) != GCA_TASK_SUCCEEDED)
                return -EINVAL;
        if (!spawned->has_root) {
                *ret_result = spawned->result;
                return 0;
        }
        if (!region)
                return -EINVAL;
        r = gca_root_get(region, task->runtime->heap, spawned->root, ret_result);
        return r > 0 ? -EINVAL : fault_pass(r);
}
