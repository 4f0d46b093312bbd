/* SPDX-License-Identifier: MIT */
#ifndef GCASYNC_MODULE_H
#define GCASYNC_MODULE_H

/*
 * The module interface: how a shared object adds task kinds.
 *
 * A module is linked with libgcasync-runtime and exports one symbol, gcasync_module, a constant
 * descriptor that lists its kinds. It is loaded once and never unloaded. The descriptors begin with
 * their size, so that fields can be added at their ends.
 *
 * A KIND is a function that is called until the task is done:
 *
 *     static gca_poll nap_poll(gca_task *task, void *data) {
 *             struct nap *nap = data;
 *
 *             if (!nap->is_started) {
 *                     nap->is_started = true;
 *                     return gca_watch_timer(task, &nap->timer, gca_now_ns() + 1000000);
 *             }
 *             return gca_succeed(task, gca_bool(true));
 *     }
 *
 * Its mode says where it runs:
 *
 *     inline    at once, on the I/O thread, if its arguments are small enough, else on a worker; must not
 *               wait and should take microseconds: it returns GCA_DONE. (For modules that the
 *               administrator has not named with --inline-kind: always on a worker.)
 *     poll      on a worker thread; may wait by watches and return GCA_PENDING, or give way with GCA_AGAIN.
 *               Once started the task stays on its thread.
 *     service   as poll, but on the I/O thread: for bundled kinds that supervise descriptors and children.
 *     blocking  on a thread of the blocking pool; may block; returns GCA_DONE.
 *     body      a coroutine on a worker: a function that runs from beginning to end and waits in the middle; see below.
 *
 * THREADS. All calls on a task are made by the thread that polls it, from inside poll (or drop). A
 * function handed to gca_watch_call() runs on another thread and gets only its own argument.
 *
 * SIGNALS. The process is the daemon's: a module changes no signal's action. (exec gives programs the default ones, and
 * looks only once which are not.)
 *
 * HOW A TASK ENDS. poll returns GCA_DONE after gca_succeed() or gca_fail(); then drop, if the kind has
 * one, is called exactly once for a state that was ever polled, on the same thread, with all watches
 * already removed; then the task's region goes in one stroke. A task that is aborted before it starts is never
 * polled.
 *
 * ABORT. An abort is delivered at the task's next poll. A kind without GCA_KIND_HANDLES_ABORT is not
 * polled again: its watches are removed, drop is called and the task ends as aborted. A kind with the
 * flag is polled with gca_is_aborting() true; it may wait for as long as its clean-up needs and then
 * returns GCA_DONE by any of the calls: if it returns gca_succeed() or gca_fail() that result stands,
 * with gca_abort_now() the task ends as aborted.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <gcasync/value.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

#define GCA_MODULE_ABI 1

typedef struct gca_task gca_task;

typedef enum gca_mode {
        GCA_MODE_INLINE = 1,
        GCA_MODE_POLL,
        GCA_MODE_SERVICE,
        GCA_MODE_BODY,
        GCA_MODE_BLOCKING,
} gca_mode;

/* What becomes of an unfinished task of the kind that nobody wants any more. */
typedef enum gca_unreachable {
        GCA_UNREACHABLE_CANCEL = 1, /* pure kinds */
        GCA_UNREACHABLE_FINISH,     /* kinds with effects outside */
} gca_unreachable;

typedef enum gca_poll {
        GCA_DONE = 1,
        GCA_PENDING, /* until a watch fires */
        GCA_AGAIN,   /* behind whatever else is ready */
} gca_poll;

enum {
        GCA_ARGUMENT_REQUIRED = 1u << 0,
        GCA_ARGUMENT_SENSITIVE =
                1u << 1, /* logs and summaries leave its contents out; a map's keys are shown */
        GCA_ARGUMENT_OCTAL = 1u << 2, /* an int that summaries write in octal: 022 */
};

enum {
        GCA_KIND_HANDLES_ABORT = 1u << 0,
        GCA_KIND_EXECUTES =
                1u << 1, /* runs programs: only for who may execute; others are denied at once */
};

/* One row of a kind's argument schema. */
typedef struct gca_argument_spec {
        const char *name; /* [a-z][a-z0-9_]*, 64 bytes at most */
        gca_type
                type; /* GCA_TYPE_NONE: any; GCA_TYPE_FLOAT takes an int too, GCA_TYPE_BYTES a string */
        uint32_t flags;           /* GCA_ARGUMENT_… */
        const char *default_text; /* JSON: nil if NULL. Scalars, [] and {} */
        const char *doc;          /* one line */
} gca_argument_spec;

