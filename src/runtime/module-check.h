/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Checks a module's descriptor and the schemas of its kinds before anything of it is registered, and
 * tells every fault that it finds, not only the first. Names in what is told are escaped.
 */

#include <stdbool.h>
#include <stddef.h>

#include <gcasync/module.h>
#include <gcasync/runtime.h>

/* Whom to tell, and how often it was done. */
struct fault_teller {
        const char *path; /* the module's file, or NULL */
        gca_fault_callback on_fault;
        void *data;
        size_t n_told;
};

/* subject: what the fault is in, "kind \"core.echo\"", or NULL. */
void fault_teller_tell(struct fault_teller *teller, const char *subject, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

enum {
        MODULE_CHECK_E_UNREADABLE = 1,
};

/*
 * Whether the descriptor is of this interface, so that its other fields may be read; its name; and every
 * kind. Faults are told and counted in the teller. 0; MODULE_CHECK_E_UNREADABLE: the kinds cannot be looked at; or
 * -ENOMEM.
 */
int module_check(const gca_module *module, bool is_bundled, struct fault_teller *teller);

/* The kind at an index: kinds lie as far apart as their size says. For a module that was checked. */
const gca_kind *module_get_kind(const gca_module *module, size_t index);

/* "core.echo"; "exec" where module and kind are alike. False, and nothing written, where a name is malformed. */
enum {
        MODULE_NAME_MAX = 64,
        MODULE_FULL_NAME_SIZE = 2 * MODULE_NAME_MAX + 2
};
bool module_print_full_name(const gca_module *module,
                            const gca_kind *kind,
                            char ret_name[static MODULE_FULL_NAME_SIZE]);
