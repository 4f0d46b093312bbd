/* SPDX-License-Identifier: MIT */

/*
 * The module and kind "exec": runs a program. A service: it lives on the I/O thread and only ever waits there;
 * what blocks, the start, is done by spawn_run() on a thread of the pool.
 *
 *     new --> spawning --> running --> draining --> done
 *                 |            |
 *                 v            v
 *              failed      stopping --> (draining)
 *
 * spawning: ends when the process is there, or cannot be made. running: the process's end is waited for, and it is
 * reaped, by the same gca_watch_start(). Whether the process became the program, and if not why, is known at its end
 * (failed). At first the timer is for the output, which is not read before QUIET_NS.
 *
 * stopping: the task is to end. TERM goes to the program's group, after the grace time KILL. From here on the end is
 * waited for without reaping, by the pidfd's being readable: while the program is not reaped its number, which
 * is also its group's, cannot be given to another. So what is left of the group can still be killed when
 * the program has ended, and only then is it reaped.
 *
 * draining: the program has ended; what it wrote may still be in the pipes. Whoever else holds their other
 * ends open is not waited for any longer than DRAIN_NS.
 */

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kinds/exec/arguments.h"
#include "kinds/exec/output.h"
#include "kinds/exec/result.h"
#include "kinds/exec/spawn.h"
#include "kinds/kinds.h"

#define DRAIN_NS (100 * UINT64_C(1000000))

/* What a program writes stays in its pipes for as long as this after it is asked for: the short programs have ended
 * by then, and need no watches for what is read at their end. */
#define QUIET_NS (3 * UINT64_C(1000000))

/* A program can have made its pipe as large as this. */
enum {
        PIPE_SIZE_MAX = 1024 * 1024
};

enum exec_stage {
        STAGE_NEW,
        STAGE_SPAWNING,
        STAGE_RUNNING,
        STAGE_STOPPING,
        STAGE_DRAINING,
};

struct exec {
        enum exec_stage stage;
        bool is_reaped;
        bool is_terminated, is_killed; /* TERM, KILL was sent */
        struct spawn spawn;
        gca_watch end_watch, timer;
        struct output outputs[2];
        uint64_t grace_ns, drain_deadline_ns;
        uint64_t ended_ns; /* as spawn_now_ns() */
        gca_child_end end;
};

/* Before the program is reaped, when its number and its group's are its own still. A program that has left its
 * group, or a process that has not made it yet, is reached by its pidfd. */
static void exec_signal(const struct exec *exec, int number) {
        pid_t pid = exec->spawn.pid;

        if (kill(-pid, number) < 0 || getpgid(pid) != pid)
                (void)syscall(SYS_pidfd_send_signal, exec->spawn.pidfd, number, NULL, 0);
}

static void exec_terminate(struct exec *exec) {
        exec->is_terminated = true;
        exec_signal(exec, SIGTERM);
        /* What is stopped cannot end. */
        exec_signal(exec, SIGCONT);
}

static void exec_kill(struct exec *exec) {
        exec->is_killed = true;
        exec_signal(exec, SIGKILL);
}

/* Waits for the program's end: after a kill, or when it is known to have ended. */
static void exec_reap(struct exec *exec) {
        siginfo_t info = { 0 };
        long r;

        do
                r = syscall(
                        SYS_waitid, P_PIDFD, exec->spawn.pidfd, &info, WEXITED, &exec->end.usage);
        while (r < 0 && errno == EINTR);
        exec->is_reaped = true;
        exec->end.code = info.si_code;
        exec->end.status = info.si_status;
}

static gca_poll exec_finish(struct exec *exec, gca_task *task) {
        struct output *out = &exec->outputs[0], *err = &exec->outputs[1];
        struct exec_outcome outcome = {
                .end = exec->end,
                .stdout_bytes = out->n_bytes,
                .stderr_bytes = err->n_bytes,
                .is_output_lost = out->is_lost || err->is_lost,
                .is_output_left_open = *out->fd >= 0 || *err->fd >= 0,
                .wall_ns = exec->ended_ns - exec->spawn.started_ns,
        };

        if (exec->is_terminated || exec->is_killed)
                return gca_abort_now(task);
        return gca_succeed(task, exec_result_new(gca_task_region(task), &outcome));
}

/* Whether there is more to read at once, and whether all has been read. */
static void read_rest(struct exec *exec, gca_task *task, bool *ret_is_more, bool *ret_is_all) {
        *ret_is_more = false;
        *ret_is_all = true;
        for (int i = 0; i < 2; i++) {
                enum output_status status = output_read(&exec->outputs[i], task);
                *ret_is_more |= status == OUTPUT_MORE;
                *ret_is_all &= status == OUTPUT_CLOSED;
        }
}

