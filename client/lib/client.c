/* SPDX-License-Identifier: MIT */

#include "lib/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "lib/error.h"

/* ---- new and free ---- */

static void client_close_fds(struct gcasync_client *client) {
        int loop_wake_fd;

        /* Relaxed: nobody else is left. */
        loop_wake_fd = atomic_load_explicit(&client->loop_wake_fd, memory_order_relaxed);
        closep(&client->loop_fd);
        closep(&loop_wake_fd);
        closep(&client->wake_fd);
        closep(&client->socket_fd);
}

static void client_free(struct gcasync_client *client) {
        assert(list_is_empty(&client->waiters) && !client->batch.first);

        client_close_fds(client);
        core_deinit(&client->core);
        buffer_deinit(&client->sending);
        buffer_deinit(&client->input);
        fork_guard_deinit(&client->guard);
        free(client);
}

int client_new(struct gcasync_client **ret_client) {
        cleanup_(freep) struct gcasync_client *client = NULL;
        int r;

        client = calloc(1, sizeof(*client));
        if (!client)
                return GCASYNC_E_NO_MEMORY;
        client->socket_fd = client->loop_fd = -1;
        client->n_refs = 1;
        atomic_init(&client->loop_wake_fd, -1);
        list_init(&client->waiters);
        ready_queue_init(&client->batch);
        client->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (client->wake_fd < 0)
                return GCASYNC_E_SYSTEM;

        r = fork_guard_init(&client->guard);
        if (r == 0) {
                r = core_init(&client->core, client);
                if (r)
                        fork_guard_deinit(&client->guard);
        }
        if (r) {
                closep(&client->wake_fd);
                return error_from_fault(r);
        }

        lock_init(&client->lock, LOCK_RANK_CLIENT);
        *ret_client = steal(&client);
        return 0;
}

/* ---- entering and leaving ---- */

void client_enter(struct gcasync_client *client) {
        lock_take(&client->lock);
        client->n_holds++;
}

void client_leave(struct gcasync_client *client) {
        bool is_last;

        if (client->n_refs == 0 && client->n_holds == 1) {
                client_close_locked(client);
                (void)client_dispatch_locked(client);
        }
        client->n_holds--;
        client_pass_on_locked(client);
        is_last = client->n_refs == 0 && client->n_holds == 0 && client->core.n_calls == 0;
        lock_give(&client->lock);
        if (!is_last)
                return;
        lock_deinit(&client->lock);
        client_free(client);
}

void client_free_call(struct gcasync_client *client, struct gcasync_call *call) {
        client_enter(client);
        core_free_call(&client->core, call);
        client_leave(client);
}

gcasync_client *gcasync_client_ref(gcasync_client *client) {
        if (!client || client_is_forked(client))
                return client;
        LOCK_SCOPE(&client->lock);
        client->n_refs++;
        return client;
}

/*
 * In the child of a fork: the descriptors go, which leaves the parent's alone. The memory
 * stays, since a thread that does not exist here may have been in the middle of changing
 * it.
 */
static void client_unref_forked(struct gcasync_client *client) {
        if (--client->n_refs == 0)
                client_close_fds(client);
}

gcasync_client *gcasync_client_unref(gcasync_client *client) {
        int saved_errno = errno; /* of why the client is given up */

        if (!client)
                return NULL;
        if (client_is_forked(client)) {
                client_unref_forked(client);
                return NULL;
        }
        client_enter(client);
        if (--client->n_refs == 0) {
                /* Relaxed: it is for this thread, if it runs in a callback, and it knows. */
                atomic_store_explicit(&client->is_unreferenced, true, memory_order_relaxed);
                if (!client_is_dispatcher(client))
                        client_close_locked(client);
        }
        client_leave(client);
        errno = saved_errno;
        return NULL;
}

/* ---- the fd and what it waits for ---- */

