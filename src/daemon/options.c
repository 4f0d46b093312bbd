/* SPDX-License-Identifier: MIT */

#include "daemon/options.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"

enum {
        GRACE_S_DEFAULT = 10,
        GRACE_S_MAX = 86400,
        WORKERS_MAX = 1024,
};

enum option_id {
        OPTION_USER = 256,
        OPTION_SYSTEM,
        OPTION_MODULE_DIR,
        OPTION_INLINE_KIND,
        OPTION_WORKERS,
        OPTION_GRACE,
        OPTION_LIMIT,
        OPTION_OUTPUT_DIR,
        OPTION_LOG_LEVEL,
        OPTION_LOG_FORMAT,
        OPTION_READY_FD,
        OPTION_ALLOW_ROOT,
        OPTION_VERSION,
};

static const struct option long_options[] = {
        { "user", no_argument, NULL, OPTION_USER },
        { "system", no_argument, NULL, OPTION_SYSTEM },
        { "socket", required_argument, NULL, 's' },
        { "module-dir", required_argument, NULL, OPTION_MODULE_DIR },
        { "inline-kind", required_argument, NULL, OPTION_INLINE_KIND },
        { "workers", required_argument, NULL, OPTION_WORKERS },
        { "grace", required_argument, NULL, OPTION_GRACE },
        { "limit", required_argument, NULL, OPTION_LIMIT },
        { "output-dir", required_argument, NULL, OPTION_OUTPUT_DIR },
        { "log-level", required_argument, NULL, OPTION_LOG_LEVEL },
        { "log-format", required_argument, NULL, OPTION_LOG_FORMAT },
        { "ready-fd", required_argument, NULL, OPTION_READY_FD },
        { "allow-root", no_argument, NULL, OPTION_ALLOW_ROOT },
        { "version", no_argument, NULL, OPTION_VERSION },
        { "help", no_argument, NULL, 'h' },
        { 0 },
};

static const char usage_text[] =
        "usage: gcasyncd [OPTION]...\n"
        "Runs tasks for the programs that connect to its socket; stays in the foreground.\n"
        "\n"
        "      --user             serve this user: $XDG_RUNTIME_DIR/gcasync/socket (default)\n"
        "      --system           serve everybody: /run/gcasync/socket\n"
        "  -s, --socket PATH      listen at PATH\n"
        "      --module-dir DIR   load task modules from DIR instead of the built-in directory;\n"
        "                         may be given several times\n"
        "      --inline-kind KIND let KIND of another module run on the I/O thread\n"
        "      --workers N        worker threads (default: one a core)\n"
        "      --grace SECONDS    how long running tasks may take to end at shutdown (default: "
        "10)\n"
        "      --limit NAME=VALUE set a limit; K, M and G are understood (see below)\n"
        "      --output-dir DIR   where captured output is kept (default: beside the socket)\n"
        "      --log-level LEVEL  error, warning, notice, info or debug (default: info)\n"
        "      --log-format FMT   plain or priority (default: plain)\n"
        "      --ready-fd FD      write a newline to FD and close it once the socket listens\n"
        "      --allow-root       run although the user is root\n"
        "      --version          print the version\n"
        "  -h, --help             print this\n"
        "\n"
        "Limits, with their defaults:\n";

static void options_print_limits(void) {
        static const char *const scopes[] = {
                [LIMIT_SCOPE_TASK] = "per task",
                [LIMIT_SCOPE_SESSION] = "per session",
                [LIMIT_SCOPE_UID] = "per user",
                [LIMIT_SCOPE_DAEMON] = "in all",
        };

        for (size_t i = 0; i < LIMIT_COUNT; i++) {
                const struct limit_info *info = limit_get_info((enum limit)i);

                printf("  %-20s %11llu  %s, %s\n",
                       info->name,
                       (unsigned long long)info->default_value,
                       info->doc,
                       scopes[info->scope]);
        }
}

static void fault_tell(const char *option, const char *value, const char *expected) {
        log_error("--%s: \"%s\" is not %s", option, value, expected);
}

/* A whole number between minimum and maximum; else the fault is told. */
static bool options_parse_number(const char *option,
                                 const char *text,
                                 long maximum,
                                 const char *expected,
                                 long *ret_number) {
        char *end;
        long number;

        errno = 0;
        number = strtol(text, &end, 10);
        if (errno != 0 || end == text || *end != '\0' || number < 0 || number > maximum ||
            *text < '0' || *text > '9') {
                fault_tell(option, text, expected);
                return false;
        }
        *ret_number = number;
        return true;
}

static bool options_parse_grace(struct options *options, const char *text) {
        char *end;
        double seconds;

        errno = 0;
        seconds = strtod(text, &end);
        if (errno != 0 || end == text || *end != '\0' ||
            !(seconds >= 0 && seconds <= GRACE_S_MAX)) {
                fault_tell("grace", text, "a number of seconds between 0 and 86400");
                return false;
        }
        options->grace_ns = (uint64_t)(seconds * (double)NS_PER_S);
        return true;
}

static bool options_parse_log_level(struct options *options, const char *text) {
        static const struct {
                const char *name;
                enum log_level level;
        } levels[] = {
                { "error", LOG_LEVEL_ERROR },   { "warning", LOG_LEVEL_WARNING },
                { "notice", LOG_LEVEL_NOTICE }, { "info", LOG_LEVEL_INFO },
                { "debug", LOG_LEVEL_DEBUG },
        };

        for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
                if (strcmp(levels[i].name, text) == 0) {
                        options->log_level = levels[i].level;
                        return true;
                }
        fault_tell("log-level", text, "error, warning, notice, info or debug");
        return false;
}

