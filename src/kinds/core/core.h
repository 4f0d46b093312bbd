/* SPDX-License-Identifier: MIT */
#pragma once

/* The module "core": one file a kind. Each declares its row of the module's table. */

#include <stdbool.h>

#include <gcasync/module.h>

extern const gca_argument_spec core_echo_arguments[1];
gca_poll core_echo_poll(gca_task *task, void *state);

extern const gca_argument_spec core_fail_arguments[2];
gca_poll core_fail_poll(gca_task *task, void *state);

extern const gca_argument_spec core_hash_arguments[2];
gca_poll core_hash_poll(gca_task *task, void *state);

struct core_sleep {
        gca_watch timer;
        uint64_t started_ns;
        bool is_started;
};
extern const gca_argument_spec core_sleep_arguments[2];
gca_poll core_sleep_poll(gca_task *task, void *state);

struct core_spin {
        uint64_t total_ns, burnt_ns;
        uint64_t n_rounds; /* of the work done; keeps the compiler from leaving it out */
};
extern const gca_argument_spec core_spin_arguments[1];
gca_poll core_spin_poll(gca_task *task, void *state);
