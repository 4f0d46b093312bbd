/* SPDX-License-Identifier: MIT */

/* What concerns sessions as a set: the end of a pass, in its order, and the making of ends. */

#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "daemon/account.h"
#include "daemon/daemon.h"
#include "daemon/follower.h"
#include "daemon/job.h"
#include "daemon/session.h"

enum {
        DRAIN_READS_MAX = 16,
        WRITE_SIZE_MIN = 64 << 10, /* while frames wait, less is not worth a write */
};

/* Gives up what was asked for in the session: nobody will be told. Attached tasks are aborted. */
static void session_give_up_work(struct session *session) {
        struct follower *follower;
        struct waiter *waiter;

        while (!list_is_empty(&session->due))
                waiter_remove(list_entry(session->due.next, struct waiter, session_link));
        while (!list_is_empty(&session->waiters)) {
                struct job *job;
                bool is_submit;

                waiter = list_entry(session->waiters.next, struct waiter, session_link);
                job = waiter->job;
                is_submit = waiter->is_submit;
                waiter_remove(waiter);
                if (is_submit)
                        (void)job_abort(job, GCA_ABORT_REQUEST, "its session ended");
        }
        /* Last: where a Submit stands behind output that was not read, its follower is all that still holds
         * the task. */
        list_for_each(follower, &session->followers, session_link)
                (void)follower_free(follower);
}

/*
 * Reads what the peer has sent and nobody will take: closing with unread bytes would make the kernel tell the
 * peer of a reset, which may hide the reply that says why.
 */
static void session_drain(struct session *session) {
        for (int i = 0; i < DRAIN_READS_MAX; i++)
                if (recv(session->fd,
                         session->daemon->scratch,
                         SESSION_SCRATCH_SIZE,
                         MSG_DONTWAIT) <= 0)
                        return;
}

static void session_free(struct session *session) {
        struct daemon *daemon = session->daemon;
        struct account *account = session->account;

        assert(list_is_empty(&session->waiters));
        assert(list_is_empty(&session->due));
        assert(list_is_empty(&session->followers));
        (void)event_del(&session->read_event);
        (void)event_del(&session->write_event);
        timeout_stop(&session->input_timeout);
        timeout_stop(&session->output_timeout);
        list_remove(&session->link);
        list_remove(&session->ready_link);
        list_remove(&session->dirty_link);
        list_remove(&session->end_link);
        session_drop_descriptors(session);
        session_drain(session);
        (void)close(session->fd);
        buffer_deinit(&session->input);
        buffer_deinit(&session->output);
        free(session->client_name);
        session->magic = 0;
        free(session);
        daemon->n_sessions--;
        account->n_sessions--;
        account_release(account);
}

/* The aborts that follow may answer other sessions, so this comes before the pass's writes. */
static void session_make_end(struct session *session) {
        list_remove(&session->end_link);
        (void)event_del(&session->read_event);
        session_give_up_work(session);
        if (session->state == SESSION_CLOSING)
                session_flush(session);
        else
                session_free(session);
}

static void sessions_take_slices(struct daemon *daemon) {
        struct list ready = LIST_INIT(ready);
        struct list *link;

        /* Those that become ready on the way wait for the next pass. */
        while ((link = list_pop_front(&daemon->ready)))
                list_push_back(&ready, link);
        while ((link = list_pop_front(&ready)))
                session_take_slice(list_entry(link, struct session, ready_link));
}

static void sessions_make_ends(struct daemon *daemon) {
        while (!list_is_empty(&daemon->ending))
                session_make_end(list_entry(daemon->ending.next, struct session, end_link));
}

/* Parse until dry, write once: while frames wait, a small output does, too. */
static bool session_may_gather(const struct session *session) {
        return !list_is_empty(&session->ready_link) && session_is_open(session) &&
               buffer_get_length(&session->output) < WRITE_SIZE_MIN;
}

static void sessions_flush(struct daemon *daemon) {
        struct list dirty = LIST_INIT(dirty);
        struct list *link;

        while ((link = list_pop_front(&daemon->dirty)))
                list_push_back(&dirty, link);
        while ((link = list_pop_front(&dirty))) {
                struct session *session = list_entry(link, struct session, dirty_link);

                if (session_may_gather(session))
                        list_push_back(&daemon->dirty, link);
                else
                        session_flush(session);
        }
}

void sessions_end_pass(struct daemon *daemon) {
        sessions_take_slices(daemon);
        sessions_make_ends(daemon);
        sessions_flush(daemon);
        /* A write may have found the peer gone, or have taken the last words of a session. */
        sessions_make_ends(daemon);
        if (!list_is_empty(&daemon->ready) || !list_is_empty(&daemon->dirty))
                gca_runtime_request_pass(daemon->runtime);
}

void sessions_fail_all(struct daemon *daemon) {
        struct session *session;

        list_for_each(session, &daemon->sessions, link)
                session_fail(session, GCASYNC__ERROR_CODE__ERROR_SHUTTING_DOWN, "the daemon stops");
}

void sessions_close_all(struct daemon *daemon) {
        struct session *session;

        list_for_each(session, &daemon->sessions, link)
                session_close(session);
        sessions_make_ends(daemon);
}

struct session *sessions_find(const struct daemon *daemon, uint64_t id) {
        struct session *session;

        list_for_each(session, &daemon->sessions, link)
                if (session->id == id)
                        return session;
        return NULL;
}