static gca_poll exec_drain(struct exec *exec, gca_task *task) {
        bool is_late = gca_is_aborting(task) || gca_now_ns() >= exec->drain_deadline_ns;
        /* However late it is, what the program itself had written is in the pipes. */
        int n_reads = is_late ? PIPE_SIZE_MAX / OUTPUT_READ_SIZE : 1;
        bool is_more = true, is_all = false;

        for (int i = 0; i < n_reads && is_more; i++)
                read_rest(exec, task, &is_more, &is_all);
        if (is_all || is_late)
                return exec_finish(exec, task);
        (void)gca_watch_take(&exec->timer);
        if (!gca_watch_is_armed(&exec->timer))
                (void)gca_watch_timer(task, &exec->timer, exec->drain_deadline_ns);
        if (is_more)
                return GCA_AGAIN;
        output_watch(&exec->outputs[0], task);
        output_watch(&exec->outputs[1], task);
        return GCA_PENDING;
}

/* The program has ended and is reaped. */
static gca_poll exec_begin_drain(struct exec *exec, gca_task *task) {
        exec->stage = STAGE_DRAINING;
        exec->ended_ns = spawn_now_ns();
        exec->drain_deadline_ns = gca_now_ns() + DRAIN_NS;
        gca_watch_disarm(task, &exec->timer);
        return exec_drain(exec, task);
}

static gca_poll exec_fail(struct exec *exec, gca_task *task) {
        gca_value program = gca_get_element(gca_argument(task, EXEC_ARGUMENT_ARGV), 0);

        return exec_fail_spawn(task, &exec->spawn, program);
}

/* The process has ended, and is reaped unless that failed. Only now it is known whether it was the program. */
static gca_poll exec_see_end(struct exec *exec, gca_task *task) {
        int error = gca_watch_get_error(&exec->end_watch);

        if (error != 0)
                return gca_fail(task,
                                "exec-failed",
                                "the program was killed, since its end could not be waited "
                                "for: %s",
                                strerrordesc_np(-error));
        exec->is_reaped = true;
        if (exec->spawn.failed_step != SPAWN_STEP_NONE)
                return exec_fail(exec, task);
        return exec_begin_drain(exec, task);
}

/* A chatty program is read once a poll, so that it keeps nobody else waiting. */
static gca_poll exec_pass_output(struct exec *exec, gca_task *task) {
        for (int i = 0; i < 2; i++) {
                struct output *output = &exec->outputs[i];
                if (gca_watch_take(&output->watch))
                        (void)output_read(output, task);
                output_watch(output, task);
        }
        return GCA_PENDING;
}

static gca_poll exec_stop(struct exec *exec, gca_task *task) {
        if (gca_watch_take(&exec->end_watch)) {
                /* Ended, or cannot be waited for in any other way. */
                exec_kill(exec);
                exec_reap(exec);
                return exec_begin_drain(exec, task);
        }
        if (!exec->is_terminated && !gca_is_killing(task)) {
                exec_terminate(exec);
                (void)gca_watch_timer(task, &exec->timer, gca_now_ns() + exec->grace_ns);
        } else if (!exec->is_killed && (gca_is_killing(task) || gca_watch_take(&exec->timer))) {
                gca_watch_disarm(task, &exec->timer);
                exec_kill(exec);
        }
        return exec_pass_output(exec, task);
}

static gca_poll exec_begin_stop(struct exec *exec, gca_task *task) {
        exec->stage = STAGE_STOPPING;
        gca_watch_disarm(task, &exec->timer);
        (void)gca_watch_take(&exec->timer);
        gca_watch_disarm(task, &exec->end_watch);
        (void)gca_watch_fd(task, &exec->end_watch, exec->spawn.pidfd, GCA_READABLE);
        return exec_stop(exec, task);
}

static gca_poll exec_run(struct exec *exec, gca_task *task) {
        if (gca_watch_take(&exec->end_watch))
                return exec_see_end(exec, task);
        if (gca_is_aborting(task))
                return exec_begin_stop(exec, task);
        if (gca_watch_is_armed(&exec->timer))
                return GCA_PENDING;
        spawn_release(&exec->spawn);
        return exec_pass_output(exec, task);
}

static void exec_set_quiet_timer(struct exec *exec, gca_task *task) {
        if (!gca_watch_is_armed(&exec->timer))
                (void)gca_watch_timer(task, &exec->timer, gca_now_ns() + QUIET_NS);
}

