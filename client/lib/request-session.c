/* SPDX-License-Identifier: MIT */

/* Ping, status, bye: requests about daemon and session. */

#include "base/cleanup.h"
#include "lib/client.h"

/* ---- ping ---- */

int gcasync_ping_async(gcasync_client *client,
                       gcasync_callback callback,
                       void *data,
                       gcasync_call **ret_call) {
        const struct call_options options = { .type = CALL_TYPE_PING,
                                              .callback = callback,
                                              .data = data };
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Ping ping = GCASYNC__PING__INIT;

        request.body_case = GCASYNC__REQUEST__BODY_PING;
        request.ping = &ping;
        return client_request(client, &options, &request, ret_call);
}

int gcasync_ping_finish(gcasync_call *call) {
        return client_finish(call, CALL_TYPE_PING);
}

int gcasync_ping(gcasync_client *client, uint64_t deadline_ns) {
        cleanup_(gcasync_call_unrefp) gcasync_call *call = NULL;
        int r;

        r = gcasync_ping_async(client, NULL, NULL, &call);
        if (r)
                return r;

        client_complete(call, deadline_ns);
        return gcasync_ping_finish(call);
}

/* ---- status ---- */

int gcasync_status_async(gcasync_client *client,
                         gcasync_callback callback,
                         void *data,
                         gcasync_call **ret_call) {
        const struct call_options options = { .type = CALL_TYPE_STATUS,
                                              .callback = callback,
                                              .data = data };
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Status status = GCASYNC__STATUS__INIT;

        request.body_case = GCASYNC__REQUEST__BODY_STATUS;
        request.status = &status;
        return client_request(client, &options, &request, ret_call);
}

int gcasync_status_finish(gcasync_call *call, gcasync_result **ret_result) {
        return client_finish_result(call, CALL_TYPE_STATUS, ret_result);
}

int gcasync_status(gcasync_client *client, uint64_t deadline_ns, gcasync_result **ret_result) {
        cleanup_(gcasync_call_unrefp) gcasync_call *call = NULL;
        int r;

        r = gcasync_status_async(client, NULL, NULL, &call);
        if (r)
                return r;

        client_complete(call, deadline_ns);
        return gcasync_status_finish(call, ret_result);
}

/* ---- bye ---- */

int gcasync_bye_async(gcasync_client *client,
                      gcasync_callback callback,
                      void *data,
                      gcasync_call **ret_call) {
        const struct call_options options = { .type = CALL_TYPE_BYE,
                                              .callback = callback,
                                              .data = data };
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Bye bye = GCASYNC__BYE__INIT;

        request.body_case = GCASYNC__REQUEST__BODY_BYE;
        request.bye = &bye;
        return client_request(client, &options, &request, ret_call);
}

int gcasync_bye_finish(gcasync_call *call) {
        return client_finish(call, CALL_TYPE_BYE);
}

int gcasync_bye(gcasync_client *client, uint64_t deadline_ns) {
        cleanup_(gcasync_call_unrefp) gcasync_call *call = NULL;
        int r;

        r = gcasync_bye_async(client, NULL, NULL, &call);
        if (r)
                return r;

        client_complete(call, deadline_ns);
        return gcasync_bye_finish(call);
}
