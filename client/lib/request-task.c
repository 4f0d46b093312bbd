/* SPDX-License-Identifier: MIT */

/* Await, abort, remove: requests about one task. */

#include "base/cleanup.h"
#include "lib/client.h"

enum {
        REASON_SIZE_MAX = 128
};

/* ---- await ---- */

int gcasync_await_async(gcasync_client *client,
                        uint64_t task,
                        unsigned flags,
                        gcasync_callback callback,
                        void *data,
                        gcasync_call **ret_call) {
        const struct call_options options = { .type = CALL_TYPE_AWAIT,
                                              .callback = callback,
                                              .data = data };
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Await await = GCASYNC__AWAIT__INIT;

        if (flags & ~(unsigned)(GCASYNC_AWAIT_NO_WAIT | GCASYNC_AWAIT_NO_VALUE))
                return GCASYNC_E_INVALID;
        await.task = task;
        await.no_wait = (flags & GCASYNC_AWAIT_NO_WAIT) != 0;
        await.no_value = (flags & GCASYNC_AWAIT_NO_VALUE) != 0;
        request.body_case = GCASYNC__REQUEST__BODY_AWAIT;
        request.await = &await;
        return client_request(client, &options, &request, ret_call);
}

int gcasync_await_finish(gcasync_call *call, gcasync_result **ret_result) {
        return client_finish_result(call, CALL_TYPE_AWAIT, ret_result);
}

int gcasync_await(gcasync_client *client,
                  uint64_t task,
                  unsigned flags,
                  uint64_t deadline_ns,
                  gcasync_result **ret_result) {
        cleanup_(gcasync_call_unrefp) gcasync_call *call = NULL;
        int r;

        r = gcasync_await_async(client, task, flags, NULL, NULL, &call);
        if (r)
                return r;

        client_complete(call, deadline_ns);
        return gcasync_await_finish(call, ret_result);
}

/* ---- abort ---- */

int gcasync_abort_async(gcasync_client *client,
                        uint64_t task,
                        bool now,
                        const char *reason,
                        gcasync_callback callback,
                        void *data,
                        gcasync_call **ret_call) {
        const struct call_options options = { .type = CALL_TYPE_ABORT,
                                              .callback = callback,
                                              .data = data };
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Abort abort = GCASYNC__ABORT__INIT;

        if (!client_check_text(reason, REASON_SIZE_MAX))
                return GCASYNC_E_INVALID;
        abort.task = task;
        abort.now = now;
        abort.reason = message_text(reason);
        request.body_case = GCASYNC__REQUEST__BODY_ABORT;
        request.abort = &abort;
        return client_request(client, &options, &request, ret_call);
}

int gcasync_abort_finish(gcasync_call *call, bool *ret_changed) {
        int r;

        r = client_finish(call, CALL_TYPE_ABORT);
        if (r == 0 && ret_changed)
                *ret_changed = call->changed;
        return r;
}

int gcasync_abort(gcasync_client *client,
                  uint64_t task,
                  bool now,
                  const char *reason,
                  uint64_t deadline_ns,
                  bool *ret_changed) {
        cleanup_(gcasync_call_unrefp) gcasync_call *call = NULL;
        int r;

        r = gcasync_abort_async(client, task, now, reason, NULL, NULL, &call);
        if (r)
                return r;

        client_complete(call, deadline_ns);
        return gcasync_abort_finish(call, ret_changed);
}

/* ---- remove ---- */

int gcasync_remove_async(gcasync_client *client,
                         uint64_t task,
                         gcasync_callback callback,
                         void *data,
                         gcasync_call **ret_call) {
        const struct call_options options = { .type = CALL_TYPE_REMOVE,
                                              .callback = callback,
                                              .data = data };
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Remove remove_ = GCASYNC__REMOVE__INIT;

        remove_.task = task;
        request.body_case = GCASYNC__REQUEST__BODY_REMOVE;
        request.remove = &remove_;
        return client_request(client, &options, &request, ret_call);
}

int gcasync_remove_finish(gcasync_call *call) {
        return client_finish(call, CALL_TYPE_REMOVE);
}

int gcasync_remove(gcasync_client *client, uint64_t task, uint64_t deadline_ns) {
        cleanup_(gcasync_call_unrefp) gcasync_call *call = NULL;
        int r;

        r = gcasync_remove_async(client, task, NULL, NULL, &call);
        if (r)
                return r;

        client_complete(call, deadline_ns);
        return gcasync_remove_finish(call);
}