typedef struct gca_kind {
        size_t size; /* sizeof(gca_kind) */
        const char *
                name; /* [a-z][a-z0-9-]*, 64 bytes at most; people write module.name, or module if both are alike */
        const char *doc;        /* first line: a summary */
        const char *result_doc; /* one line: what the result is */
        gca_mode mode;
        gca_unreachable unreachable;
        uint32_t flags; /* GCA_KIND_… */
        const gca_argument_spec *arguments;
        size_t n_arguments;
        size_t inline_limit_bytes; /* inline: encoded arguments above this size run on a worker */
        size_t state_size; /* bytes, zeroed, at most 64 KiB, that live as long as the task runs */
        gca_poll (*poll)(gca_task *task, void *state);
        void (*drop)(gca_task *task, void *state);             /* or NULL */
        gca_value (*body)(gca_task *task, gca_region *region); /* mode body, in place of poll */
        size_t stack_size; /* body: bytes, rounded up to 16 KiB times a power of two, 8 MiB at most; 0: the runtime's (64 KiB) */
} gca_kind;

typedef struct gca_module {
        size_t size;         /* sizeof(gca_module) */
        uint32_t abi;        /* GCA_MODULE_ABI */
        const char *name;    /* [a-z][a-z0-9-]*, 64 bytes at most */
        const char *version; /* for people */
        const char *doc;
        const gca_kind *kinds;
        size_t n_kinds;
} gca_module;

/* What a module exports. */
extern const gca_module gcasync_module;

/* ---- a task, seen by its kind ---- */

/* Where the task makes its values. */
gca_region *gca_task_region(gca_task *task);

/* The argument at an index of the kind's schema: checked against it, the default filled in, nil where there is
 * neither. */
gca_value gca_argument(gca_task *task, size_t index);

/* The ways to end; to be returned at once: return gca_succeed(task, value). "No value" is a failure with
 * the code "memory-limit". code is a stable word, [a-z0-9-]+; the text is for people. */
