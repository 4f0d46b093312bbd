/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "lib/client.h"

enum {
        READ_SIZE = 64 << 10,
        /* A buffer that grew beyond this is given back when it is empty. */
        BUFFER_KEEP_SIZE = 1 << 20,
};

static const char text_closed[] = "the daemon closed the connection";
static const char text_cut[] = "the daemon closed the connection in the middle of a reply";
static const char text_system[] = "the connection failed";
static const char text_memory[] = "no memory for what the daemon sends";

int client_get_error_locked(const struct gcasync_client *client) {
        return client->core.state == CORE_ENDED ? client->core.error : 0;
}

static void client_trim_buffer(struct buffer *buffer) {
        if (buffer_get_length(buffer) == 0 && buffer->size_bytes > BUFFER_KEEP_SIZE)
                buffer_deinit(buffer);
}

/* ---- waiters ---- */

bool client_is_dispatcher(const struct gcasync_client *client) {
        return client->dispatch_depth > 0 && pthread_equal(client->dispatcher, pthread_self());
}

/*
 * Whether the waiter has what it waits for. A call in its own callback counts as over for
 * who waits for it there.
 */
static bool waiter_is_met(const struct gcasync_client *client, const struct waiter *waiter) {
        if (waiter->call) {
                enum call_state state = call_get_state(waiter->call);

                return state == CALL_DONE || (state == CALL_RUNNING && waiter->is_dispatching &&
                                              client_is_dispatcher(client));
        }
        /*
         * Acquire: pairs with the release in gcasync_client_wake(); what was done before
         * waking is seen after it.
         */
        return waiter->n_processed != client->n_processed ||
               waiter->n_wakes != atomic_load_explicit(&client->n_wakes, memory_order_acquire);
}

void client_nudge_locked(struct gcasync_client *client) {
        const uint64_t one = 1;

        lock_assert_held(&client->lock);
        if (!client->is_reading || client->is_nudged)
                return;
        client->is_nudged = true;
        /* It can only fail because it is readable already. */
        (void)!write(client->wake_fd, &one, sizeof(one));
}

static void waiter_signal(struct gcasync_client *client, struct waiter *waiter) {
        if (waiter->is_reader) {
                client_nudge_locked(client);
                return;
        }
        if (waiter->is_signalled)
                return;
        waiter->is_signalled = true;
        (void)pthread_cond_signal(&waiter->condition);
}

void client_signal_locked(struct gcasync_client *client) {
        struct waiter *waiter;

        lock_assert_held(&client->lock);
        list_for_each(waiter, &client->waiters, list)
                if (client->core.state == CORE_ENDED || waiter_is_met(client, waiter))
                        waiter_signal(client, waiter);
}

void client_pass_on_locked(struct gcasync_client *client) {
        struct waiter *waiter;

        lock_assert_held(&client->lock);
        if (client->is_reading || list_is_empty(&client->waiters))
                return;
        /* One that has been signalled already looks for itself, and passes on if it leaves. */
        list_for_each(waiter, &client->waiters, list)
                if (waiter->is_signalled)
                        return;
        waiter_signal(client, list_entry(client->waiters.next, struct waiter, list));
}

/* ---- the end ---- */

/* After the session has ended, by whatever: tells the daemon, the loop and those who wait. */
static void client_hang_up_locked(struct gcasync_client *client) {
        if (client->core.state != CORE_ENDED || client->is_hung_up)
                return;
        client->is_hung_up = true;
        client->is_blocked = false;
        if (client->loop_fd >= 0)
                (void)epoll_ctl(client->loop_fd, EPOLL_CTL_DEL, client->socket_fd, NULL);
        (void)shutdown(client->socket_fd, SHUT_RDWR);
        client->n_processed++;
        client_nudge_locked(client);
        client_signal_locked(client);
}

void client_close_locked(struct gcasync_client *client) {
        lock_assert_held(&client->lock);
        core_end(&client->core, GCASYNC_E_DISCONNECTED, "the client was closed");
        client_hang_up_locked(client);
}

/* ---- sending ---- */

