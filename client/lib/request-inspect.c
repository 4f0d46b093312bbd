/* SPDX-License-Identifier: MIT */

/* Inspect and kinds: requests that look around. */

#include "base/cleanup.h"
#include "lib/client.h"
#include "lib/options.h"

enum {
        /* States have the numbers 1 to 8, here and there. */
        STATE_MIN = GCASYNC_STATE_SUCCEEDED,
        STATE_MAX = GCASYNC_STATE_SUSPENDED,
};

static_assert((int)GCASYNC_STATE_SUCCEEDED == (int)GCASYNC__TASK_STATE__TASK_SUCCEEDED &&
                      (int)GCASYNC_STATE_SUSPENDED == (int)GCASYNC__TASK_STATE__TASK_SUSPENDED,
              "the library's states are the protocol's");

/* ---- inspect ---- */

static size_t inspect_list_states(uint32_t bits, Gcasync__TaskState *states) {
        size_t n = 0;

        for (unsigned state = STATE_MIN; state <= STATE_MAX; state++)
                if (bits & UINT32_C(1) << state)
                        states[n++] = (Gcasync__TaskState)state;
        return n;
}

static bool inspect_is_valid(const gcasync_inspect_options *options) {
        uint32_t bits = (UINT32_C(2) << STATE_MAX) - (UINT32_C(1) << STATE_MIN);

        return options_are_known(options, sizeof(*options)) && (options->states & ~bits) == 0 &&
               client_check_text(options->kind, SIZE_MAX) &&
               client_check_text(options->label, SIZE_MAX);
}

int gcasync_inspect_async(gcasync_client *client,
                          const gcasync_inspect_options *options,
                          gcasync_callback callback,
                          void *data,
                          gcasync_call **ret_call) {
        const struct call_options call_options = { .type = CALL_TYPE_INSPECT,
                                                   .callback = callback,
                                                   .data = data };
        Gcasync__TaskState states[STATE_MAX - STATE_MIN + 1];
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Inspect inspect = GCASYNC__INSPECT__INIT;

        if (!inspect_is_valid(options))
                return GCASYNC_E_INVALID;
        inspect.task = options->task;
        inspect.after_task = options->after_task;
        inspect.page_size = options->page_size;
        inspect.states = states;
        inspect.n_states = inspect_list_states(options->states, states);
        inspect.kind = message_text(options->kind);
        inspect.label = message_text(options->label);
        inspect.all_uids = options->all_uids;
        inspect.this_session = options->this_session;
        request.body_case = GCASYNC__REQUEST__BODY_INSPECT;
        request.inspect = &inspect;
        return client_request(client, &call_options, &request, ret_call);
}

int gcasync_inspect_finish(gcasync_call *call, gcasync_result **ret_result) {
        return client_finish_result(call, CALL_TYPE_INSPECT, ret_result);
}

int gcasync_inspect(gcasync_client *client,
                    const gcasync_inspect_options *options,
                    uint64_t deadline_ns,
                    gcasync_result **ret_result) {
        cleanup_(gcasync_call_unrefp) gcasync_call *call = NULL;
        int r;

        r = gcasync_inspect_async(client, options, NULL, NULL, &call);
        if (r)
                return r;

        client_complete(call, deadline_ns);
        return gcasync_inspect_finish(call, ret_result);
}

/* ---- kinds ---- */

int gcasync_kinds_async(gcasync_client *client,
                        const char *name,
                        gcasync_callback callback,
                        void *data,
                        gcasync_call **ret_call) {
        const struct call_options options = { .type = CALL_TYPE_KINDS,
                                              .callback = callback,
                                              .data = data };
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Kinds kinds = GCASYNC__KINDS__INIT;

        if (!client_check_text(name, SIZE_MAX))
                return GCASYNC_E_INVALID;
        kinds.name = message_text(name);
        request.body_case = GCASYNC__REQUEST__BODY_KINDS;
        request.kinds = &kinds;
        return client_request(client, &options, &request, ret_call);
}

int gcasync_kinds_finish(gcasync_call *call, gcasync_result **ret_result) {
        return client_finish_result(call, CALL_TYPE_KINDS, ret_result);
}

int gcasync_kinds(gcasync_client *client,
                  const char *name,
                  uint64_t deadline_ns,
                  gcasync_result **ret_result) {
        cleanup_(gcasync_call_unrefp) gcasync_call *call = NULL;
        int r;

        r = gcasync_kinds_async(client, name, NULL, NULL, &call);
        if (r)
                return r;

        client_complete(call, deadline_ns);
        return gcasync_kinds_finish(call, ret_result);
}
