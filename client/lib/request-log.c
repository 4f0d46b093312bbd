/* SPDX-License-Identifier: MIT */

#include "base/cleanup.h"
#include "lib/client.h"
#include "lib/options.h"

int gcasync_log_async(gcasync_client *client,
                      const gcasync_log_options *options,
                      gcasync_callback callback,
                      void *data,
                      gcasync_call **ret_call) {
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Log log = GCASYNC__LOG__INIT;

        if (!options_are_known(options, sizeof(*options)) ||
            options->stream < GCASYNC__OUTPUT_STREAM__OUTPUT_ANY ||
            options->stream > GCASYNC__OUTPUT_STREAM__OUTPUT_STDERR)
                return GCASYNC_E_INVALID;
        log.task = options->task;
        log.follow = options->follow;
        log.stream = (Gcasync__OutputStream)options->stream;
        request.body_case = GCASYNC__REQUEST__BODY_LOG;
        request.log = &log;
        return client_request(client,
                              &(struct call_options){ .type = CALL_TYPE_LOG,
                                                      .callback = callback,
                                                      .on_event = options->on_event,
                                                      .data = data },
                              &request,
                              ret_call);
}

int gcasync_log_finish(gcasync_call *call, gcasync_log_end *ret_end) {
        int r;

        r = client_finish(call, CALL_TYPE_LOG);
        if (r == 0 && ret_end)
                *ret_end = call->log_end;
        return r;
}

int gcasync_log(gcasync_client *client,
                const gcasync_log_options *options,
                void *data,
                uint64_t deadline_ns,
                gcasync_log_end *ret_end) {
        cleanup_(gcasync_call_unrefp) gcasync_call *call = NULL;
        int r;

        r = gcasync_log_async(client, options, NULL, data, &call);
        if (r)
                return r;

        client_complete(call, deadline_ns);
        return gcasync_log_finish(call, ret_end);
}
