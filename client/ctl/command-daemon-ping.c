/* SPDX-License-Identifier: MIT */

/* gcasyncctl daemon ping: whether the daemon answers, and how fast. */

#include <stdio.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "context.h"
#include "document.h"

const struct option command_daemon_ping_options[] = { { 0 } };

int command_daemon_ping(struct context *context, const struct arguments *arguments) {
        cleanup_(gcasync_call_unrefp) gcasync_call *call = NULL;
        struct document document;
        uint64_t begin_ns, round_trip_ns;
        int error, r;

        r = context_check_operands(context, arguments, 0, 0);
        if (r == 0)
                r = context_open(context);
        if (r != 0)
                return r;
        begin_ns = clock_monotonic_ns();
        error = gcasync_ping_async(context->client, NULL, NULL, &call);
        r = context_wait_call(context, NULL, error, call);
        if (r != 0)
                return r;
        round_trip_ns = clock_monotonic_ns() - begin_ns;
        if (!context_is_json(context)) {
                printf("gcasyncd answered in %.3f ms\n", (double)round_trip_ns / (double)NS_PER_MS);
                return 0;
        }
        context_begin_json(context, &document, "daemon-ping");
        document_set_uint(&document, "round_trip_ns", round_trip_ns);
        context_end_json(&document);
        return 0;
}
