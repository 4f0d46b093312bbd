/* SPDX-License-Identifier: MIT */

/*
 * What a daemon may send to a client. The first byte tells how the rest arrives: in
 * pieces of its low seven bits (0: whole), and with its top bit set, before hello has
 * been answered. Requests of every type wait, number 2 to 12 with callbacks and 13 to 23
 * without, in the order of CALL_TYPE_MAP.
 */

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "fuzz/fuzz-target.h"
#include "lib/core.h"

enum {
        N_CALLS_MAX = 2 * (CALL_TYPE_BYE + 1),
        PIECE_MASK = 0x7f,
        BEFORE_HELLO = 0x80,
        N_NODES_WALKED = 1000,
};

struct fuzz_client {
        struct core core;
        struct buffer input;
        struct gcasync_call *calls[N_CALLS_MAX];
        size_t n_calls;
        size_t n_called_back;
};

/* ---- what is never run, only looked at ---- */

static void on_done(gcasync_call *call, void *data) {
        (void)call;
        (void)data;
}

static void on_event(gcasync_call *call, const gcasync_event *event, void *data) {
        (void)call;
        (void)event;
        (void)data;
}

/* ---- reading all there is ---- */

/* Values that are read are added up, so that every byte of them is looked at. */
static volatile uint64_t sum;

static void read_bytes(const void *data, size_t size) {
        const uint8_t *bytes = data;

        for (size_t i = 0; i < size; i++)
                sum += bytes[i];
}

static void read_text(const char *text) {
        read_bytes(text, strlen(text));
}

static void read_view(gcasync_view view) {
        const void *bytes;
        const char *text;
        gcasync_view element;
        int64_t integer;
        double real;
        size_t size;
        bool truth;

        if (gcasync_view_get_bool(view, &truth) == 0)
                sum += truth;
        if (gcasync_view_get_int(view, &integer) == 0)
                sum += (uint64_t)integer;
        if (gcasync_view_get_float(view, &real) == 0)
                sum += real > 0;
        if (gcasync_view_get_string(view, &text, &size) == 0)
                read_bytes(text, size);
        if (gcasync_view_get_bytes(view, &bytes, &size) == 0)
                read_bytes(bytes, size);
        for (size_t i = 0; i < gcasync_view_get_count(view); i++) {
                int r = gcasync_view_get_element(view, i, &element);

                assert(r == 0 && element.node < view.node);
                if (gcasync_view_get_key(view, i, &text, &size) == 0)
                        read_bytes(text, size);
        }
}

static void read_value(gcasync_result *result) {
        gcasync_view view;

        if (gcasync_result_get_value(result, &view) != 0)
                return;
        for (uint32_t i = 0; i < N_NODES_WALKED && i <= view.node; i++)
                read_view((gcasync_view){ .graph = view.graph, .node = view.node - i });
}

static void read_task_result(gcasync_result *result) {
        const char *code, *message;
        uint64_t task;

        read_text(gcasync_result_get_failure_code(result));
        read_text(gcasync_result_get_failure_message(result));
        read_text(gcasync_state_to_string(gcasync_result_get_state(result)));
        for (size_t i = 0; i < gcasync_result_get_n_causes(result); i++) {
                int r = gcasync_result_get_cause(result, i, &task, &code, &message);

                assert(r == 0);
                read_text(code);
                read_text(message);
        }
        read_value(result);
}

static void read_tasks(gcasync_result *result) {
        gcasync_task_info info = { .size = sizeof(info) };

        for (size_t i = 0; i < gcasync_result_get_n_tasks(result); i++) {
                int r = gcasync_result_get_task_info(result, i, &info);

                assert(r == 0);
                read_text(info.kind);
                read_text(info.label);
                read_text(info.failure_code);
                read_text(info.failure_message);
                read_text(info.worker);
                read_text(info.arguments);
                read_text(info.client_name);
                read_text(info.progress_text);
                read_text(info.waiting_for);
        }
}

static void read_kinds(gcasync_result *result) {
        gcasync_kind_info info = { .size = sizeof(info) };
        gcasync_argument_info argument = { .size = sizeof(argument) };

        for (size_t i = 0; i < gcasync_result_get_n_kinds(result); i++) {
                int r = gcasync_result_get_kind_info(result, i, &info);

                assert(r == 0);
                read_text(info.name);
                read_text(info.doc);
                for (size_t k = 0; k < info.n_arguments; k++) {
                        r = gcasync_result_get_argument_info(result, i, k, &argument);
                        assert(r == 0);
                        read_text(argument.name);
                        read_text(argument.default_text);
                }
        }
}

