/* SPDX-License-Identifier: MIT */

#include "daemon/shutdown.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/job.h"
#include "daemon/options.h"
#include "daemon/session.h"

enum {
        ABORTING_S = 5,
        KILLING_S = 5,
        CLOSING_S = 1,
};

static void shutdown_go_on(struct shutdown *shutdown);

static void shutdown_on_time(void *data) {
        struct shutdown *shutdown = data;

        shutdown->is_timer_started = false;
        shutdown_go_on(shutdown);
}

static void shutdown_set_timer(struct shutdown *shutdown, uint64_t time_ns) {
        int r;

        r = gca_timer_start(shutdown->daemon->runtime,
                            &shutdown->timer,
                            clock_add_ns(gca_now_ns(), time_ns),
                            shutdown_on_time,
                            shutdown);
        shutdown->is_timer_started = r >= 0;
        if (r < 0)
                log_warning("no memory for a timer: another signal goes on with the shutdown");
}

/* May be called from inside a task's end, so the step is taken at the end of the pass. */
static void shutdown_on_drained(void *data) {
        struct shutdown *shutdown = data;

        shutdown->is_drained = true;
        if (shutdown->wait)
                (void)gca_tracker_wait_cancel(shutdown->wait);
        shutdown->wait = NULL;
        gca_runtime_request_pass(shutdown->daemon->runtime);
}

static void shutdown_abort_jobs(struct shutdown *shutdown, gca_abort how) {
        const struct id_table *jobs = &shutdown->daemon->jobs;
        uint64_t id = 0;
        struct job *job;

        while ((job = id_table_find_after(jobs, id))) {
                id = job->id;
                (void)job_abort(job, how, "the daemon is shutting down");
        }
}

/* ---- the steps ---- */

static void shutdown_drain(struct shutdown *shutdown) {
        const struct options *options = shutdown->daemon->options;

        assert(shutdown->step == SHUTDOWN_RUNNING);
        shutdown->step = SHUTDOWN_DRAINING;
        log_notice("stopping: %zu tasks have %g s to end",
                   gca_tracker_get_count(shutdown->tracker),
                   (double)options->grace_ns / (double)NS_PER_S);
        listener_stop(&shutdown->daemon->listener);
        shutdown_set_timer(shutdown, options->grace_ns);
        (void)gca_tracker_close(shutdown->tracker);
        shutdown->wait = gca_tracker_wait_start(shutdown->tracker, shutdown_on_drained, shutdown);
}

static void shutdown_abort(struct shutdown *shutdown) {
        assert(shutdown->step == SHUTDOWN_DRAINING);
        shutdown->step = SHUTDOWN_ABORTING;
        log_notice("aborting %zu tasks", gca_tracker_get_count(shutdown->tracker));
        shutdown_set_timer(shutdown, ABORTING_S * NS_PER_S);
        shutdown_abort_jobs(shutdown, GCA_ABORT_REQUEST);
}

static void shutdown_kill(struct shutdown *shutdown) {
        assert(shutdown->step == SHUTDOWN_ABORTING);
        shutdown->step = SHUTDOWN_KILLING;
        log_warning("killing %zu tasks", gca_tracker_get_count(shutdown->tracker));
        shutdown_set_timer(shutdown, KILLING_S * NS_PER_S);
        shutdown_abort_jobs(shutdown, GCA_ABORT_KILL);
}

static void shutdown_close(struct shutdown *shutdown) {
        assert(shutdown->step >= SHUTDOWN_DRAINING && shutdown->step < SHUTDOWN_CLOSING);
        shutdown->step = SHUTDOWN_CLOSING;
        shutdown_set_timer(shutdown, CLOSING_S * NS_PER_S);
        sessions_fail_all(shutdown->daemon);
        gca_runtime_request_pass(shutdown->daemon->runtime);
}

