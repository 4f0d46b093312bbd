/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "lib/builder.h"
#include "lib/client.h"
#include "lib/options.h"
#include "wire/hot.h"

enum {
        LABEL_SIZE_MAX = 128
};

/* The arguments, from whichever of the two places they are in. */
static int submit_find_arguments(const gcasync_submit_options *options, struct hot_submit *submit) {
        if (!options->arguments) {
                submit->arguments = options->arguments_data;
                submit->arguments_size = options->arguments_size;
                return 0;
        }
        if (options->arguments_data)
                return GCASYNC_E_INVALID;
        return builder_finish_map(options->arguments, &submit->arguments, &submit->arguments_size);
}

static int submit_prepare(const gcasync_submit_options *options, struct hot_submit *submit) {
        bool has_events = options->on_event != NULL;

        if (!options_are_known(options, sizeof(*options)) || !options->kind ||
            !client_check_text(options->kind, SIZE_MAX) ||
            !client_check_text(options->label, LABEL_SIZE_MAX))
                return GCASYNC_E_INVALID;
        *submit = (struct hot_submit){
                .kind = options->kind,
                .kind_size = strlen(options->kind),
                .label = options->label,
                .label_size = options->label ? strlen(options->label) : 0,
                .is_detached = options->detached,
                .want_accepted = has_events && options->want_accepted,
                .want_progress = has_events && options->want_progress,
                .want_output = has_events && options->want_output,
                .timeout_us =
                        options->timeout_ns / NS_PER_US + (options->timeout_ns % NS_PER_US > 0),
        };
        return submit_find_arguments(options, submit);
}

int gcasync_submit_async(gcasync_client *client,
                         const gcasync_submit_options *options,
                         gcasync_callback callback,
                         void *data,
                         gcasync_call **ret_call) {
        struct hot_submit submit;
        int r;

        if (client_is_forked(client))
                return GCASYNC_E_FORKED;

        r = submit_prepare(options, &submit);
        if (r)
                return r;

        LOCK_SCOPE(&client->lock);
        return core_add_submit(
                &client->core,
                &(struct call_options){
                        .type = submit.is_detached ? CALL_TYPE_SUBMIT_DETACHED : CALL_TYPE_SUBMIT,
                        .callback = callback,
                        .on_event = options->on_event,
                        .data = data,
                },
                &submit,
                ret_call);
}

int gcasync_submit_finish(gcasync_call *call, gcasync_result **ret_result) {
        enum call_type type = call->type == CALL_TYPE_SUBMIT_DETACHED ? CALL_TYPE_SUBMIT_DETACHED
                                                                      : CALL_TYPE_SUBMIT;

        return client_finish_result(call, type, ret_result);
}

int gcasync_submit(gcasync_client *client,
                   const gcasync_submit_options *options,
                   uint64_t deadline_ns,
                   gcasync_result **ret_result) {
        cleanup_(gcasync_call_unrefp) gcasync_call *call = NULL;
        int r;

        r = gcasync_submit_async(client, options, NULL, NULL, &call);
        if (r)
                return r;

        client_complete(call, deadline_ns);
        return gcasync_submit_finish(call, ret_result);
}
