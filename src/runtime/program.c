/* SPDX-License-Identifier: MIT */

#include "runtime/program.h"

#include <errno.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/list.h"
#include "base/log.h"
#include "runtime/runtime.h"
#include "runtime/task-control.h"
#include "runtime/task.h"

enum {
        N_NAMED_MAX = 8, /* tasks that did not end in time, in the log */
};

static bool program_has_driver(const struct program *program) {
        return program->runtime->flavor == GCA_FLAVOR_MULTI_THREAD;
}

/* Whether the calling thread may run the runtime's tasks. */
static bool program_may_drive(const struct program *program) {
        const gca_runtime *runtime = program->runtime;

        if (runtime->flavor == GCA_FLAVOR_LOCAL)
                return pthread_equal(pthread_self(), runtime->maker);
        return runtime->flavor == GCA_FLAVOR_CURRENT_THREAD;
}

/* ---- posts ---- */

int program_post(struct program *program, gca_post *post) {
        gca_runtime *runtime = program->runtime;

        if (worker_of_thread && worker_of_thread->runtime == runtime) {
                gca_runtime_post(runtime, post);
                return 0;
        }
        LOCK_SCOPE(&program->lock);
        if (program->is_closed)
                return -ESHUTDOWN;
        gca_runtime_post(runtime, post);
        return 0;
}

/* ---- waiting and driving ---- */

void program_note_over(struct program *program, bool *is_over) {
        bool is_drivers;

        {
                LOCK_SCOPE(&program->lock);

                *is_over = true;
                is_drivers = program->driver_is_over == is_over;
                (void)pthread_cond_broadcast(&program->changed);
        }
        if (is_drivers)
                gca_runtime_stop(program->runtime);
}

static void program_on_alarm(void *data) {
        gca_runtime_stop(data);
}

/* One turn at driving, until the caller's wait is over or late. */
static void
program_drive_locked(struct program *program, const bool *is_over, uint64_t deadline_ns) {
        gca_runtime *runtime = program->runtime;
        gca_timer alarm = { 0 };
        int r = 0;

        lock_assert_held(&program->lock);
        program->is_driven = true;
        program->driver_is_over = is_over;
        lock_give(&program->lock);
        if (deadline_ns != CLOCK_NEVER)
                r = gca_timer_start(runtime, &alarm, deadline_ns, program_on_alarm, runtime);
        if (r)
                /* Without memory it looks once, and is late by no more than that. */
                gca_runtime_stop(runtime);
        runtime_drive(runtime);
        gca_timer_stop(runtime, &alarm);
        lock_take(&program->lock);
        program->is_driven = false;
        program->driver_is_over = NULL;
        (void)pthread_cond_broadcast(&program->changed);
}

int program_wait(struct program *program, const bool *is_over, uint64_t deadline_ns) {
        bool may_drive = program_may_drive(program);
        bool is_late = false;

        LOCK_SCOPE(&program->lock);
        while (!*is_over && !is_late) {
                if (may_drive && !program->is_driven && !program->is_closed) {
                        program_drive_locked(program, is_over, deadline_ns);
                        is_late = deadline_ns != CLOCK_NEVER && clock_monotonic_ns() >= deadline_ns;
                } else {
                        is_late = lock_wait(&program->lock, &program->changed, deadline_ns) ==
                                  ETIMEDOUT;
                }
        }
        return *is_over ? 0 : -ETIMEDOUT;
}

/* ---- hooks ---- */

void program_call_poll_hook(struct program *program, gca_task *task, bool is_after) {
        const gca_task_hooks *hooks = &program->hooks;
        void (*hook)(gca_task *, void *) = is_after ? hooks->on_after_poll : hooks->on_before_poll;

        if (hook)
                hook(task, hooks->data);
}

/* ---- closing: the I/O thread ---- */

void program_note_settled(struct program *program) {
        gca_runtime *runtime = program->runtime;

        /* Shutting down begins with the close; later ends are those of tasks that came after the last. */
        if (!runtime->is_shutting_down || !list_is_empty(&runtime->tasks))
                return;
        {
                LOCK_SCOPE(&program->lock);

                program->is_drained = true;
                (void)pthread_cond_broadcast(&program->changed);
        }
        gca_runtime_stop(runtime);
}

static void program_on_close(gca_post *post) {
        struct program *program = container_of(post, struct program, close_post);

        program->runtime->is_shutting_down = true;
        task_abort_all(program->runtime, GCA_ABORT_REQUEST, "the runtime shuts down");
        program_note_settled(program);
}

static void program_on_kill(gca_post *post) {
        struct program *program = container_of(post, struct program, kill_post);
        gca_runtime *runtime = program->runtime;
        size_t n = 0;
        gca_task *task;

        task_abort_all(runtime, GCA_ABORT_KILL, "the runtime shuts down");
        list_for_each(task, &runtime->tasks, siblings) {
                if (task_state_is_ended(&task->state) || ++n > N_NAMED_MAX)
                        continue;
                log_warning("shutdown: task t%llu (%s) has not ended",
                            (unsigned long long)gca_task_get_id(task),
                            gca_task_get_kind(task)->full_name);
        }
        if (n > N_NAMED_MAX)
                log_warning("shutdown: %zu more tasks have not ended", n - N_NAMED_MAX);
}

/* ---- the thread of the flavour multi-thread ---- */

static void program_end_runtime(struct program *program) {
        {
                LOCK_SCOPE(&program->lock);

                program->is_closed = true;
        }
        runtime_end(program->runtime);

        LOCK_SCOPE(&program->lock);
        program->is_ended = true;
        (void)pthread_cond_broadcast(&program->changed);
}

