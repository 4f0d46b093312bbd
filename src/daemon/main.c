/* SPDX-License-Identifier: MIT */

/* gcasyncd: the task daemon. */

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/options.h"

enum {
        EXIT_USAGE = 2,
};

static int gcasyncd_parse(struct options *options, int argc, char **argv) {
        log_setup("gcasyncd", LOG_LEVEL_INFO, LOG_FORMAT_PLAIN);
        return options_parse(options, argc, argv);
}

static bool gcasyncd_setup(const struct options *options) {
        log_setup("gcasyncd", options->log_level, options->log_format);
        gca_log_setup(
                "gcasyncd", (int)options->log_level, options->log_format == LOG_FORMAT_PRIORITY);
        if (geteuid() == 0 && !options->is_root_allowed) {
                log_error("refusing to run as root: what clients run would run as root. Use a user "
                          "of its own, or say --allow-root");
                return false;
        }
        /* A peer that is gone is told by an error of the write. */
        (void)signal(SIGPIPE, SIG_IGN);
        return true;
}

static int gcasyncd_main(const struct options *options) {
        static struct daemon daemon;
        int r;

        if (!gcasyncd_setup(options))
                return EXIT_FAILURE;
        r = daemon_init(&daemon, options);
        if (r == 0)
                r = daemon_run(&daemon);
        daemon_deinit(&daemon);
        return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv) {
        struct options options;
        int r;

        r = gcasyncd_parse(&options, argc, argv);
        if (r == 0)
                r = gcasyncd_main(&options);
        else
                r = r == OPTIONS_E_DONE ? EXIT_SUCCESS : EXIT_USAGE;
        options_deinit(&options);
        return r;
}