gca_poll gca_succeed(gca_task *task, gca_value result);
gca_poll gca_fail(gca_task *task, const char *code, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
gca_poll gca_abort_now(gca_task *task);

/* Whether the task is to end (aborted, past its deadline); with gca_is_killing(), without grace. */
bool gca_is_aborting(const gca_task *task);
bool gca_is_killing(const gca_task *task);

/* The id people see, the uid of who submitted the task. */
uint64_t gca_task_get_id(const gca_task *task);
uint32_t gca_task_get_uid(const gca_task *task);

/* Whether the submitter may have programs run and files read with the daemon's rights. */
bool gca_task_may_execute(const gca_task *task);

/* Tells how far the task is; total 0: not known; text may be NULL. Cheap: reports are
 * coalesced, and told at most every 50 ms. */
void gca_report_progress(gca_task *task, uint64_t done, uint64_t total, const char *text);

/*
 * Appends to the task's captured output; stream 1 or 2. 0, or -ENOSPC and the like where it cannot be
 * kept (what was captured before stays; the loss is told to whoever reads it).
 */
int gca_write_output(gca_task *task, int stream, const void *data, size_t size);

/* The monotonic clock of the task's runtime, in nanoseconds. */
uint64_t gca_now_ns(void);

/* RLIMIT_NOFILE as it was when the process made its first runtime: a host may raise its own afterwards, but a
 * program that a task starts should get this one. */
void gca_get_original_nofile(struct rlimit *ret_limit);

/* ---- watches: what a task waits for ---- */

/*
 * A watch lives in the kind's state, zeroed at first. Arming it and returning GCA_PENDING suspends the task until any of
 * its armed watches fires; the task is then polled, and gca_watch_take() tells which. A watch that fired
 * is disarmed. Arming an armed watch replaces what it waited for. All are removed when the task ends.
 * Arming functions return GCA_PENDING, so that a task with one watch can return the call itself; when
 * arming fails (no memory, a bad descriptor) the watch fires at once with gca_watch_get_error() set.
 */
typedef struct gca_watch {
        void *reserved[12];
} gca_watch;

enum {
        GCA_READABLE = 1,
        GCA_WRITABLE = 2,
};

/* At a time of gca_now_ns()'s clock. */
gca_poll gca_watch_timer(gca_task *task, gca_watch *watch, uint64_t deadline_ns);

/* fd stays the caller's and must be open until the watch is disarmed or the task has ended. */
gca_poll gca_watch_fd(gca_task *task, gca_watch *watch, int fd, unsigned events);

/* How a child ended: code and status as in siginfo_t (CLD_EXITED, CLD_KILLED, CLD_DUMPED). */
typedef struct gca_child_end {
        int code;
        int status;
        struct rusage usage;
} gca_child_end;

/* A child's end, by pidfd: reaps it (waitid) into *ret_end, which lives as long as the watch is armed. The pidfd
 * stays the caller's. */
gca_poll gca_watch_child(gca_task *task, gca_watch *watch, int pidfd, gca_child_end *ret_end);

/* Runs call(argument) on a thread of the blocking pool; fires when it has returned. Cannot be disarmed once
 * it runs: the end of the task waits for it, so argument may be in the task's state. */
gca_poll
gca_watch_call(gca_task *task, gca_watch *watch, void (*call)(void *argument), void *argument);

/* Starts a child and waits for its end: start(argument) runs as above and returns the child's pidfd, or -1 for none. The
 * watch fires when start has returned; if there is a child it stays armed, and fires again at its end, reaped into
 * *ret_end as above. (Both may have come when the task is polled: then it fired and is armed no more.) For the first
 * of the two no thread is woken: the task is polled with what its thread wakes for next, the child's end at the
 * latest. Starts are made one after the other, so start should not wait for anything. To disarm the watch while start
 * runs is refused, as above, but has the task told as soon as it has returned. */
gca_poll gca_watch_start(gca_task *task,
                         gca_watch *watch,
                         int (*start)(void *argument),
                         void *argument,
                         gca_child_end *ret_end);

/* Whether the watch fired since this was last asked. */
bool gca_watch_take(gca_watch *watch);
bool gca_watch_is_armed(const gca_watch *watch);
void gca_watch_disarm(gca_task *task, gca_watch *watch);

/* After a fire: 0, or -errno; for a descriptor, what is ready. */
int gca_watch_get_error(const gca_watch *watch);
unsigned gca_watch_get_events(const gca_watch *watch);

/* ---- bodies: kinds that are coroutines ---- */

/*
 * A body is a function on a stack of its own. It waits by calls that return when what they wait for has come:
 *
 *     static gca_value nap_body(gca_task *task, gca_region *region) {
 *             (void)region;
 *             if (gca_await_sleep(task, 1000000) != 0)
 *                     return GCA_NO_VALUE;
 *             return gca_bool(true);
 *     }
 *
 * Meanwhile the worker runs other tasks; the body goes on on the same thread. The calls are for the body and what it
 * calls, on its stack.
 *
 * HOW IT ENDS. The value that it returns is the task's result. If that is "no value", the task fails as gca_body_fail() or
 * gca_fail() said before; or is aborted, if an await said so or gca_abort_now() was called; or fails because its region gave no
 * value ("memory-limit"). Then what was deferred runs, the last one first.
 *
 * ABORT. Where the task is aborted, or its deadline passes, the await under way, or else the next one, returns GCA_ABORTED, and so do all after it: the
 * body gives back what it has and returns. What it defers may still await; only a kill cuts these short. A
 * body that has not begun never runs.
 *
 * THE STACK is small (64 KiB unless the kind or the runtime says otherwise), does not grow, and ends in a guard: a body that
 * needs more dies of a segmentation fault, and the daemon with it. Large arrays belong in the region.
 * How much of it was in use at awaits can be seen from outside ("gcasyncctl show").
 *
 * NOT SWITCHED at an await: errno, the signal mask, the floating-point environment. A mutex that is held across one is
 * held by the thread, which then runs other tasks. A gca_watch of the body's own lies in a frame: it must have
 * been disarmed, or have fired, when that is left.
 */
enum {
        GCA_ABORTED = 1, /* an await's outcome: the task is to end */
};

/* Each returns 0, GCA_ABORTED, or -errno where it cannot be waited for. */
int gca_await_timer(gca_task *task, uint64_t deadline_ns); /* of gca_now_ns()'s clock */
int gca_await_sleep(gca_task *task, uint64_t duration_ns);
int gca_await_fd(gca_task *task, int fd, unsigned events, unsigned *ret_events); /* or NULL */
int gca_await_child(gca_task *task, int pidfd, gca_child_end *ret_end);          /* reaped */

/* Has call(argument) run on a thread of the blocking pool. Once it has begun it is waited for, aborted or not: 0 says that it
 * has run, anything else that it has not and will not. */
int gca_await_call(gca_task *task, void (*call)(void *argument), void *argument);

/* Until any of these watches, armed by gca_watch_…(), has fired: gca_watch_take() tells which. */
int gca_await_any(gca_task *task, gca_watch *const *watches, size_t n);

/* As gca_fail(), for a body to return at once: return gca_body_fail(task, "io-error", "%s", strerror(errno)). */
gca_value gca_body_fail(gca_task *task, const char *code, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Lets others run. 0, or GCA_ABORTED, after they have. */
int gca_yield(gca_task *task);

/*
 * call(data) is called at the task's end, however it ends, on its stack; the last one deferred first. 0; or -ENOMEM, and it has been called
 * already: who defers has given data away in any case.
 */
int gca_defer(gca_task *task, void (*call)(void *data), void *data);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
