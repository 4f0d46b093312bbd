/* SPDX-License-Identifier: MIT */

/* The core's way in: frames, replies, outcomes. */

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "lib/core-internal.h"
#include "lib/core.h"
#include "lib/error.h"
#include "lib/result.h"
#include "wire/field.h"
#include "wire/frame.h"
#include "wire/hot.h"

enum {
        PROTOCOL_VERSION = 1,
        /* Reply's bodies from here on are events. */
        EVENT_NUMBER_MIN = 32,
};

static const char text_frame[] = "the daemon sent something that is not a frame";
static const char text_message[] = "the daemon sent something that is not a reply";
static const char text_id[] = "the daemon answered a request that was not made";
static const char text_body[] = "the daemon answered with the reply to another request";
static const char text_descriptors[] = "the daemon sent descriptors that nobody asked for";
static const char text_memory[] = "no memory for what the daemon sent";
static const char text_bye[] = "the session was ended by bye";

/* A copy of the text, NUL-terminated; NULL where it is empty, or out of memory. */
static char *core_copy_text(const ProtobufCBinaryData *text) {
        char *copy;

        if (text->len == 0)
                return NULL;
        copy = malloc(text->len + 1);
        if (!copy)
                return NULL;
        memcpy(copy, text->data, text->len);
        copy[text->len] = '\0';
        return copy;
}

/* ---- events ---- */

static struct call_event *core_new_event(struct gcasync_call *call,
                                         gcasync_event_type type,
                                         uint64_t task,
                                         const ProtobufCBinaryData *data) {
        struct call_event *event;

        event = malloc(sizeof(*event) + data->len);
        if (!event)
                return NULL;
        *event = (struct call_event){
                .ready.is_event = true,
                .call = call,
                .event = { .size = sizeof(event->event), .type = type, .task = task },
        };
        if (data->len > 0)
                memcpy(event->data, data->data, data->len);
        return event;
}

static struct call_event *core_read_event(struct gcasync_call *call, const Gcasync__Reply *reply) {
        static const ProtobufCBinaryData nothing;
        struct call_event *event;

        switch (reply->body_case) {
        case GCASYNC__REPLY__BODY_PROGRESS:
                event = core_new_event(call,
                                       GCASYNC_EVENT_PROGRESS,
                                       reply->progress->task,
                                       &reply->progress->text);
                if (!event)
                        return NULL;
                event->event.done = reply->progress->done;
                event->event.total = reply->progress->total;
                event->event.text = (const char *)event->data;
                event->event.text_size = reply->progress->text.len;
                return event;
        case GCASYNC__REPLY__BODY_OUTPUT:
                event = core_new_event(
                        call, GCASYNC_EVENT_OUTPUT, reply->output->task, &reply->output->data);
                if (!event)
                        return NULL;
                event->event.stream = (int)reply->output->stream;
                event->event.offset = reply->output->offset;
                event->event.data = event->data;
                event->event.data_size = reply->output->data.len;
                event->event.cut_bytes = reply->output->cut_bytes;
                return event;
        default:
                return core_new_event(
                        call, GCASYNC_EVENT_ACCEPTED, reply->accepted->task, &nothing);
        }
}

static void
core_handle_event(struct core *core, struct gcasync_call *call, const Gcasync__Reply *reply) {
        struct call_event *event;

        if (call->is_dropped || !call->on_event)
                return;
        event = core_read_event(call, reply);
        if (!event) {
                core_give_up(core, call, GCASYNC_E_NO_MEMORY);
                return;
        }
        call_ref(call);
        ready_queue_push(&core->ready, &event->ready);
        core->n_resolved++;
}

/* ---- welcome ---- */

static uint64_t core_find_limit(const struct core *core, const char *name, uint64_t value_default) {
        for (size_t i = 0; i < core->n_limits; i++)
                if (strcmp(core->limits[i].name, name) == 0 && core->limits[i].value > 0)
                        return core->limits[i].value;
        return value_default;
}

