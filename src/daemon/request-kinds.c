/* SPDX-License-Identifier: MIT */

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/fault.h"
#include "daemon/daemon.h"
#include "daemon/requests.h"
#include "daemon/session.h"

static const char *mode_to_string(gca_mode mode) {
        switch (mode) {
        case GCA_MODE_INLINE:
                return "inline";
        case GCA_MODE_POLL:
                return "poll";
        case GCA_MODE_SERVICE:
                return "service";
        case GCA_MODE_BODY:
                return "body";
        case GCA_MODE_BLOCKING:
                return "blocking";
        }
        return "unknown";
}

static void argument_describe(const gca_argument_spec *spec, Gcasync__ArgumentInfo *info) {
        gcasync__argument_info__init(info);
        info->name = message_text(spec->name);
        info->type =
                message_text(spec->type == GCA_TYPE_NONE ? "any" : gca_type_to_string(spec->type));
        info->required = spec->flags & GCA_ARGUMENT_REQUIRED;
        info->default_text = message_text(spec->default_text);
        info->doc = message_text(spec->doc);
        info->sensitive = spec->flags & GCA_ARGUMENT_SENSITIVE;
}

/* arguments and pointers have room for the kind's. */
static void kind_describe(const gca_kind_entry *entry,
                          Gcasync__KindInfo *info,
                          Gcasync__ArgumentInfo *arguments,
                          Gcasync__ArgumentInfo **pointers) {
        const gca_kind *kind = entry->kind;

        gcasync__kind_info__init(info);
        for (size_t i = 0; i < kind->n_arguments; i++) {
                argument_describe(&kind->arguments[i], &arguments[i]);
                pointers[i] = &arguments[i];
        }
        info->name = message_text(entry->full_name);
        info->mode = message_text(mode_to_string(kind->mode));
        info->doc = message_text(kind->doc);
        info->module = message_text(entry->module->name);
        info->module_version = message_text(entry->module->version);
        info->n_arguments = kind->n_arguments;
        info->arguments = pointers;
        info->unreachable =
                message_text(kind->unreachable == GCA_UNREACHABLE_FINISH ? "finish" : "cancel");
        info->result_doc = message_text(kind->result_doc);
        info->inline_limit_bytes = kind->inline_limit_bytes;
}

static void kinds_reply(struct session *session,
                        const Gcasync__Request *request,
                        Gcasync__KindInfo **kinds,
                        size_t n_kinds) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__KindList list = GCASYNC__KIND_LIST__INIT;

        list.n_kinds = n_kinds;
        list.kinds = kinds;
        reply.id = request->id;
        reply.body_case = GCASYNC__REPLY__BODY_KINDS;
        reply.kinds = &list;
        if (session_reply(session, &reply) == -EMSGSIZE)
                session_reply_limit(session,
                                    request->id,
                                    LIMIT_FRAME_BYTES,
                                    gcasync__reply__get_packed_size(&reply));
}

/* Describes n kinds. */
static int kinds_describe(struct session *session,
                          const Gcasync__Request *request,
                          const gca_kind_entry *const *entries,
                          size_t n) {
        cleanup_(freep) Gcasync__KindInfo *kinds = NULL;
        cleanup_(freep) Gcasync__KindInfo **kind_pointers = NULL;
        cleanup_(freep) Gcasync__ArgumentInfo *arguments = NULL;
        cleanup_(freep) Gcasync__ArgumentInfo **argument_pointers = NULL;
        size_t n_arguments = 0, at = 0;

        for (size_t i = 0; i < n; i++)
                n_arguments += entries[i]->kind->n_arguments;
        kinds = calloc(n + 1, sizeof(*kinds));
        kind_pointers = calloc(n + 1, sizeof(*kind_pointers));
        arguments = calloc(n_arguments + 1, sizeof(*arguments));
        argument_pointers = calloc(n_arguments + 1, sizeof(*argument_pointers));
        if (!kinds || !kind_pointers || !arguments || !argument_pointers)
                return fault_raise(-ENOMEM);
        for (size_t i = 0; i < n; i++) {
                kind_describe(entries[i], &kinds[i], arguments + at, argument_pointers + at);
                kind_pointers[i] = &kinds[i];
                at += entries[i]->kind->n_arguments;
        }
        kinds_reply(session, request, kind_pointers, n);
        return 0;
}

static int kinds_describe_all(struct session *session, const Gcasync__Request *request) {
        const gca_registry *registry = session->daemon->registry;
        cleanup_(freep) const gca_kind_entry **entries = NULL;
        size_t n = 0;

        while (gca_registry_get(registry, n))
                n++;
        entries = calloc(n + 1, sizeof(*entries));
        if (!entries)
                return fault_raise(-ENOMEM);
        for (size_t i = 0; i < n; i++)
                entries[i] = gca_registry_get(registry, i);
        return kinds_describe(session, request, entries, n);
}

void request_kinds(struct session *session, const Gcasync__Request *request) {
        const ProtobufCBinaryData *name = &request->kinds->name;
        const gca_kind_entry *entry;
        int r;

        if (name->len == 0) {
                r = kinds_describe_all(session, request);
        } else {
                entry = gca_registry_find(
                        session->daemon->registry, (const char *)name->data, name->len);
                if (!entry) {
                        request_reply_unknown_kind(
                                session, request, name, GCASYNC__ERROR_CODE__ERROR_NOT_FOUND);
                        return;
                }
                r = kinds_describe(session, request, &entry, 1);
        }
        if (r < 0)
                request_reply_no_memory(session, request);
}
