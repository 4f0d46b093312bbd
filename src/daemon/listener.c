/* SPDX-License-Identifier: MIT */

#include "daemon/listener.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "daemon/account.h"
#include "daemon/daemon.h"
#include "daemon/session.h"
#include "wire/message.h"

enum {
        ACCEPT_BATCH = 64,
        PAUSE_MS = 100,
};

static void listener_on_pause_over(void *data) {
        struct listener *listener = data;

        listener->is_paused = false;
        if (listener->spare_fd < 0)
                listener->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        (void)event_add(&listener->event, NULL);
}

/* The kernel is short of something: asking again at once would only spin. */
static void listener_pause(struct listener *listener) {
        if (listener->is_paused)
                return;
        if (gca_timer_start(listener->daemon->runtime,
                            &listener->pause_timer,
                            clock_add_ns(gca_now_ns(), PAUSE_MS * NS_PER_MS),
                            listener_on_pause_over,
                            listener) < 0)
                return;
        listener->is_paused = true;
        (void)event_del(&listener->event);
}

/* Tells a peer that there is no room, and disconnects it. */
static void
listener_refuse(struct listener *listener, int fd, Gcasync__Error *error, const char *text) {
        struct limits *limits = &listener->daemon->limits;
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        struct ucred peer = { .uid = (uid_t)-1 };
        socklen_t size = sizeof(peer);
        struct buffer buffer = { 0 };
        char unread[4096];

        (void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
        client_log_peer(&listener->daemon->client_log, peer.uid, (long)peer.pid, text);
        error->code = GCASYNC__ERROR_CODE__ERROR_BUSY;
        error->message = message_text(text);
        reply.body_case = GCASYNC__REPLY__BODY_ERROR;
        reply.error = error;
        if (message_append(&buffer, &reply.base, limits_get(limits, LIMIT_FRAME_BYTES)) == 0)
                (void)send(fd,
                           buffer_get_data(&buffer),
                           buffer_get_length(&buffer),
                           MSG_NOSIGNAL | MSG_DONTWAIT);
        buffer_deinit(&buffer);
        /* With nothing unread the peer sees the error, then the end, and no reset. */
        (void)recv(fd, unread, sizeof(unread), MSG_DONTWAIT);
        (void)close(fd);
}

/* No descriptor is left but the spare one. Whether a connection was taken off the queue. */
static bool listener_refuse_without_descriptor(struct listener *listener) {
        Gcasync__Error error = GCASYNC__ERROR__INIT;
        int fd;

        if (listener->spare_fd < 0)
                return false;
        (void)close(listener->spare_fd);
        fd = accept4(listener->endpoint.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
                listener_refuse(listener, fd, &error, "no descriptor is left, try again later");
        listener->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        return fd >= 0;
}

static void listener_refuse_limit(struct listener *listener, int fd, uint64_t used) {
        struct limits *limits = &listener->daemon->limits;
        Gcasync__Error error = GCASYNC__ERROR__INIT;
        char text[128];

        limits_count_reached(limits, LIMIT_SESSIONS);
        error.limit = message_text(limit_get_info(LIMIT_SESSIONS)->name);
        error.used = used;
        error.maximum = limits_get(limits, LIMIT_SESSIONS);
        (void)snprintf(text,
                       sizeof(text),
                       "the limit sessions (connections) is reached: %llu of %llu",
                       (unsigned long long)error.used,
                       (unsigned long long)error.maximum);
        listener_refuse(listener, fd, &error, text);
}

/* A new connection: its peer's uid decides whose account it goes to. */
static void listener_admit(struct listener *listener, int fd) {
        struct daemon *daemon = listener->daemon;
        Gcasync__Error error = GCASYNC__ERROR__INIT;
        struct account *account;
        struct ucred peer;
        socklen_t size = sizeof(peer);

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) {
                (void)close(fd);
                return;
        }
        account = account_find(&daemon->accounts, peer.uid);
        if (!account) {
                listener_refuse(listener, fd, &error, "no memory is left, try again later");
                return;
        }
        if (account->n_sessions >= limits_get(&daemon->limits, LIMIT_SESSIONS))
                listener_refuse_limit(listener, fd, account->n_sessions);
        else if (session_new(daemon, fd, account, peer.pid) < 0)
                listener_refuse(listener, fd, &error, "no memory is left, try again later");
        account_release(account);
}

static void listener_on_connection(int listening_fd, short events, void *data) {
        struct listener *listener = data;

        (void)events;
        for (int i = 0; i < ACCEPT_BATCH; i++) {
                int fd = accept4(listening_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

                if (fd >= 0) {
                        listener_admit(listener, fd);
                        continue;
                }
                if (errno == EINTR || errno == ECONNABORTED)
                        continue;
                if (errno == EAGAIN)
                        return;
                if ((errno == EMFILE || errno == ENFILE) &&
                    listener_refuse_without_descriptor(listener))
                        continue;
                listener_pause(listener);
                return;
        }
}

int listener_start(struct listener *listener, struct daemon *daemon) {
        listener->daemon = daemon;
        listener->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (listener->spare_fd < 0)
                return fault_raise(-errno);
        (void)event_assign(&listener->event,
                           daemon->base,
                           listener->endpoint.fd,
                           EV_READ | EV_PERSIST,
                           listener_on_connection,
                           listener);
        listener->is_started = true;
        if (event_add(&listener->event, NULL) < 0)
                return fault_raise(-ENOMEM);
        return 0;
}

void listener_stop(struct listener *listener) {
        if (listener->is_started) {
                (void)event_del(&listener->event);
                if (listener->is_paused)
                        gca_timer_stop(listener->daemon->runtime, &listener->pause_timer);
                if (listener->spare_fd >= 0)
                        (void)close(listener->spare_fd);
                listener->is_started = listener->is_paused = false;
        }
        endpoint_stop(&listener->endpoint);
}