/* What there is to send, moved to where it is sent from. */
static bool client_take_output_locked(struct gcasync_client *client) {
        struct buffer empty = client->sending;

        if (buffer_get_length(&client->sending) > 0)
                return true;
        if (buffer_get_length(&client->core.output) == 0)
                return false;
        client->sending = client->core.output;
        client->core.output = empty;
        return true;
}

void client_update_loop_locked(struct gcasync_client *client) {
        struct epoll_event event = { .events = client->is_blocked ? EPOLLIN | EPOLLOUT : EPOLLIN };

        lock_assert_held(&client->lock);
        if (client->loop_fd < 0 || client->is_loop_blocked == client->is_blocked ||
            client->is_hung_up)
                return;
        (void)epoll_ctl(client->loop_fd, EPOLL_CTL_MOD, client->socket_fd, &event);
        client->is_loop_blocked = client->is_blocked;
}

/* One write. Whether it got anywhere: if not, the socket is full, or nobody reads any more. */
static bool client_send_once_locked(struct gcasync_client *client) {
        ssize_t n;
        int error;

        lock_give(&client->lock);
        do
                n = send(client->socket_fd,
                         buffer_get_data(&client->sending),
                         buffer_get_length(&client->sending),
                         MSG_DONTWAIT | MSG_NOSIGNAL);
        while (n < 0 && errno == EINTR);
        error = errno;
        lock_take(&client->lock);
        if (n >= 0) {
                buffer_consume(&client->sending, (size_t)n);
                client_trim_buffer(&client->sending);
                return true;
        }
        if (error == EAGAIN) {
                client->is_blocked = true;
                client_nudge_locked(client);
                return false;
        }
        /*
         * The peer is gone. What it said last may still be there to be read, so reading
         * tells the reason.
         */
        buffer_consume(&client->sending, buffer_get_length(&client->sending));
        return true;
}

void client_send_locked(struct gcasync_client *client) {
        lock_assert_held(&client->lock);
        if (client->is_sending)
                return;
        client->is_sending = true;
        while (!client->is_blocked && client->core.state != CORE_ENDED &&
               client_take_output_locked(client))
                if (!client_send_once_locked(client))
                        break;
        client->is_sending = false;
        client_update_loop_locked(client);
}

/* ---- reading ---- */

struct readiness {
        bool is_readable, is_writable;
};

/* A timeout for ppoll(); NULL: none. */
static const struct timespec *client_get_timeout(uint64_t deadline_ns, struct timespec *timeout) {
        uint64_t now_ns, left_ns;

        if (deadline_ns == GCASYNC_NO_DEADLINE)
                return NULL;
        now_ns = clock_monotonic_ns();
        left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
        timeout->tv_sec = (time_t)(left_ns / NS_PER_S);
        timeout->tv_nsec = (long)(left_ns % NS_PER_S);
        return timeout;
}

/* Waits for the socket, a nudge, or the deadline. By the reader, without the lock. */
static struct readiness
client_poll(struct gcasync_client *client, uint64_t deadline_ns, bool is_blocked) {
        struct pollfd fds[] = {
                { .fd = client->socket_fd, .events = is_blocked ? POLLIN | POLLOUT : POLLIN },
                { .fd = client->wake_fd, .events = POLLIN },
        };
        struct timespec timeout;
        uint64_t count;

        /* A signal ends the wait like a nudge: its handler may have changed what is waited for. */
        if (ppoll(fds, 2, client_get_timeout(deadline_ns, &timeout), NULL) <= 0)
                return (struct readiness){ 0 };
        if (fds[1].revents)
                (void)!read(client->wake_fd, &count, sizeof(count));
        return (struct readiness){
                .is_readable = fds[0].revents & (POLLIN | POLLERR | POLLHUP),
                .is_writable = fds[0].revents & POLLOUT,
        };
}

/* One read into the input buffer. By the reader, without the lock. As recv(), or -1 and ENOMEM. */
static ssize_t client_receive(struct gcasync_client *client) {
        struct buffer *input = &client->input;
        size_t length = buffer_get_length(input), size = READ_SIZE;
        ssize_t n;

        if (client->input_size_wanted > length + size)
                size = client->input_size_wanted - length;
        if (!buffer_reserve(input, size)) {
                errno = ENOMEM;
                return -1;
        }
        size = input->size_bytes - input->end;
        do
                n = recv(client->socket_fd, input->data + input->end, size, MSG_DONTWAIT);
        while (n < 0 && errno == EINTR);
        return n;
}

