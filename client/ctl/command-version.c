/* SPDX-License-Identifier: MIT */

/* gcasyncctl version: ours, and the daemon's if one answers. */

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "context.h"
#include "document.h"
#include "text.h"

const struct option command_version_options[] = { { 0 } };

enum {
        CONNECT_TIMEOUT_S = 1,
};

/* Without a word where there is no daemon: the question was for versions. NULL then. */
static const char *ask_daemon(struct context *context) {
        gcasync_client_options options = {
                .size = sizeof(options),
                .instance = context->instance,
                .socket_path = context->socket_path,
                .client_name = "gcasyncctl",
                .connect_deadline_ns =
                        clock_add_ns(clock_monotonic_ns(), CONNECT_TIMEOUT_S * NS_PER_S),
        };

        if (gcasync_client_open(&options, &context->client) != GCASYNC_E_OK)
                return NULL;
        return gcasync_client_get_daemon_version(context->client);
}

int command_version(struct context *context, const struct arguments *arguments) {
        struct document document;
        const char *version;
        int r;

        r = context_check_operands(context, arguments, 0, 0);
        if (r != 0)
                return r;
        version = ask_daemon(context);
        if (!context_is_json(context)) {
                cleanup_(freep) char *escaped =
                        text_escape_string(version ? version : "none answers");

                printf("gcasyncctl  %s\ngcasyncd    %s\n", PACKAGE_VERSION, escaped);
                return 0;
        }
        context_begin_json(context, &document, "version");
        document_set_text(&document, "gcasyncctl", PACKAGE_VERSION);
        if (version) {
                document_set_text(&document, "gcasyncd", version);
        } else {
                document_key(&document, "gcasyncd");
                document_add_null(&document);
        }
        context_end_json(&document);
        return 0;
}