static void read_status(gcasync_result *result) {
        gcasync_status_info info = { .size = sizeof(info) };
        const char *name;
        uint64_t value;

        if (gcasync_result_get_status(result, &info) != 0)
                return;
        read_text(info.version);
        read_text(info.state);
        for (size_t i = 0; gcasync_result_get_limit(result, i, &name, &value) == 0; i++)
                read_text(name);
        for (size_t i = 0; gcasync_result_get_counter(result, i, &name, &value) == 0; i++)
                read_text(name);
}

static void read_call(const struct gcasync_call *call) {
        if (call->message)
                read_text(call->message);
        if (!call->result)
                return;
        read_task_result(call->result);
        read_tasks(call->result);
        read_kinds(call->result);
        read_status(call->result);
}

static void read_event(const gcasync_event *event) {
        if (event->type == GCASYNC_EVENT_PROGRESS)
                read_bytes(event->text, event->text_size);
        if (event->type == GCASYNC_EVENT_OUTPUT)
                read_bytes(event->data, event->data_size);
}

/* ---- the client ---- */

/* Every request without fields; the core looks at no more of it. */
static void add_request(struct fuzz_client *client, enum call_type type, bool has_callbacks) {
        const struct call_options options = { .type = type,
                                              .callback = has_callbacks ? on_done : NULL,
                                              .on_event = has_callbacks ? on_event : NULL };
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Bye bye = GCASYNC__BYE__INIT;
        int r;

        request.body_case = GCASYNC__REQUEST__BODY_BYE;
        request.bye = &bye;
        r = core_add_request(&client->core, &options, &request, &client->calls[client->n_calls]);
        if (client->core.state == CORE_ENDED)
                return;
        assert(r == 0);
        client->n_calls++;
}

static void add_requests(struct fuzz_client *client, bool has_callbacks) {
        for (int type = CALL_TYPE_HELLO + 1; type <= CALL_TYPE_BYE; type++)
                add_request(client, (enum call_type)type, has_callbacks);
}

static void receive(struct fuzz_client *client, const uint8_t *data, size_t size) {
        int r = buffer_append(&client->input, data, size);

        assert(r == 0);
        (void)core_receive(&client->core, &client->input);
}

static void receive_pieces(struct fuzz_client *client, const uint8_t *data, size_t size, size_t n) {
        while (size > 0) {
                size_t piece = n > 0 && n < size ? n : size;

                receive(client, data, piece);
                data += piece;
                size -= piece;
        }
}

/* What the client does with what is ready, but for the callbacks. */
static void dispatch(struct fuzz_client *client) {
        struct ready *ready;

        while ((ready = ready_queue_pop(&client->core.ready))) {
                struct call_event *event = container_of(ready, struct call_event, ready);
                struct gcasync_call *call = container_of(ready, struct gcasync_call, ready);

                if (ready->is_event) {
                        call = event->call;
                        assert(!call_is_resolved(call));
                        read_event(&event->event);
                        free(event);
                } else {
                        bool is_first = call_try_running(call);

                        assert(is_first);
                        call_set_state(call, CALL_DONE);
                        client->n_called_back++;
                }
                core_unref_call(&client->core, call);
        }
}

/* Every call resolves once, whatever came. */
static void finish(struct fuzz_client *client) {
        size_t n_with_callbacks = 0;

        if (client->n_calls > 0 && call_get_state(client->calls[0]) == CALL_PENDING) {
                core_set_deadline(&client->core, client->calls[0], 1);
                core_expire(&client->core, 1);
        }
        core_end(&client->core, GCASYNC_E_DISCONNECTED, NULL);
        dispatch(client);
        assert(client->core.n_pending == 0);
        for (size_t i = 0; i < client->n_calls; i++) {
                assert(call_get_state(client->calls[i]) == CALL_DONE);
                n_with_callbacks += call_has_callbacks(client->calls[i]);
                read_call(client->calls[i]);
                core_unref_call(&client->core, client->calls[i]);
        }
        assert(client->n_called_back == n_with_callbacks);
        core_deinit(&client->core);
        buffer_deinit(&client->input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        /* Reply { id: 1, welcome: { version: 1 } } */
        static const uint8_t welcome[] = { 6, 0, 0, 0, 0, 0, 0, 0, 0x08, 1, 0x1a, 2, 0x08, 1 };
        struct fuzz_client client = { .n_calls = 0 };
        int r;

        if (size == 0)
                return 0;
        r = core_init(&client.core, NULL);
        assert(r == 0);
        add_request(&client, CALL_TYPE_HELLO, false);
        if (!(data[0] & BEFORE_HELLO)) {
                receive(&client, welcome, sizeof(welcome));
                assert(client.core.state == CORE_OPEN);
                add_requests(&client, true);
                add_requests(&client, false);
        }
        receive_pieces(&client, data + 1, size - 1, data[0] & PIECE_MASK);
        dispatch(&client);
        finish(&client);
        return 0;
}