/* What a read brought, in the core's hands. error is its errno. */
static void client_handle_input_locked(struct gcasync_client *client, ssize_t n, int error) {
        struct buffer *input = &client->input;

        client->is_input_full = false;
        if (n > 0) {
                buffer_commit(input, (size_t)n);
                client->is_input_full = input->end == input->size_bytes;
                client->input_size_wanted = core_receive(&client->core, input);
                client_trim_buffer(input);
        } else if (n == 0) {
                core_end(&client->core,
                         GCASYNC_E_DISCONNECTED,
                         buffer_get_length(input) > 0 ? text_cut : text_closed);
        } else if (error == ENOMEM) {
                core_end(&client->core, GCASYNC_E_NO_MEMORY, text_memory);
        } else if (error == ECONNRESET) {
                core_end(&client->core, GCASYNC_E_DISCONNECTED, text_closed);
        } else if (error != EAGAIN) {
                core_end(&client->core, GCASYNC_E_SYSTEM, text_system);
        }
}

static int client_expire_locked(struct gcasync_client *client, uint64_t deadline_ns) {
        uint64_t now_ns;

        if (deadline_ns == GCASYNC_NO_DEADLINE &&
            core_get_deadline(&client->core) == GCASYNC_NO_DEADLINE)
                return 0;
        now_ns = clock_monotonic_ns();
        core_expire(&client->core, now_ns);
        return now_ns >= deadline_ns ? GCASYNC_E_TIMED_OUT : 0;
}

int client_read_locked(struct gcasync_client *client, uint64_t deadline_ns, bool may_wait) {
        uint64_t n_resolved = client->core.n_resolved;
        uint64_t poll_deadline_ns = core_get_deadline(&client->core);
        struct readiness readiness = { .is_readable = true };
        bool is_blocked = client->is_blocked;
        bool may_poll = may_wait && !client->is_input_full;
        ssize_t n = -1;
        int error = EAGAIN;
        int r;

        lock_assert_held(&client->lock);
        assert(!client->is_reading);

        if (poll_deadline_ns > deadline_ns)
                poll_deadline_ns = deadline_ns;
        client->is_reading = true;
        lock_give(&client->lock);
        if (may_poll)
                readiness = client_poll(client, poll_deadline_ns, is_blocked);
        if (readiness.is_readable) {
                n = client_receive(client);
                error = errno;
        }
        lock_take(&client->lock);
        client->is_reading = false;
        client->is_nudged = false;
        if (readiness.is_writable)
                client->is_blocked = false;
        if (client->core.state != CORE_ENDED)
                client_handle_input_locked(client, n, error);
        r = client_expire_locked(client, deadline_ns);
        if (client->core.n_resolved != n_resolved)
                client->n_processed++;
        client_hang_up_locked(client);
        client_signal_locked(client);
        return r;
}

/* ---- dispatching ---- */

/* Runs what one entry of the queue stands for, if it has not been cancelled; returns its call. */
static struct gcasync_call *client_run_callback(struct ready *ready) {
        struct call_event *event;
        struct gcasync_call *call;

        if (!ready->is_event) {
                call = container_of(ready, struct gcasync_call, ready);
                if (!call_try_running(call))
                        return call;
                if (call->callback)
                        call->callback(call, call->data);
                call_set_state(call, CALL_DONE);
                return call;
        }
        event = container_of(ready, struct call_event, ready);
        call = event->call;
        if (!call_is_resolved(call))
                call->on_event(call, &event->event, call->data);
        free(event);
        return call;
}

/*
 * Runs one entry, not under the lock. The call goes to `spent` if that was the last
 * reference to it.
 */
