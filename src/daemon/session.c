/* SPDX-License-Identifier: MIT */

#include "daemon/session.h"

#include <event2/event.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/fault.h"
#include "daemon/account.h"
#include "daemon/daemon.h"
#include "daemon/follower.h"
#include "daemon/job.h"

static_assert(sizeof(struct session) <= 1024, "an idle session is small");

int session_new(struct daemon *daemon, int fd, struct account *account, pid_t pid) {
        struct session *session = calloc(1, sizeof(*session));

        if (!session)
                return fault_raise(-ENOMEM);
        session->magic = SESSION_MAGIC;
        session->daemon = daemon;
        session->account = account;
        session->fd = fd;
        session->pid = pid;
        session->uid = account->uid;
        session->id = ++daemon->last_session_id;
        list_init(&session->ready_link);
        list_init(&session->dirty_link);
        list_init(&session->end_link);
        list_init(&session->waiters);
        list_init(&session->due);
        list_init(&session->followers);
        timeout_init(&session->input_timeout);
        timeout_init(&session->output_timeout);
        (void)event_assign(&session->read_event,
                           daemon->base,
                           fd,
                           EV_READ | EV_PERSIST,
                           session_on_readable,
                           session);
        (void)event_assign(&session->write_event,
                           daemon->base,
                           fd,
                           EV_WRITE | EV_PERSIST,
                           session_on_writable,
                           session);
        if (event_add(&session->read_event, NULL) < 0) {
                free(session);
                return fault_raise(-ENOMEM);
        }
        session->is_reading = true;
        list_push_back(&daemon->sessions, &session->link);
        daemon->n_sessions++;
        account->n_sessions++;
        timeout_start(&daemon->hello_timeouts, &session->input_timeout);
        return 0;
}

/* ---- ends ---- */

static void session_end(struct session *session, enum session_state state) {
        if (session->state >= state)
                return;
        if (list_is_empty(&session->end_link))
                list_push_back(&session->daemon->ending, &session->end_link);
        session->state = state;
        timeout_stop(&session->input_timeout);
        list_remove(&session->ready_link);
        gca_runtime_request_pass(session->daemon->runtime);
}

static void session_fail_with(struct session *session, Gcasync__Error *error, const char *text) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;

        client_log(session,
                   LOG_LEVEL_NOTICE,
                   "ended as %s: %s",
                   error_code_to_name(error->code),
                   text);
        error->message = message_text(text);
        reply.body_case = GCASYNC__REPLY__BODY_ERROR;
        reply.error = error;
        (void)session_reply(session, &reply);
        session_end(session, SESSION_CLOSING);
}

void session_fail(struct session *session, Gcasync__ErrorCode code, const char *format, ...) {
        Gcasync__Error error = GCASYNC__ERROR__INIT;
        char text[256];
        va_list arguments;

        if (!session_is_open(session))
                return;
        va_start(arguments, format);
        (void)vsnprintf(text, sizeof(text), format, arguments);
        va_end(arguments);
        error.code = code;
        session_fail_with(session, &error, text);
}

void session_fail_limit(struct session *session,
                        Gcasync__ErrorCode code,
                        enum limit limit,
                        const char *text) {
        struct limits *limits = &session->daemon->limits;
        Gcasync__Error error = GCASYNC__ERROR__INIT;
        char full_text[256];

        if (!session_is_open(session))
                return;
        limits_count_reached(limits, limit);
        error.code = code;
        error.limit = message_text(limit_get_info(limit)->name);
        error.used = error.maximum = limits_get(limits, limit);
        (void)snprintf(full_text,
                       sizeof(full_text),
                       "%s (limit %s: %llu)",
                       text,
                       limit_get_info(limit)->name,
                       (unsigned long long)error.maximum);
        session_fail_with(session, &error, full_text);
}

void session_finish(struct session *session) {
        session_end(session, SESSION_CLOSING);
}

void session_close(struct session *session) {
        session_end(session, SESSION_CLOSED);
}

/* ---- requests that are answered later ---- */

static bool waiters_have_request(const struct list *waiters, uint64_t request_id) {
        const struct waiter *waiter;

        list_for_each(waiter, waiters, session_link)
                if (waiter->request_id == request_id)
                        return true;
        return false;
}

bool session_has_request(const struct session *session, uint64_t request_id) {
        const struct follower *follower;

        /* Clients count upwards, so nearly always this decides. */
        if (request_id > session->request_id_max)
                return false;
        list_for_each(follower, &session->followers, session_link)
                if (follower->request_id == request_id)
                        return true;
        return waiters_have_request(&session->waiters, request_id) ||
               waiters_have_request(&session->due, request_id);
}

void session_begin_request(struct session *session) {
        session->n_unanswered++;
}

void session_end_request(struct session *session) {
        assert(session->n_unanswered > 0);
        session->n_unanswered--;
        if (session->is_held)
                session_update_reading(session);
}
