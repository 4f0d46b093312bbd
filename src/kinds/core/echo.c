/* SPDX-License-Identifier: MIT */

/* core.echo: returns its argument. What a call costs when it does nothing. */

#include "kinds/core/core.h"

const gca_argument_spec core_echo_arguments[1] = {
        { .name = "value", .doc = "any value" },
};

gca_poll core_echo_poll(gca_task *task, void *state) {
        (void)state;
        return gca_succeed(task, gca_argument(task, 0));
}
