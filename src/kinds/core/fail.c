/* SPDX-License-Identifier: MIT */

/* core.fail: fails as it is told to; for trying out what a program does then. */

#include <stdbool.h>

#include "kinds/core/core.h"

enum {
        ARGUMENT_CODE,
        ARGUMENT_MESSAGE
};

const gca_argument_spec core_fail_arguments[2] = {
        [ARGUMENT_CODE] = { .name = "code",
                            .type = GCA_TYPE_STRING,
                            .default_text = "\"failed\"",
                            .doc = "the failure's code: 1 to 64 characters of a-z, 0-9 and \"-\"" },
        [ARGUMENT_MESSAGE] = { .name = "message",
                               .type = GCA_TYPE_STRING,
                               .default_text = "\"as it was told to\"",
                               .doc = "the failure's text" },
};

static bool is_code(const char *code, size_t length) {
        if (length == 0 || length > 64)
                return false;
        for (size_t i = 0; i < length; i++)
                if (!(code[i] >= 'a' && code[i] <= 'z') && !(code[i] >= '0' && code[i] <= '9') &&
                    code[i] != '-')
                        return false;
        return true;
}

gca_poll core_fail_poll(gca_task *task, void *state) {
        size_t length, message_length;
        const char *code = gca_get_string(gca_argument(task, ARGUMENT_CODE), &length);
        const char *message = gca_get_string(gca_argument(task, ARGUMENT_MESSAGE), &message_length);

        (void)state;
        if (!is_code(code, length))
                return gca_fail(task,
                                "invalid-argument",
                                "\"code\" must be 1 to 64 characters of a-z, 0-9 and \"-\"");
        return gca_fail(task, code, "%s", message);
}