static int core_read_limits(struct core *core, const Gcasync__Welcome *welcome) {
        if (welcome->n_limits == 0)
                return 0;
        core->limits = calloc(welcome->n_limits, sizeof(*core->limits));
        if (!core->limits)
                return GCASYNC_E_NO_MEMORY;
        for (size_t i = 0; i < welcome->n_limits; i++) {
                if (welcome->limits[i]->name.len == 0)
                        continue;
                core->limits[core->n_limits].name = core_copy_text(&welcome->limits[i]->name);
                if (!core->limits[core->n_limits].name)
                        return GCASYNC_E_NO_MEMORY;
                core->limits[core->n_limits++].value = welcome->limits[i]->value;
        }
        return 0;
}

static int core_read_welcome(struct core *core, const Gcasync__Welcome *welcome) {
        int r;

        if (welcome->version != PROTOCOL_VERSION)
                return GCASYNC_E_VERSION;

        r = core_read_limits(core, welcome);
        if (r)
                return r;

        core->daemon_version = core_copy_text(&welcome->daemon_version);
        if (!core->daemon_version && welcome->daemon_version.len > 0)
                return GCASYNC_E_NO_MEMORY;
        core->session = welcome->session;
        core->message_size_max = core_find_limit(core, "frame-bytes", core->message_size_max);
        if (core->message_size_max > UINT32_MAX)
                core->message_size_max = UINT32_MAX;
        core->n_nodes_max = core_find_limit(core, "value-nodes", core->n_nodes_max);
        core->state = CORE_OPEN;
        return 0;
}

/* ---- final replies ---- */

static int core_read_result(struct core *core,
                            struct gcasync_call *call,
                            const Gcasync__Reply *reply,
                            size_t size) {
        switch (reply->body_case) {
        case GCASYNC__REPLY__BODY_RESULT:
                return error_from_fault(result_new_ended(
                        &core->results, reply->result, size, core->n_nodes_max, &call->result));
        case GCASYNC__REPLY__BODY_SUBMITTED:
                return error_from_fault(
                        result_new_submitted(reply->submitted->task, &call->result));
        case GCASYNC__REPLY__BODY_TASKS:
                return error_from_fault(result_new_tasks(reply->tasks, size, &call->result));
        case GCASYNC__REPLY__BODY_KINDS:
                return error_from_fault(result_new_kinds(reply->kinds, size, &call->result));
        case GCASYNC__REPLY__BODY_STATUS:
                return error_from_fault(result_new_status(reply->status, size, &call->result));
        default:
                return 0;
        }
}

/*
 * Reads the outcome of a call out of its final reply; returns the call's error. size
 * bounds the reply's texts.
 */
static int core_read_outcome(struct core *core,
                             struct gcasync_call *call,
                             const Gcasync__Reply *reply,
                             size_t size) {
        switch (reply->body_case) {
        case GCASYNC__REPLY__BODY__NOT_SET:
                return GCASYNC_E_PROTOCOL;
        case GCASYNC__REPLY__BODY_ERROR:
                call->message = core_copy_text(&reply->error->message);
                return error_from_daemon(reply->error->code);
        case GCASYNC__REPLY__BODY_WELCOME:
                return core_read_welcome(core, reply->welcome);
        case GCASYNC__REPLY__BODY_DONE:
                call->changed = reply->done->changed;
                return 0;
        case GCASYNC__REPLY__BODY_LOG_END:
                call->log_end = (gcasync_log_end){ .stdout_bytes = reply->log_end->stdout_bytes,
                                                   .stderr_bytes = reply->log_end->stderr_bytes,
                                                   .cut_bytes = reply->log_end->cut_bytes };
                return 0;
        default:
                return core_read_result(core, call, reply, size);
        }
}

/* Whether a reply of this body answers a call of this type. An unknown body may answer anything. */
static bool core_is_answer(enum call_type type, Gcasync__Reply__BodyCase body) {
        static const Gcasync__Reply__BodyCase bodies[] = {
#define X(name, reply) [CALL_TYPE_##name] = GCASYNC__REPLY__BODY_##reply,
                CALL_TYPE_MAP(X)
#undef X
        };

        return body == GCASYNC__REPLY__BODY_ERROR || body == GCASYNC__REPLY__BODY__NOT_SET ||
               body == bodies[type];
}

