/* SPDX-License-Identifier: MIT */

#include "daemon/session.h"

#include <errno.h>
#include <event2/event.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/fault.h"
#include "daemon/daemon.h"
#include "daemon/follower.h"
#include "daemon/job.h"
#include "wire/hot.h"
#include "wire/message.h"

enum {
        FLUSH_ROUNDS_MAX = 4,       /* refills a session gets in one pass */
        SPARE_SIZE_MAX = 256 << 10, /* a larger buffer is not worth keeping */
};

/* ---- replies ---- */

static void session_mark_dirty(struct session *session) {
        if (!list_is_empty(&session->dirty_link))
                return;
        list_push_back(&session->daemon->dirty, &session->dirty_link);
}

bool session_is_backed_up(const struct session *session) {
        return buffer_get_length(&session->output) > session->daemon->output_low_bytes;
}

/* One buffer goes from session to session, so that a reply needs no allocation. */
static void session_take_buffer(struct session *session) {
        struct daemon *daemon = session->daemon;

        if (session->output.data || !daemon->spare_output.data)
                return;
        session->output = daemon->spare_output;
        daemon->spare_output = (struct buffer){ 0 };
}

/* A reply was appended, or r tells why not. */
static int session_end_reply(struct session *session, int r) {
        if (r == -EMSGSIZE)
                return r;
        if (r < 0) {
                client_log(session, LOG_LEVEL_ERROR, "ended: no memory for a reply");
                session_close(session);
                return fault_pass(r);
        }
        session_mark_dirty(session);
        return 0;
}

int session_reply(struct session *session, const Gcasync__Reply *reply) {
        uint64_t size_max = limits_get(&session->daemon->limits, LIMIT_FRAME_BYTES);

        if (!session_is_open(session))
                return 0;
        session_take_buffer(session);
        return session_end_reply(session, message_append(&session->output, &reply->base, size_max));
}

int session_reply_success(struct session *session, const struct hot_result *success) {
        uint64_t size_max = limits_get(&session->daemon->limits, LIMIT_FRAME_BYTES);

        if (!session_is_open(session))
                return 0;
        session_take_buffer(session);
        return session_end_reply(session, hot_append_result(&session->output, success, size_max));
}

static void session_reply_error_with(struct session *session,
                                     uint64_t request_id,
                                     Gcasync__Error *error,
                                     const char *text) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;

        client_log(session,
                   LOG_LEVEL_INFO,
                   "request %llu: %s: %s",
                   (unsigned long long)request_id,
                   error_code_to_name(error->code),
                   text);
        error->message = message_text(text);
        reply.id = request_id;
        reply.body_case = GCASYNC__REPLY__BODY_ERROR;
        reply.error = error;
        (void)session_reply(session, &reply);
}

void session_reply_error(struct session *session,
                         uint64_t request_id,
                         Gcasync__ErrorCode code,
                         const char *format,
                         ...) {
        Gcasync__Error error = GCASYNC__ERROR__INIT;
        char text[512];
        va_list arguments;

        va_start(arguments, format);
        (void)vsnprintf(text, sizeof(text), format, arguments);
        va_end(arguments);
        error.code = code;
        session_reply_error_with(session, request_id, &error, text);
}

void session_reply_limit(struct session *session,
                         uint64_t request_id,
                         enum limit limit,
                         uint64_t used) {
        const struct limit_info *info = limit_get_info(limit);
        struct limits *limits = &session->daemon->limits;
        Gcasync__Error error = GCASYNC__ERROR__INIT;
        char text[256];

        limits_count_reached(limits, limit);
        error.code = GCASYNC__ERROR_CODE__ERROR_LIMIT;
        error.limit = message_text(info->name);
        error.used = used;
        error.maximum = limits_get(limits, limit);
        (void)snprintf(text,
                       sizeof(text),
                       "the limit %s (%s) is reached: %llu of %llu",
                       info->name,
                       info->doc,
                       (unsigned long long)error.used,
                       (unsigned long long)error.maximum);
        session_reply_error_with(session, request_id, &error, text);
}

void session_reply_done(struct session *session, uint64_t request_id, bool is_changed) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__Done done = GCASYNC__DONE__INIT;

        done.changed = is_changed;
        reply.id = request_id;
        reply.body_case = GCASYNC__REPLY__BODY_DONE;
        reply.done = &done;
        (void)session_reply(session, &reply);
}

/* ---- writing ---- */

static void session_await_writable(struct session *session, bool awaits) {
        if (session->is_writing == awaits)
                return;
        if (awaits && event_add(&session->write_event, NULL) < 0) {
                session_close(session);
                return;
        }
        if (!awaits)
                (void)event_del(&session->write_event);
        session->is_writing = awaits;
}

/* An empty buffer serves the next session that replies. */
static void session_give_buffer_back(struct session *session) {
        struct daemon *daemon = session->daemon;

        if (!daemon->spare_output.data && session->output.size_bytes <= SPARE_SIZE_MAX)
                daemon->spare_output = session->output;
        else
                buffer_deinit(&session->output);
        session->output = (struct buffer){ 0 };
}

/* One write. Whether everything went out. */
static bool session_write(struct session *session) {
        size_t length = buffer_get_length(&session->output);
        ssize_t n = 0;

        if (length == 0)
                return true;
        n = send(session->fd,
                 buffer_get_data(&session->output),
                 length,
                 MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
                session_close(session);
                return false;
        }
        if (n > 0) {
                buffer_consume(&session->output, (size_t)n);
                timeout_stop(&session->output_timeout);
        }
        if (buffer_get_length(&session->output) == 0)
                return true;
        if (!timeout_is_running(&session->output_timeout))
                timeout_start(&session->daemon->output_timeouts, &session->output_timeout);
        session_await_writable(session, true);
        return false;
}

/* What was held back comes as far as there is room. */
static void session_refill(struct session *session) {
        if (!session_is_open(session))
                return;
        if (!list_is_empty(&session->due))
                session_answer_due(session);
        if (session->is_progress_due)
                session_reply_due_progress(session);
        if (!list_is_empty(&session->followers))
                session_pump_followers(session);
}

void session_flush(struct session *session) {
        list_remove(&session->dirty_link);
        for (int round = 0; round < FLUSH_ROUNDS_MAX; round++) {
                if (session->state == SESSION_CLOSED || !session_write(session))
                        return;
                session_refill(session);
                if (buffer_get_length(&session->output) == 0)
                        break;
        }
        if (session->state == SESSION_CLOSING && buffer_get_length(&session->output) == 0) {
                session_close(session);
                return;
        }
        session_await_writable(session, false);
        if (buffer_get_length(&session->output) == 0)
                session_give_buffer_back(session);
        else
                session_mark_dirty(session);
        if (!session->is_reading)
                session_update_reading(session);
}

void session_on_writable(int fd, short events, void *data) {
        struct session *session = session_from(data);

        (void)fd;
        (void)events;
        session_mark_dirty(session);
}