static void *program_main(void *data) {
        struct program *program = data;
        gca_runtime *runtime = program->runtime;

        thread_set_name(runtime->thread_name, 'i', 0);
        runtime_call_hook(runtime, runtime->hooks.on_thread_start);
        runtime_drive(runtime);
        program_end_runtime(program);
        runtime_call_hook(runtime, runtime->hooks.on_thread_stop);
        return NULL;
}

static void program_join_thread(struct program *program) {
        pthread_t thread = program->thread;
        bool has_thread;

        {
                LOCK_SCOPE(&program->lock);

                has_thread = program->has_thread;
                program->has_thread = false;
        }
        if (has_thread)
                (void)pthread_join(thread, NULL);
}

/* ---- the end ---- */

/* Asks the I/O thread for something, the first time that it is asked for. */
static void program_ask(struct program *program, bool *is_asked, gca_post *post) {
        LOCK_SCOPE(&program->lock);

        if (*is_asked || program->is_closed)
                return;
        *is_asked = true;
        gca_runtime_post(program->runtime, post);
}

/* All tasks have ended: so does the rest, once. */
static void program_finish(struct program *program) {
        bool is_mine = false;

        if (!program_has_driver(program)) {
                LOCK_SCOPE(&program->lock);

                is_mine = !program->is_closed;
                program->is_closed = true;
                while (is_mine && program->is_driven)
                        (void)lock_wait(&program->lock, &program->changed, CLOCK_NEVER);
        }
        if (is_mine)
                program_end_runtime(program);
        (void)program_wait(program, &program->is_ended, CLOCK_NEVER);
        program_join_thread(program);
}

int gca_runtime_shut_down(gca_runtime *runtime, uint64_t timeout_ns) {
        struct program *program = runtime->program;
        uint64_t now_ns = clock_monotonic_ns();
        int r;

        assert(program);
        if (worker_of_thread)
                return -EDEADLK;
        if (runtime->flavor == GCA_FLAVOR_LOCAL && !program_may_drive(program))
                return -EPERM;
        program_ask(program, &program->is_closing, &program->close_post);
        r = program_wait(program, &program->is_drained, clock_add_ns(now_ns, timeout_ns));
        if (r) {
                program_ask(program, &program->is_killing, &program->kill_post);
                /* Where this thread drives, it does what it asked for. */
                if (program_may_drive(program))
                        r = program_wait(program, &program->is_drained, now_ns);
        }
        if (r)
                return r;
        program_finish(program);
        return 0;
}

void program_end(struct program *program) {
        gca_runtime *runtime = program->runtime;
        int r;

        r = gca_runtime_shut_down(runtime, GCA_FOREVER);
        assert(r == 0);
        program->results = gca_root_owner_free(runtime->io.memory.thread, program->results);
}

void program_free(struct program *program) {
        program->own_heap = gca_heap_free(program->own_heap);
        (void)pthread_cond_destroy(&program->changed);
        lock_deinit(&program->results_lock);
        lock_deinit(&program->lock);
        free(program);
}

gca_heap *gca_runtime_get_heap(const gca_runtime *runtime) {
        return runtime->heap;
}

/* ---- the beginning ---- */

static struct program *program_make(const gca_task_hooks *hooks) {
        struct program *program = calloc(1, sizeof(*program));

        if (!program)
                return NULL;
        lock_init(&program->lock, LOCK_RANK_PROGRAM);
        lock_init(&program->results_lock, LOCK_RANK_RESULTS);
        lock_condition_init(&program->changed);
        program->hooks = *hooks;
        program->close_post.call = program_on_close;
        program->kill_post.call = program_on_kill;
        return program;
}

/* The heap that the runtime is to have. */
static int program_make_heap(struct program *program, bool has_heap, gca_heap **heap) {
        int r = 0;

        if (has_heap) {
                r = gca_heap_new(NULL, &program->own_heap);
                *heap = program->own_heap;
        }
        if (r)
                return fault_pass(r);
        if (*heap) {
                program->results = gca_root_owner_new(*heap, 0);
                if (!program->results)
                        return fault_raise(-ENOMEM);
        }
        return 0;
}

static int program_start(struct program *program) {
        int r;

        r = runtime_begin(program->runtime);
        if (r == 0 && program_has_driver(program)) {
                r = thread_start(&program->thread,
                                 program->runtime->thread_stack_bytes,
                                 program_main,
                                 program);
                program->has_thread = r == 0;
        }
        return fault_pass(r);
}

/* A program whose runtime was never driven. */
static void program_undo(struct program *program, gca_runtime *runtime) {
        struct program *left = program;

        if (runtime) {
                if (runtime->is_running)
                        runtime_end(runtime);
                program->results = gca_root_owner_free(runtime->io.memory.thread, program->results);
                runtime->program = NULL;
                (void)gca_runtime_free(runtime);
        }
        program_free(left);
}

int program_new(const gca_runtime_options *options,
                const gca_task_hooks *hooks,
                bool has_heap,
                gca_runtime **ret_runtime) {
        gca_runtime_options with_host = *options;
        struct program *program = program_make(hooks);
        gca_runtime *runtime = NULL;
        int r;

        if (!program)
                return fault_raise(-ENOMEM);
        with_host.host_ops = &spawn_host_ops;
        with_host.host_data = program;
        r = program_make_heap(program, has_heap, &with_host.heap);
        if (r == 0)
                r = gca_runtime_new(&with_host, &runtime);
        if (r == 0) {
                program->runtime = runtime;
                runtime->program = program;
                r = program_start(program);
        }
        if (r) {
                program_undo(program, runtime);
                return fault_pass(r);
        }
        *ret_runtime = runtime;
        return 0;
}