static void core_handle_final(struct core *core,
                              struct gcasync_call *call,
                              const Gcasync__Reply *reply,
                              size_t size) {
        bool is_bye = call->type == CALL_TYPE_BYE;
        int error;

        if (call->is_dropped) {
                core_forget_dropped(core, call);
                return;
        }
        if (!core_is_answer(call->type, reply->body_case)) {
                core_end(core, GCASYNC_E_PROTOCOL, text_body);
                return;
        }
        error = core_read_outcome(core, call, reply, size);
        core_answer(core, call, error);
        if (is_bye && error == 0)
                core_end(core, GCASYNC_E_DISCONNECTED, text_bye);
}

/* ---- replies ---- */

/* A reply about the session. One that is no error is of a later version and asks nothing of us. */
static void core_handle_session(struct core *core, const Gcasync__Reply *reply) {
        if (reply->body_case != GCASYNC__REPLY__BODY_ERROR)
                return;
        core->message = core_copy_text(&reply->error->message);
        core_end(core, error_from_daemon(reply->error->code), NULL);
}

/* Whether a reply is an event. One with a body of a later version tells by the body's number. */
static bool core_is_event(const Gcasync__Reply *reply, const struct frame *frame) {
        const uint8_t *at = frame->message, *end = frame->message + frame->message_size;
        struct field field;

        if (reply->body_case != GCASYNC__REPLY__BODY__NOT_SET)
                return (int)reply->body_case >= EVENT_NUMBER_MIN;
        while (at != end && (at = field_read(at, end, &field)))
                if (field.number >= EVENT_NUMBER_MIN)
                        return true;
        return false;
}

static void
core_handle_reply(struct core *core, const Gcasync__Reply *reply, const struct frame *frame) {
        struct gcasync_call *call;

        if (reply->id == 0) {
                core_handle_session(core, reply);
                return;
        }
        call = window_find(&core->window, reply->id);
        if (!call)
                core_end(core, GCASYNC_E_PROTOCOL, text_id);
        else if (!core_is_event(reply, frame))
                core_handle_final(core, call, reply, frame->message_size);
        else if (reply->body_case != GCASYNC__REPLY__BODY__NOT_SET)
                core_handle_event(core, call, reply);
}

/* Takes the short way, if the message is of the one shape for which there is one. */
static bool core_handle_hot(struct core *core, const struct frame *frame) {
        struct hot_result hot;
        struct gcasync_call *call;
        int r;

        if (!hot_read_result(frame->message, frame->message_size, &hot))
                return false;
        call = window_find(&core->window, hot.id);
        if (!call || call->is_dropped || !core_is_answer(call->type, GCASYNC__REPLY__BODY_RESULT))
                return false;

        r = result_new_succeeded(&core->results,
                                 hot.task,
                                 hot.value,
                                 hot.value_size,
                                 core->n_nodes_max,
                                 &call->result);
        core_answer(core, call, error_from_fault(r));
        return true;
}

static void core_handle_frame(struct core *core, const struct frame *frame) {
        const Gcasync__Reply *reply;
        int r;

        if (frame->n_descriptors > 0) {
                core_end(core, GCASYNC_E_PROTOCOL, text_descriptors);
                return;
        }
        if (core_handle_hot(core, frame))
                return;

        r = message_unpack_reply(&core->arena, frame->message, frame->message_size, &reply);
        if (r < 0)
                core_end(core, GCASYNC_E_NO_MEMORY, text_memory);
        else if (r > 0)
                core_end(core, GCASYNC_E_PROTOCOL, text_message);
        else
                core_handle_reply(core, reply, frame);
}

size_t core_receive(struct core *core, struct buffer *input) {
        /* A daemon may be told to send less than it would take. */
        size_t size_max = core->message_size_max > FRAME_SIZE_MAX_DEFAULT ? core->message_size_max
                                                                          : FRAME_SIZE_MAX_DEFAULT;
        struct frame frame;
        int r;

        while (core->state != CORE_ENDED && buffer_get_length(input) > 0) {
                r = frame_parse(buffer_get_data(input), buffer_get_length(input), size_max, &frame);
                if (r == FRAME_E_MORE)
                        return frame.size;
                if (r) {
                        core_end(core, GCASYNC_E_PROTOCOL, text_frame);
                        return 0;
                }
                core_handle_frame(core, &frame);
                buffer_consume(input, frame.size);
        }
        return 0;
}