/* Not started yet, or nobody has told. */
static gca_poll exec_await_start(struct exec *exec, gca_task *task) {
        if (gca_is_aborting(task)) {
                gca_watch_disarm(task, &exec->end_watch);
                if (!gca_watch_is_armed(&exec->end_watch))
                        return gca_abort_now(task);
        }
        if (exec->spawn.plan.is_captured)
                exec_set_quiet_timer(exec, task);
        return GCA_PENDING;
}

static gca_poll exec_await_spawn(struct exec *exec, gca_task *task) {
        int error = gca_watch_get_error(&exec->end_watch);

        if (!gca_watch_take(&exec->end_watch))
                return exec_await_start(exec, task);
        if (exec->spawn.pidfd < 0 && error != 0)
                return gca_fail(task,
                                "exec-failed",
                                "there is no thread to start the program on: %s",
                                strerrordesc_np(-error));
        if (exec->spawn.pidfd < 0)
                return exec_fail(exec, task);
        exec->stage = STAGE_RUNNING;
        if (!gca_watch_is_armed(&exec->end_watch))
                return exec_see_end(exec, task);
        return exec_run(exec, task);
}

static gca_poll exec_start(struct exec *exec, gca_task *task) {
        spawn_init(&exec->spawn);
        for (int i = 0; i < 2; i++) {
                exec->outputs[i].fd = &exec->spawn.output_fds[i];
                exec->outputs[i].stream = i + 1;
        }
        if (gca_is_aborting(task))
                return gca_abort_now(task);
        if (!gca_task_may_execute(task))
                return gca_fail(task,
                                "denied",
                                "this daemon runs no programs for uid %u: use your own (gcasyncctl "
                                "--user)",
                                (unsigned)gca_task_get_uid(task));
        if (exec_arguments_load(task, &exec->spawn.plan, &exec->grace_ns) != 0)
                return GCA_DONE;
        exec->stage = STAGE_SPAWNING;
        if (exec->spawn.plan.is_captured)
                exec_set_quiet_timer(exec, task);
        return gca_watch_start(task, &exec->end_watch, spawn_run, &exec->spawn, &exec->end);
}

static gca_poll exec_poll(gca_task *task, void *state) {
        struct exec *exec = state;

        switch (exec->stage) {
        case STAGE_NEW:
                return exec_start(exec, task);
        case STAGE_SPAWNING:
                return exec_await_spawn(exec, task);
        case STAGE_RUNNING:
                return exec_run(exec, task);
        case STAGE_STOPPING:
                return exec_stop(exec, task);
        case STAGE_DRAINING:
                return exec_drain(exec, task);
        }
        __builtin_unreachable();
}

static void exec_drop(gca_task *task, void *state) {
        struct exec *exec = state;

        (void)task;
        /* Only where its end could not be waited for: see exec_run(). */
        if (exec->spawn.pidfd >= 0 && !exec->is_reaped) {
                exec_kill(exec);
                exec_reap(exec);
        }
        spawn_deinit(&exec->spawn);
}

static const gca_kind exec_kinds[] = {
        {
                .size = sizeof(gca_kind),
                .name = "exec",
                .doc = "Runs a program and waits for it.\n"
                       "It runs as the daemon's user, with descriptors 0, 1 and 2 only, default "
                       "signals, a process\n"
                       "group of its own and nothing of the daemon's environment. What it writes "
                       "is "
                       "captured.\n"
                       "When the task is aborted the group gets SIGTERM and, after \"grace_ms\", "
                       "SIGKILL.\n"
                       "The task ends when the program ends; processes that it leaves behind are "
                       "not "
                       "waited for.\n"
                       "Fails with: exec-not-found, exec-not-executable, exec-failed, denied. A "
                       "status "
                       "other than 0\n"
                       "is no failure of the task but its result.",
                .result_doc =
                        "a map: \"status\", or \"signal\", \"signal_name\" and \"core_dumped\"; "
                        "\"stdout_bytes\", \"stderr_bytes\", \"output_lost\", "
                        "\"output_left_open\", \"wall_us\", \"usage\"",
                .mode = GCA_MODE_SERVICE,
                .unreachable = GCA_UNREACHABLE_FINISH,
                .flags = GCA_KIND_HANDLES_ABORT | GCA_KIND_EXECUTES,
                .arguments = exec_arguments,
                .n_arguments = EXEC_N_ARGUMENTS,
                .state_size = sizeof(struct exec),
                .poll = exec_poll,
                .drop = exec_drop,
        },
};

const gca_module gcasync_module = {
        .size = sizeof(gca_module),
        .abi = GCA_MODULE_ABI,
        .name = "exec",
        .version = PACKAGE_VERSION,
        .doc = "Runs programs.",
        .kinds = exec_kinds,
        .n_kinds = sizeof(exec_kinds) / sizeof(exec_kinds[0]),
};
