/* SPDX-License-Identifier: MIT */

#include "lib/call.h"

#include <stdlib.h>

#include "lib/client.h"
#include "lib/result.h"

gcasync_call *gcasync_call_ref(gcasync_call *call) {
        if (call)
                call_ref(call);
        return call;
}

gcasync_call *gcasync_call_unref(gcasync_call *call) {
        if (!call || !call_put(call))
                return NULL;
        /* In the child of a fork the memory stays: see gcasync_client_unref(). */
        if (!client_is_forked(call->client))
                client_free_call(call->client, call);
        return NULL;
}

/* Resolves a call whose callback has not begun, and now never will. */
static void
call_give_up_locked(struct gcasync_client *client, struct gcasync_call *call, int error) {
        if (call_get_state(call) == CALL_PENDING) {
                core_drop(&client->core, call, error);
        } else if (call_try_cancelling(call)) {
                call->result = gcasync_result_unref(call->result);
                free(call->message);
                call->message = NULL;
                call->error = error;
                call_set_state(call, CALL_DONE);
        }
        client->n_processed++;
        client_signal_locked(client);
}

void gcasync_call_cancel(gcasync_call *call) {
        struct gcasync_client *client = call->client;

        if (client_is_forked(client))
                return;
        client_enter(client);
        call_give_up_locked(client, call, GCASYNC_E_CANCELLED);
        client_leave(client);
}

void gcasync_call_set_deadline(gcasync_call *call, uint64_t deadline_ns) {
        struct gcasync_client *client = call->client;

        if (client_is_forked(client))
                return;
        client_enter(client);
        if (call_get_state(call) == CALL_PENDING) {
                core_set_deadline(&client->core, call, deadline_ns);
                client_nudge_locked(client);
        }
        client_leave(client);
}

bool gcasync_call_is_done(gcasync_call *call) {
        return call_is_resolved(call) || client_is_forked(call->client);
}

int gcasync_call_get_error(gcasync_call *call, const char **ret_message) {
        struct gcasync_client *client = call->client;
        const char *message;

        if (client_is_forked(client))
                return GCASYNC_E_FORKED;
        if (!call_is_resolved(call))
                return GCASYNC_E_PENDING;
        message = call->message;
        if (call->error == GCASYNC_E_DISCONNECTED)
                (void)gcasync_client_get_error(client, &message);
        if (ret_message)
                *ret_message = message;
        return call->error;
}

gcasync_client *gcasync_call_get_client(gcasync_call *call) {
        return call->client;
}

/* Waits for the call. 0 once it is done, or TIMED_OUT. */
static int
call_wait_locked(struct gcasync_client *client, gcasync_call *call, uint64_t deadline_ns) {
        struct waiter waiter = { .call = call, .deadline_ns = deadline_ns };

        /*
         * Within a callback, a call without callbacks is waited for without running
         * others': see the head of client.h.
         */
        waiter.is_dispatching = call_has_callbacks(call) || !client_is_dispatcher(client);
        return client_run_locked(client, &waiter);
}

int gcasync_call_wait(gcasync_call *call, uint64_t deadline_ns) {
        struct gcasync_client *client = call->client;
        int r;

        if (client_is_forked(client))
                return GCASYNC_E_FORKED;
        if (call_get_state(call) == CALL_DONE)
                return call->error == GCASYNC_E_DISCONNECTED
                               ? gcasync_client_get_error(client, NULL)
                               : 0;
        client_enter(client);
        r = call_wait_locked(client, call, deadline_ns);
        if (r == 0 && call->error == GCASYNC_E_DISCONNECTED)
                r = client_get_error_locked(client);
        client_leave(client);
        return r;
}

void client_complete(gcasync_call *call, uint64_t deadline_ns) {
        struct gcasync_client *client = call->client;
        int r;

        client_enter(client);
        r = call_wait_locked(client, call, deadline_ns);
        if (r == GCASYNC_E_TIMED_OUT) {
                call_give_up_locked(client, call, GCASYNC_E_TIMED_OUT);
                /* The data that events are for may go when this returns. */
                if (call->on_event)
                        client_outwait_callbacks_locked(client);
        }
        client_leave(client);
}