static void shutdown_stop(struct shutdown *shutdown) {
        assert(shutdown->step == SHUTDOWN_CLOSING);
        shutdown->step = SHUTDOWN_STOPPED;
        /* The runtime would wait for their threads, for ever. Everything else has been put in order. */
        if (!shutdown->is_drained) {
                log_error("leaving without %zu tasks that do not end",
                          gca_tracker_get_count(shutdown->tracker));
                _exit(EXIT_FAILURE);
        }
        gca_runtime_stop(shutdown->daemon->runtime);
}

/* The next step, because its time has come or because a signal asks for it. */
static void shutdown_go_on(struct shutdown *shutdown) {
        if (shutdown->is_timer_started)
                gca_timer_stop(shutdown->daemon->runtime, &shutdown->timer);
        shutdown->is_timer_started = false;
        switch (shutdown->step) {
        case SHUTDOWN_RUNNING:
                shutdown_drain(shutdown);
                break;
        case SHUTDOWN_DRAINING:
                shutdown_abort(shutdown);
                break;
        case SHUTDOWN_ABORTING:
                shutdown_kill(shutdown);
                break;
        case SHUTDOWN_KILLING:
                shutdown_close(shutdown);
                break;
        case SHUTDOWN_CLOSING:
                shutdown_stop(shutdown);
                break;
        case SHUTDOWN_STOPPED:
                break;
        }
}

void shutdown_end_pass(struct shutdown *shutdown) {
        if (shutdown->is_drained && shutdown->step < SHUTDOWN_CLOSING)
                shutdown_close(shutdown);
        else if (shutdown->step == SHUTDOWN_CLOSING && shutdown->daemon->n_sessions == 0)
                shutdown_stop(shutdown);
}

/* ---- signals ---- */

static void shutdown_on_signal(int signal_number, short events, void *data) {
        (void)events;
        log_notice("got SIG%s", sigabbrev_np(signal_number));
        shutdown_go_on(data);
}

static void shutdown_on_hangup(int signal_number, short events, void *data) {
        (void)signal_number;
        (void)events;
        (void)data;
        log_notice("got SIGHUP: there is no configuration file that could be read again");
}

static int shutdown_catch(struct shutdown *shutdown, int signal_number, event_callback_fn call) {
        struct event *event = &shutdown->events[shutdown->n_events];

        (void)event_assign(event,
                           shutdown->daemon->base,
                           signal_number,
                           EV_SIGNAL | EV_PERSIST,
                           call,
                           shutdown);
        if (event_add(event, NULL) < 0)
                return fault_raise(-ENOMEM);
        shutdown->n_events++;
        return 0;
}

int shutdown_init(struct shutdown *shutdown, struct daemon *daemon) {
        int r;

        shutdown->daemon = daemon;
        shutdown->tracker = gca_tracker_new();
        if (!shutdown->tracker)
                return fault_raise(-ENOMEM);
        r = shutdown_catch(shutdown, SIGTERM, shutdown_on_signal);
        if (r == 0)
                r = shutdown_catch(shutdown, SIGINT, shutdown_on_signal);
        if (r == 0)
                r = shutdown_catch(shutdown, SIGHUP, shutdown_on_hangup);
        return fault_pass(r);
}

/* Taking the events away brings the default actions back: a late signal shall not end what is ending. */
static void shutdown_block_signals(void) {
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGTERM);
        (void)sigaddset(&set, SIGINT);
        (void)sigaddset(&set, SIGHUP);
        (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void shutdown_deinit(struct shutdown *shutdown) {
        shutdown_block_signals();
        for (size_t i = 0; i < shutdown->n_events; i++)
                (void)event_del(&shutdown->events[i]);
        shutdown->n_events = 0;
        if (shutdown->is_timer_started)
                gca_timer_stop(shutdown->daemon->runtime, &shutdown->timer);
        shutdown->is_timer_started = false;
        if (shutdown->wait)
                (void)gca_tracker_wait_cancel(shutdown->wait);
        shutdown->wait = NULL;
        shutdown->tracker = gca_tracker_unref(shutdown->tracker);
}

void shutdown_add_job(struct shutdown *shutdown) {
        gca_tracker_add(shutdown->tracker);
}

void shutdown_remove_job(struct shutdown *shutdown) {
        gca_tracker_done(shutdown->tracker);
}