static bool options_parse_log_format(struct options *options, const char *text) {
        if (strcmp(text, "plain") == 0) {
                options->log_format = LOG_FORMAT_PLAIN;
                return true;
        }
        if (strcmp(text, "priority") == 0) {
                options->log_format = LOG_FORMAT_PRIORITY;
                return true;
        }
        fault_tell("log-format", text, "plain or priority");
        return false;
}

static bool options_parse_ready_fd(struct options *options, const char *text) {
        long number;

        if (!options_parse_number("ready-fd", text, 1 << 20, "a descriptor's number", &number))
                return false;
        if (fcntl((int)number, F_SETFD, FD_CLOEXEC) < 0) {
                fault_tell("ready-fd", text, "an open descriptor");
                return false;
        }
        options->ready_fd = (int)number;
        return true;
}

static bool options_parse_limit(struct options *options, const char *text) {
        char message[256];

        if (limits_set(&options->limits, text, message, sizeof(message)) == 0)
                return true;
        log_error("--limit: %s", message);
        return false;
}

static bool options_parse_workers(struct options *options, const char *text) {
        long number;

        if (!options_parse_number(
                    "workers", text, WORKERS_MAX, "a number of threads, 1024 at most", &number))
                return false;
        options->n_workers = (unsigned)number;
        return true;
}

/* A path that is given but empty is a script's fault, not a wish for the default. */
static bool options_parse_path(const char *option, const char *text, const char **ret_path) {
        if (*text == '\0') {
                fault_tell(option, text, "a path");
                return false;
        }
        *ret_path = text;
        return true;
}

/* One option; false after its fault was told. */
static bool options_take(struct options *options, int id, const char *value) {
        switch (id) {
        case OPTION_USER:
                options->instance = INSTANCE_USER;
                return true;
        case OPTION_SYSTEM:
                options->instance = INSTANCE_SYSTEM;
                return true;
        case 's':
                return options_parse_path("socket", value, &options->socket_path);
        case OPTION_MODULE_DIR:
                return options_parse_path(
                        "module-dir", value, &options->module_dirs[options->n_module_dirs++]);
        case OPTION_INLINE_KIND:
                options->inline_kinds[options->n_inline_kinds++] = value;
                return true;
        case OPTION_WORKERS:
                return options_parse_workers(options, value);
        case OPTION_GRACE:
                return options_parse_grace(options, value);
        case OPTION_LIMIT:
                return options_parse_limit(options, value);
        case OPTION_OUTPUT_DIR:
                return options_parse_path("output-dir", value, &options->output_dir);
        case OPTION_LOG_LEVEL:
                return options_parse_log_level(options, value);
        case OPTION_LOG_FORMAT:
                return options_parse_log_format(options, value);
        case OPTION_READY_FD:
                return options_parse_ready_fd(options, value);
        case OPTION_ALLOW_ROOT:
                options->is_root_allowed = true;
                return true;
        default:
                return false;
        }
}

static void options_tell_unknown(int id, char **argv) {
        const char *argument = argv[optind - 1];

        if (id == ':')
                log_error("%s needs a value", argument);
        else if (optopt > 0 && optopt < 256)
                log_error("there is no option -%c", optopt);
        else if (optopt >= 256)
                log_error("%s takes no value", argument);
        else
                log_error("there is no option %s, or several begin so", argument);
}

static int options_init(struct options *options, int argc) {
        *options = (struct options){
                .grace_ns = GRACE_S_DEFAULT * NS_PER_S,
                .log_level = LOG_LEVEL_INFO,
                .ready_fd = -1,
        };
        limits_init(&options->limits);
        /* An option with its value may be one word, so argc bounds how many there are. */
        options->module_dirs = calloc((size_t)argc + 1, sizeof(char *));
        options->inline_kinds = calloc((size_t)argc + 1, sizeof(char *));
        if (!options->module_dirs || !options->inline_kinds)
                return fault_raise(-ENOMEM);
        return 0;
}

void options_deinit(struct options *options) {
        free(options->module_dirs);
        free(options->inline_kinds);
        options->module_dirs = options->inline_kinds = NULL;
}

int options_parse(struct options *options, int argc, char **argv) {
        bool has_fault = false;
        int id, r;

        r = options_init(options, argc);
        if (r < 0)
                return fault_pass(r);

        opterr = 0;
        optind = 1;
        while ((id = getopt_long(argc, argv, ":s:h", long_options, NULL)) != -1) {
                if (id == 'h') {
                        fputs(usage_text, stdout);
                        options_print_limits();
                        return OPTIONS_E_DONE;
                }
                if (id == OPTION_VERSION) {
                        printf("gcasyncd %s\n", PACKAGE_VERSION);
                        return OPTIONS_E_DONE;
                }
                if (id == '?' || id == ':') {
                        options_tell_unknown(id, argv);
                        has_fault = true;
                } else if (!options_take(options, id, optarg)) {
                        has_fault = true;
                }
        }
        for (; optind < argc; optind++) {
                log_error("\"%s\" is no option, and gcasyncd takes nothing else", argv[optind]);
                has_fault = true;
        }
        if (has_fault) {
                log_error("\"gcasyncd --help\" tells what there is");
                return OPTIONS_E_USAGE;
        }
        if (options->n_module_dirs == 0)
                options->module_dirs[options->n_module_dirs++] = GCASYNC_MODULE_DIR;
        return 0;
}