static void
client_dispatch_one(struct gcasync_client *client, struct ready *ready, struct list *spent) {
        struct gcasync_call *call = client_run_callback(ready);
        bool is_unreferenced;

        if (call_put(call))
                list_push_back(spent, &call->list);
        /* Relaxed: only a callback on this thread leaves the closing to us. */
        is_unreferenced = atomic_load_explicit(&client->is_unreferenced, memory_order_relaxed);
        /*
         * Sequentially consistent: separates the write of the call's state in
         * call_try_running() from this look, as waiter_sleep_locked() does its count and
         * its look at the state; one of the two sees the other.
         */
        if (!is_unreferenced && atomic_load_explicit(&client->n_waiters, memory_order_seq_cst) == 0)
                return;
        lock_take(&client->lock);
        if (is_unreferenced)
                client_close_locked(client);
        client_signal_locked(client);
        lock_give(&client->lock);
}

static void client_free_spent_locked(struct gcasync_client *client, struct list *spent) {
        struct gcasync_call *call;

        list_for_each(call, spent, list) {
                list_remove(&call->list);
                core_free_call(&client->core, call);
        }
}

/* Whether callbacks wait and this thread is the one to run them. */
static bool client_may_dispatch_locked(const struct gcasync_client *client) {
        if (client->dispatch_depth > 0 && !client_is_dispatcher(client))
                return false;
        return client->core.ready.first || (client->dispatch_depth > 0 && client->batch.first);
}

bool client_dispatch_locked(struct gcasync_client *client) {
        struct list spent = LIST_INIT(spent);
        struct ready *ready;

        lock_assert_held(&client->lock);
        if (!client_may_dispatch_locked(client))
                return false;
        client->dispatcher = pthread_self();
        client->dispatch_depth++;
        client_pass_on_locked(client);
        do {
                ready_queue_move(&client->core.ready, &client->batch);
                lock_give(&client->lock);
                while ((ready = ready_queue_pop(&client->batch)))
                        client_dispatch_one(client, ready, &spent);
                lock_take(&client->lock);
                client_free_spent_locked(client, &spent);
        } while (client->core.ready.first);
        client->dispatch_depth--;
        client->n_processed++;
        client_signal_locked(client);
        return true;
}

/* ---- waiting ---- */

/* Sleeps until another thread, which reads or calls back, has something for the waiter. */
static int waiter_follow_locked(struct gcasync_client *client, struct waiter *waiter) {
        int r;

        lock_condition_init(&waiter->condition);
        waiter->is_signalled = false;
        r = lock_wait(&client->lock, &waiter->condition, waiter->deadline_ns);
        (void)pthread_cond_destroy(&waiter->condition);
        return r == ETIMEDOUT ? GCASYNC_E_TIMED_OUT : 0;
}

static int waiter_sleep_locked(struct gcasync_client *client, struct waiter *waiter) {
        int r = 0;

        waiter->is_reader = !client->is_reading && client->core.state != CORE_ENDED;
        list_push_back(&client->waiters, &waiter->list);
        /* Sequentially consistent: see client_dispatch_one(). */
        (void)atomic_fetch_add_explicit(&client->n_waiters, 1, memory_order_seq_cst);
        if (!waiter_is_met(client, waiter))
                r = waiter->is_reader ? client_read_locked(client, waiter->deadline_ns, true)
                                      : waiter_follow_locked(client, waiter);
        (void)atomic_fetch_sub_explicit(&client->n_waiters, 1, memory_order_seq_cst);
        list_remove(&waiter->list);
        return r;
}

int client_run_locked(struct gcasync_client *client, struct waiter *waiter) {
        int r = 0;

        for (;;) {
                /* No further callbacks inside than what is waited for takes. */
                if (waiter->call && waiter_is_met(client, waiter))
                        return 0;
                client_send_locked(client);
                if (waiter->is_dispatching)
                        (void)client_dispatch_locked(client);
                if (client->core.state == CORE_ENDED && !waiter->call)
                        return client->core.error;
                if (waiter_is_met(client, waiter))
                        return 0;
                if (r)
                        return r;
                r = waiter_sleep_locked(client, waiter);
        }
}

void client_outwait_callbacks_locked(struct gcasync_client *client) {
        while (client->dispatch_depth > 0 && !client_is_dispatcher(client)) {
                struct waiter waiter = { .deadline_ns = GCASYNC_NO_DEADLINE,
                                         .n_processed = client->n_processed };

                waiter.n_wakes = atomic_load_explicit(&client->n_wakes, memory_order_acquire);
                (void)waiter_sleep_locked(client, &waiter);
        }
}
