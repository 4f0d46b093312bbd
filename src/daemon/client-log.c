/* SPDX-License-Identifier: MIT */

#include "daemon/client-log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "daemon/daemon.h"
#include "daemon/session.h"

enum {
        LINES_A_SECOND_MAX = 20,
        NAME_SIZE = 4 * SESSION_CLIENT_NAME_MAX + 8,
};

static bool client_log_may_write(struct client_log *log) {
        uint64_t second = clock_monotonic_ns() / NS_PER_S;

        if (second != log->second) {
                if (log->n_left_out > 0)
                        log_notice("%u more lines about clients were left out", log->n_left_out);
                *log = (struct client_log){ .second = second };
        }
        if (log->n_written >= LINES_A_SECOND_MAX) {
                log->n_left_out++;
                return false;
        }
        log->n_written++;
        return true;
}

void client_log_peer(struct client_log *log, uint32_t uid, long pid, const char *text) {
        if (log_is_enabled(LOG_LEVEL_NOTICE) && client_log_may_write(log))
                log_notice("connection (uid %u, pid %ld) refused: %s", uid, pid, text);
}

void client_log(const struct session *session, enum log_level level, const char *format, ...) {
        const char *name = session->client_name ? session->client_name : "";
        char name_escaped[NAME_SIZE], text[512];
        va_list arguments;

        if (!log_is_enabled(level) || !client_log_may_write(&session->daemon->client_log))
                return;
        va_start(arguments, format);
        (void)vsnprintf(text, sizeof(text), format, arguments);
        va_end(arguments);
        (void)log_escape(name_escaped, sizeof(name_escaped), name, strlen(name));
        log_write(level,
                  "session %llu (uid %u, pid %ld%s%s): %s",
                  (unsigned long long)session->id,
                  session->uid,
                  (long)session->pid,
                  *name ? ", " : "",
                  name_escaped,
                  text);
}
