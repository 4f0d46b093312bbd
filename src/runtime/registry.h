/* SPDX-License-Identifier: MIT */
#pragma once

/* What the module loader needs of the registry beyond gcasync/runtime.h. */

#include <gcasync/runtime.h>

#include "runtime/module-check.h"

/* gca_registry_add(), telling faults to (and counting them in) the teller. 0, -EINVAL or -ENOMEM. */
int registry_add(gca_registry *registry,
                 const gca_module *module,
                 bool is_bundled,
                 struct fault_teller *teller);