/* Makes the epoll descriptor. 0, or -1 and errno. */
static int client_open_loop_locked(struct gcasync_client *client) {
        /* Relaxed: a wake-up that comes now is one for the new descriptor, or for the next wait. */
        bool is_woken = atomic_load_explicit(&client->n_wakes, memory_order_relaxed) !=
                        client->n_wakes_seen;
        struct epoll_event event = { .events = EPOLLIN };
        cleanup_(closep) int loop_fd = -1, loop_wake_fd = -1;

        loop_fd = epoll_create1(EPOLL_CLOEXEC);
        loop_wake_fd = eventfd(is_woken, EFD_CLOEXEC | EFD_NONBLOCK);
        if (loop_fd < 0 || loop_wake_fd < 0 ||
            epoll_ctl(loop_fd, EPOLL_CTL_ADD, loop_wake_fd, &event) < 0 ||
            (!client->is_hung_up &&
             epoll_ctl(loop_fd, EPOLL_CTL_ADD, client->socket_fd, &event) < 0))
                return -1;
        client->loop_fd = steal_fd(&loop_fd);
        /*
         * Relaxed: gcasync_client_process() will see it, if not now then when it comes
         * round again.
         */
        atomic_store_explicit(&client->is_loop_woken, is_woken, memory_order_relaxed);
        /* Release: pairs with the acquire in gcasync_client_wake(). */
        atomic_store_explicit(&client->loop_wake_fd, steal_fd(&loop_wake_fd), memory_order_release);
        return 0;
}

int gcasync_client_get_fd(gcasync_client *client) {
        if (client_is_forked(client)) {
                errno = EBADF;
                return -1;
        }
        LOCK_SCOPE(&client->lock);
        if (client->loop_fd < 0 && client_open_loop_locked(client) < 0)
                return -1;
        client_update_loop_locked(client);
        return client->loop_fd;
}

short gcasync_client_get_events(gcasync_client *client) {
        /* The epoll descriptor is readable whatever it is that the client waits for. */
        return client_is_forked(client) ? 0 : POLLIN;
}

uint64_t gcasync_client_get_timeout_ns(gcasync_client *client) {
        const struct core *core = &client->core;

        if (client_is_forked(client))
                return GCASYNC_NO_DEADLINE;
        LOCK_SCOPE(&client->lock);
        if (core->ready.first || client->is_input_full ||
            (buffer_get_length(&core->output) > 0 && !client->is_blocked))
                return 0;
        return core_get_deadline(core);
}

/* Empties the event descriptor of the loop, if it may be readable. */
static void client_drain_loop(struct gcasync_client *client) {
        uint64_t count;

        /*
         * Relaxed: a wake-up that is not seen here leaves the descriptor readable, and
         * comes round again.
         */
        if (!atomic_load_explicit(&client->is_loop_woken, memory_order_relaxed))
                return;
        /* Acquire: pairs with the release in gcasync_client_wake(); the read comes after. */
        (void)atomic_exchange_explicit(&client->is_loop_woken, false, memory_order_acquire);
        /* Relaxed: this thread, or one before it, was given the loop's descriptor. */
        (void)!read(atomic_load_explicit(&client->loop_wake_fd, memory_order_relaxed),
                    &count,
                    sizeof(count));
}

int gcasync_client_wake(gcasync_client *client) {
        const uint64_t one = 1;
        int saved_errno = errno; /* of what a signal handler may have interrupted */
        int loop_wake_fd;

        if (client_is_forked(client))
                return GCASYNC_E_FORKED;
        /*
         * Release: pairs with the acquire in waiter_is_met(). Before the write, so that
         * who wakes sees why.
         */
        (void)atomic_fetch_add_explicit(&client->n_wakes, 1, memory_order_release);
        (void)!write(client->wake_fd, &one, sizeof(one));
        /* Acquire: pairs with the release in client_open_loop_locked(). */
        loop_wake_fd = atomic_load_explicit(&client->loop_wake_fd, memory_order_acquire);
        if (loop_wake_fd >= 0) {
                (void)!write(loop_wake_fd, &one, sizeof(one));
                /*
                 * Release: pairs with the acquire in client_drain_loop(). After the write, so
                 * that whoever sees it set finds the descriptor readable.
                 */
                atomic_store_explicit(&client->is_loop_woken, true, memory_order_release);
        }
        errno = saved_errno;
        return 0;
}

