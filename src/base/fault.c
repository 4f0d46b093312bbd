/* SPDX-License-Identifier: MIT */

#include "base/fault.h"

#include <stddef.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"

static void fault_trace(const char *verb, int r, const char *file, int line, const char *function) {
        int saved_errno = errno;
        char text[64];

        if (log_is_enabled(LOG_LEVEL_DEBUG))
                log_write(LOG_LEVEL_DEBUG,
                          "fault %s: %s:%d %s(): %d (%s)",
                          verb,
                          file,
                          line,
                          function,
                          r,
                          r < 0 ? strerror_r(-r, text, sizeof(text)) : "outcome");
        errno = saved_errno;
}

int fault_raise_at(int r, const char *file, int line, const char *function) {
        assert(r < 0);
        fault_trace("raised", r, file, line, function);
        return r;
}

int fault_pass_at(int r, const char *file, int line, const char *function) {
        if (r < 0)
                fault_trace("passed", r, file, line, function);
        return r;
}

int fault_fold_at(int r, const char *file, int line, const char *function) {
        if (r == 0)
                return 0;
        fault_trace("folded", r, file, line, function);
        return r < 0 ? r : -ENOTRECOVERABLE;
}
