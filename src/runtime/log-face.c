/* SPDX-License-Identifier: MIT */

/* The library has a log of its own, apart from its host's: this is how the host sets it up. */

#include "base/check.h"
#include "base/log.h"
#include "gcasync/runtime.h"

void gca_log_setup(const char *ident, int max_level, bool has_priorities) {
        assert(max_level >= LOG_LEVEL_ERROR && max_level <= LOG_LEVEL_DEBUG);
        log_setup(ident,
                  (enum log_level)max_level,
                  has_priorities ? LOG_FORMAT_PRIORITY : LOG_FORMAT_PLAIN);
}
