/* SPDX-License-Identifier: MIT */

/* What the three faces of every request have in common. */

#include <string.h>

#include "base/utf8.h"
#include "lib/client.h"

int client_request(struct gcasync_client *client,
                   const struct call_options *options,
                   Gcasync__Request *request,
                   gcasync_call **ret_call) {
        if (client_is_forked(client))
                return GCASYNC_E_FORKED;
        LOCK_SCOPE(&client->lock);
        return core_add_request(&client->core, options, request, ret_call);
}

int client_finish(gcasync_call *call, enum call_type type) {
        if (call->type != type)
                return GCASYNC_E_INVALID;
        return gcasync_call_get_error(call, NULL);
}

int client_finish_result(gcasync_call *call, enum call_type type, gcasync_result **ret_result) {
        int r;

        r = client_finish(call, type);
        if (r)
                return r;

        *ret_result = gcasync_result_ref(call->result);
        return 0;
}

bool client_check_text(const char *text, size_t size_max) {
        size_t size;

        if (!text)
                return true;
        size = strlen(text);
        return size <= size_max && utf8_is_valid(text, size);
}