/* ---- running ---- */

enum {
        /*
         * Reads in one process(), so that a busy daemon does not keep the loop from its
         * other work.
         */
        N_READS_MAX = 4
};

/* The wake-ups so far are answered by what follows. */
static void client_see_wakes_locked(struct gcasync_client *client) {
        /* Acquire: pairs with the release in gcasync_client_wake(). */
        client->n_wakes_seen = atomic_load_explicit(&client->n_wakes, memory_order_acquire);
}

int gcasync_client_process(gcasync_client *client) {
        int r;

        if (client_is_forked(client))
                return GCASYNC_E_FORKED;
        client_drain_loop(client);
        client_enter(client);
        client_see_wakes_locked(client);
        client->is_blocked = false;
        client_send_locked(client);
        for (unsigned i = 0; i < N_READS_MAX; i++) {
                if (!client->is_reading && client->core.state != CORE_ENDED)
                        (void)client_read_locked(client, GCASYNC_NO_DEADLINE, false);
                (void)client_dispatch_locked(client);
                if (client->is_reading || !client->is_input_full)
                        break;
        }
        client_send_locked(client);
        r = client_get_error_locked(client);
        client_leave(client);
        return r;
}

int gcasync_client_flush(gcasync_client *client) {
        int r;

        if (client_is_forked(client))
                return GCASYNC_E_FORKED;
        client_enter(client);
        client->is_blocked = false;
        client_send_locked(client);
        r = client_get_error_locked(client);
        client_leave(client);
        return r;
}

int gcasync_client_wait(gcasync_client *client, uint64_t deadline_ns) {
        struct waiter waiter = { .deadline_ns = deadline_ns, .is_dispatching = true };
        int r;

        if (client_is_forked(client))
                return GCASYNC_E_FORKED;
        client_enter(client);
        waiter.n_processed = client->n_processed;
        waiter.n_wakes = client->n_wakes_seen;
        r = client_run_locked(client, &waiter);
        client_see_wakes_locked(client);
        client_leave(client);
        return r;
}

/* ---- queries ---- */

bool gcasync_client_is_connected(gcasync_client *client) {
        if (client_is_forked(client))
                return false;
        LOCK_SCOPE(&client->lock);
        return client->core.state == CORE_OPEN;
}

int gcasync_client_get_error(gcasync_client *client, const char **ret_message) {
        const char *message;

        if (client_is_forked(client))
                return GCASYNC_E_FORKED;
        LOCK_SCOPE(&client->lock);
        message = core_get_message(&client->core);
        if (ret_message)
                *ret_message = message;
        return client_get_error_locked(client);
}

const char *gcasync_client_get_daemon_version(gcasync_client *client) {
        if (client_is_forked(client) || !client->core.daemon_version)
                return "";
        return client->core.daemon_version;
}

uint64_t gcasync_client_get_limit(gcasync_client *client, const char *name) {
        if (client_is_forked(client))
                return 0;
        for (size_t i = 0; i < client->core.n_limits; i++)
                if (strcmp(client->core.limits[i].name, name) == 0)
                        return client->core.limits[i].value;
        return 0;
}

uint64_t gcasync_client_get_session(gcasync_client *client) {
        return client_is_forked(client) ? 0 : client->core.session;
}

size_t gcasync_client_get_pending(gcasync_client *client) {
        if (client_is_forked(client))
                return 0;
        LOCK_SCOPE(&client->lock);
        return client->core.n_pending;
}
