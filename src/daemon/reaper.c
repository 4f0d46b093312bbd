/* SPDX-License-Identifier: MIT */

#include "daemon/reaper.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "daemon/daemon.h"

enum {
        LOOK_AFTER_MS = 500,
        READ_SIZE = 4096,
        PASSES_MIN = 2,
};

static void reaper_look(void *data);

static void reaper_get_signals(sigset_t *ret_signals) {
        (void)sigemptyset(ret_signals);
        (void)sigaddset(ret_signals, SIGCHLD);
}

static void reaper_set_signals_blocked(bool are_blocked) {
        sigset_t signals;

        reaper_get_signals(&signals);
        (void)pthread_sigmask(are_blocked ? SIG_BLOCK : SIG_UNBLOCK, &signals, NULL);
}

/* Takes back a signal that tells of what the look that follows will see. */
static void reaper_discard_signal(void) {
        const struct timespec at_once = { 0 };
        sigset_t signals;

        reaper_get_signals(&signals);
        (void)sigtimedwait(&signals, NULL, &at_once);
}

/* A look is coming, so further signals have nothing to tell: blocked, they do not interrupt the thread for
 * every program that ends. */
static void reaper_start_timer(struct reaper *reaper) {
        if (reaper->is_timer_started)
                return;
        reaper->is_timer_started =
                gca_timer_start(reaper->daemon->runtime,
                                &reaper->timer,
                                clock_add_ns(gca_now_ns(), LOOK_AFTER_MS * NS_PER_MS),
                                reaper_look,
                                reaper) >= 0;
        reaper_set_signals_blocked(reaper->is_timer_started);
}

/* The pids of the main thread's children, as text. 0 or -errno. */
static int reaper_read_children(struct buffer *text) {
        cleanup_(closep) int fd = -1;

        fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return fault_raise(-errno);
        for (;;) {
                uint8_t *room = buffer_reserve(text, READ_SIZE + 1);
                ssize_t n;

                if (!room)
                        return fault_raise(-ENOMEM);
                n = read(fd, room, READ_SIZE);
                if (n < 0)
                        return fault_raise(-errno);
                room[n] = '\0';
                if (n == 0)
                        return 0;
                buffer_commit(text, (size_t)n);
        }
}

/* Whether a child of this thread has ended; reaps it unless options say WNOWAIT. */
static bool child_has_ended(idtype_t type, id_t id, int options, pid_t *ret_pid) {
        siginfo_t info = { .si_pid = 0 };

        if (waitid(type, id, &info, WEXITED | WNOHANG | __WNOTHREAD | options) < 0)
                return false;
        if (info.si_pid == 0)
                return false;
        if (ret_pid)
                *ret_pid = info.si_pid;
        return true;
}

/* When the zombie was first seen: now, if it was not among the last ones. */
static uint64_t reaper_find_seen(const struct reaper *reaper, pid_t pid) {
        for (size_t i = 0; i < reaper->n_zombies; i++)
                if (reaper->zombies[i].pid == pid)
                        return reaper->zombies[i].seen_in_pass;
        return reaper->daemon->n_pass;
}

/* Reaps a zombie that has been there for long enough; else remembers it. */
static int reaper_judge(const struct reaper *reaper, pid_t pid, struct buffer *seen) {
        struct reaper_zombie zombie = { .pid = pid, .seen_in_pass = reaper_find_seen(reaper, pid) };

        if (reaper->daemon->n_pass - zombie.seen_in_pass >= PASSES_MIN) {
                if (child_has_ended(P_PID, (id_t)pid, 0, NULL))
                        log_debug("reaped the orphan %ld", (long)pid);
                return 0;
        }
        return buffer_append(seen, &zombie, sizeof(zombie));
}

static int reaper_judge_listed(const struct reaper *reaper, char *text, struct buffer *seen) {
        char *end;

        for (long pid; (pid = strtol(text, &end, 10)) > 0 && end != text; text = end) {
                int r;

                if (!child_has_ended(P_PID, (id_t)pid, WNOWAIT, NULL))
                        continue;
                r = reaper_judge(reaper, (pid_t)pid, seen);
                if (r < 0)
                        return fault_pass(r);
        }
        return 0;
}

/* All zombies at once where the kernel lists children; else one a look. */
static int reaper_judge_all(const struct reaper *reaper, struct buffer *seen) {
        struct buffer text = { 0 };
        pid_t pid;
        int r;

        r = reaper_read_children(&text);
        if (r == 0 && buffer_get_length(&text) > 0)
                r = reaper_judge_listed(reaper, (char *)text.data, seen);
        else if (r < 0 && child_has_ended(P_ALL, 0, WNOWAIT, &pid))
                r = reaper_judge(reaper, pid, seen);
        buffer_deinit(&text);
        return fault_pass(r);
}

static void reaper_look(void *data) {
        struct reaper *reaper = data;
        struct buffer seen = { 0 };

        reaper->is_timer_started = false;
        reaper_discard_signal();
        /* What could not be judged for want of memory is judged at the next look. */
        (void)reaper_judge_all(reaper, &seen);
        free(reaper->zombies);
        reaper->zombies = (struct reaper_zombie *)(void *)seen.data;
        reaper->n_zombies = buffer_get_length(&seen) / sizeof(*reaper->zombies);
        if (reaper->n_zombies > 0)
                reaper_start_timer(reaper);
        else
                reaper_set_signals_blocked(false);
}

static void reaper_on_child(int signal_number, short events, void *data) {
        (void)signal_number;
        (void)events;
        reaper_start_timer(data);
}

int reaper_start(struct reaper *reaper, struct daemon *daemon) {
        reaper->daemon = daemon;
        if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
                return fault_raise(-errno);
        (void)event_assign(&reaper->event,
                           daemon->base,
                           SIGCHLD,
                           EV_SIGNAL | EV_PERSIST,
                           reaper_on_child,
                           reaper);
        if (event_add(&reaper->event, NULL) < 0)
                return fault_raise(-ENOMEM);
        reaper->is_started = true;
        return 0;
}

void reaper_stop(struct reaper *reaper) {
        if (!reaper->is_started)
                return;
        (void)event_del(&reaper->event);
        if (reaper->is_timer_started)
                gca_timer_stop(reaper->daemon->runtime, &reaper->timer);
        reaper_set_signals_blocked(false);
        free(reaper->zombies);
        *reaper = (struct reaper){ 0 };
}
