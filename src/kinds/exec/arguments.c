/* SPDX-License-Identifier: MIT */

#include "kinds/exec/arguments.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "kinds/kinds.h"

#define NS_PER_MS    UINT64_C(1000000)
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

const gca_argument_spec exec_arguments[EXEC_N_ARGUMENTS] = {
        [EXEC_ARGUMENT_ARGV] = { .name = "argv",
                                 .type = GCA_TYPE_LIST,
                                 .flags = GCA_ARGUMENT_REQUIRED,
                                 .doc = "the program and its arguments: strings, or bytes where "
                                        "they "
                                        "are not UTF-8; without a \"/\" the program is looked up "
                                        "in "
                                        "PATH" },
        [EXEC_ARGUMENT_ENV] = { .name = "env",
                                .type = GCA_TYPE_MAP,
                                .flags = GCA_ARGUMENT_SENSITIVE,
                                .doc = "the whole environment, names to values; by default a PATH "
                                       "of "
                                       "the system's directories and nothing else" },
        [EXEC_ARGUMENT_CWD] = { .name = "cwd",
                                .type = GCA_TYPE_BYTES,
                                .default_text = "\"/\"",
                                .doc = "the working directory, an absolute path" },
        [EXEC_ARGUMENT_UMASK] = { .name = "umask",
                                  .type = GCA_TYPE_INT,
                                  .flags = GCA_ARGUMENT_OCTAL,
                                  .default_text = "18",
                                  .doc = "the file mode creation mask, 0 to 511; the default is "
                                         "octal 022" },
        [EXEC_ARGUMENT_STDIN] = { .name = "stdin",
                                  .type = GCA_TYPE_BYTES,
                                  .flags = GCA_ARGUMENT_SENSITIVE,
                                  .doc = "what it reads from its standard input; by default "
                                         "nothing" },
        [EXEC_ARGUMENT_RLIMITS] = { .name = "rlimits",
                                    .type = GCA_TYPE_MAP,
                                    .doc = "resource limits, names as in prlimit(1) (\"nofile\", "
                                           "\"core\") to an int, \"unlimited\" or [soft, hard]" },
        [EXEC_ARGUMENT_GRACE_MS] = { .name = "grace_ms",
                                     .type = GCA_TYPE_INT,
                                     .default_text = "5000",
                                     .doc = "when the task is aborted: milliseconds between "
                                            "SIGTERM "
                                            "and SIGKILL" },
        [EXEC_ARGUMENT_CAPTURE] = { .name = "capture",
                                    .type = GCA_TYPE_BOOL,
                                    .default_text = "true",
                                    .doc = "whether to keep what it writes to standard output and "
                                           "error; else both are /dev/null" },
};

#define LIMIT_MAP(X)                       \
        X("as", RLIMIT_AS)                 \
        X("core", RLIMIT_CORE)             \
        X("cpu", RLIMIT_CPU)               \
        X("data", RLIMIT_DATA)             \
        X("fsize", RLIMIT_FSIZE)           \
        X("locks", RLIMIT_LOCKS)           \
        X("memlock", RLIMIT_MEMLOCK)       \
        X("msgqueue", RLIMIT_MSGQUEUE)     \
        X("nice", RLIMIT_NICE)             \
        X("nofile", RLIMIT_NOFILE)         \
        X("nproc", RLIMIT_NPROC)           \
        X("rss", RLIMIT_RSS)               \
        X("rtprio", RLIMIT_RTPRIO)         \
        X("rttime", RLIMIT_RTTIME)         \
        X("sigpending", RLIMIT_SIGPENDING) \
        X("stack", RLIMIT_STACK)

static const struct limit_name {
        const char *name;
        int resource;
} limit_names[] = {
#define X(name, resource) { name, resource },
        LIMIT_MAP(X)
#undef X
};

static int fail_argument(gca_task *task, const char *text) {
        (void)gca_fail(task, "invalid-argument", "%s", text);
        return EXEC_ARGUMENTS_E_FAILED;
}

static int fail_memory(gca_task *task) {
        (void)gca_succeed(task, GCA_NO_VALUE);
        return EXEC_ARGUMENTS_E_FAILED;
}

static void *allocate(gca_task *task, size_t n, size_t size) {
        return gca_region_allocate(gca_task_region(task), n * size);
}

/* The text of a string or of bytes as the kernel wants it; what names it in a failure. */
static int load_text(gca_task *task, gca_value value, const char *what, const char **ret_text) {
        gca_type type = gca_get_type(value);
        size_t length;

        if (type != GCA_TYPE_STRING && type != GCA_TYPE_BYTES) {
                (void)gca_fail(task,
                               "invalid-argument",
                               "\"%s\" must hold strings, not %s",
                               what,
                               gca_type_to_string(type));
                return EXEC_ARGUMENTS_E_FAILED;
        }

        const char *text = get_octets(value, &length);
        if (length > 0 && memchr(text, '\0', length) != NULL) {
                (void)gca_fail(
                        task, "invalid-argument", "\"%s\" must not hold NUL characters", what);
                return EXEC_ARGUMENTS_E_FAILED;
        }
        if (type == GCA_TYPE_BYTES) {
                char *copy = allocate(task, length + 1, 1);
                if (copy == NULL)
                        return fail_memory(task);
                if (length > 0)
                        memcpy(copy, text, length);
                text = copy;
        }
        *ret_text = text;
        return 0;
}

static int load_argv(gca_task *task, struct spawn_plan *plan) {
        gca_value list = gca_argument(task, EXEC_ARGUMENT_ARGV);
        size_t n = gca_get_count(list);
        const char *text;
        int r;

        if (n == 0)
                return fail_argument(task, "\"argv\" is empty: it must begin with the program");
        plan->argv = allocate(task, n + 1, sizeof(plan->argv[0]));
        if (plan->argv == NULL)
                return fail_memory(task);
        for (size_t i = 0; i < n; i++) {
                r = load_text(task, gca_get_element(list, i), "argv", &text);
                if (r != 0)
                        return r;
                plan->argv[i] = (char *)(uintptr_t)text; /* execve() does not write to it */
        }
        if (plan->argv[0][0] == '\0')
                return fail_argument(task, "\"argv\" begins with an empty string, not a program");
        return 0;
}

/* "NAME=value" */
static int load_variable(gca_task *task, gca_value key, gca_value value, char **ret_variable) {
        const char *name, *text;
        int r;

        r = load_text(task, key, "env", &name);
        if (r != 0)
                return r;
        if (name[0] == '\0' || strchr(name, '=') != NULL)
                return fail_argument(task,
                                     "\"env\": a variable's name must not be empty nor hold \"=\"");
        r = load_text(task, value, "env", &text);
        if (r != 0)
                return r;

        size_t size = strlen(name) + strlen(text) + 2;
        char *variable = allocate(task, size, 1);
        if (variable == NULL)
                return fail_memory(task);
        (void)snprintf(variable, size, "%s=%s", name, text);
        *ret_variable = variable;
        return 0;
}

static int load_env(gca_task *task, struct spawn_plan *plan) {
        static char *default_env[] = { "PATH=" DEFAULT_PATH, NULL };
        gca_value env = gca_argument(task, EXEC_ARGUMENT_ENV);
        int r;

        if (gca_is_nil(env)) {
                plan->envp = default_env;
                return 0;
        }

        size_t n = gca_get_count(env);
        plan->envp = allocate(task, n + 1, sizeof(plan->envp[0]));
        if (plan->envp == NULL)
                return fail_memory(task);
        for (size_t i = 0; i < n; i++) {
                r = load_variable(
                        task, gca_get_key(env, i), gca_get_element(env, i), &plan->envp[i]);
                if (r != 0)
                        return r;
        }
        return 0;
}

/* PATH as the program will see it. */
static const char *find_search_path(const struct spawn_plan *plan) {
        for (char **variable = plan->envp; *variable != NULL; variable++)
                if (strncmp(*variable, "PATH=", 5) == 0)
                        return *variable + 5;
        return DEFAULT_PATH;
}

/* Each directory of PATH with the program behind it; an empty one is the working directory. */
static int load_paths(gca_task *task, struct spawn_plan *plan) {
        const char *program = plan->argv[0], *search = find_search_path(plan);
        size_t n = 1, i = 0;

        for (const char *p = search; *p != '\0'; p++)
                n += *p == ':';
        plan->paths = allocate(task, n + 1, sizeof(plan->paths[0]));
        if (plan->paths == NULL)
                return fail_memory(task);
        if (strchr(program, '/') != NULL) {
                plan->paths[0] = program;
                return 0;
        }
        for (const char *p = search; i < n; i++) {
                int length = (int)strcspn(p, ":");
                size_t size = (size_t)length + strlen(program) + 3;
                char *path = allocate(task, size, 1);
                if (path == NULL)
                        return fail_memory(task);
                (void)snprintf(path,
                               size,
                               "%.*s/%s",
                               length > 0 ? length : 1,
                               length > 0 ? p : ".",
                               program);
                plan->paths[i] = path;
                p += length + (p[length] == ':');
        }
        return 0;
}

static int load_cwd(gca_task *task, struct spawn_plan *plan) {
        int r;

        r = load_text(task, gca_argument(task, EXEC_ARGUMENT_CWD), "cwd", &plan->cwd);
        if (r != 0)
                return r;
        if (plan->cwd[0] != '/')
                return fail_argument(task, "\"cwd\" must be an absolute path");
        return 0;
}

static bool get_limit(gca_value value, rlim_t *ret_limit) {
        size_t length;

        if (gca_get_type(value) == GCA_TYPE_INT && gca_get_int(value) >= 0) {
                *ret_limit = (rlim_t)gca_get_int(value);
                return true;
        }
        if (gca_get_type(value) != GCA_TYPE_STRING ||
            strcmp(gca_get_string(value, &length), "unlimited") != 0)
                return false;
        *ret_limit = RLIM_INFINITY;
        return true;
}

/* An int, "unlimited" or [soft, hard]. */
static bool get_limits(gca_value value, struct rlimit *ret_limit) {
        if (gca_get_type(value) == GCA_TYPE_LIST)
                return gca_get_count(value) == 2 &&
                       get_limit(gca_get_element(value, 0), &ret_limit->rlim_cur) &&
                       get_limit(gca_get_element(value, 1), &ret_limit->rlim_max) &&
                       ret_limit->rlim_cur <= ret_limit->rlim_max;
        if (!get_limit(value, &ret_limit->rlim_cur))
                return false;
        ret_limit->rlim_max = ret_limit->rlim_cur;
        return true;
}

static const struct limit_name *find_limit_name(const char *name) {
        for (size_t i = 0; i < sizeof(limit_names) / sizeof(limit_names[0]); i++)
                if (strcmp(limit_names[i].name, name) == 0)
                        return &limit_names[i];
        return NULL;
}

static int
load_limit(gca_task *task, gca_value key, gca_value value, struct spawn_limit *ret_limit) {
        char text[96];
        size_t length;
        const struct limit_name *name = find_limit_name(gca_get_string(key, &length));

        (void)gca_print(key, text, sizeof(text));
        if (name == NULL) {
                (void)gca_fail(
                        task,
                        "invalid-argument",
                        "\"rlimits\": there is no limit %s; they are called \"as\", \"core\", "
                        "\"nofile\" and so on, as in prlimit(1)",
                        text);
                return EXEC_ARGUMENTS_E_FAILED;
        }
        ret_limit->name = name->name;
        ret_limit->resource = name->resource;
        if (!get_limits(value, &ret_limit->value)) {
                (void)gca_fail(
                        task,
                        "invalid-argument",
                        "\"rlimits\": %s must be an int from 0, \"unlimited\" or [soft, hard]",
                        text);
                return EXEC_ARGUMENTS_E_FAILED;
        }
        return 0;
}

static int load_limits(gca_task *task, struct spawn_plan *plan) {
        gca_value map = gca_argument(task, EXEC_ARGUMENT_RLIMITS);
        size_t n = gca_is_nil(map) ? 0 : gca_get_count(map);
        struct spawn_limit *limits = allocate(task, n + 1, sizeof(limits[0]));
        int r;

        if (limits == NULL)
                return fail_memory(task);
        /* First the one that the daemon has changed for itself; the arguments may change it again. */
        limits[0].name = "nofile";
        limits[0].resource = RLIMIT_NOFILE;
        gca_get_original_nofile(&limits[0].value);
        for (size_t i = 0; i < n; i++) {
                r = load_limit(task, gca_get_key(map, i), gca_get_element(map, i), &limits[i + 1]);
                if (r != 0)
                        return r;
        }
        plan->limits = limits;
        plan->n_limits = n + 1;
        return 0;
}

static int load_umask(gca_task *task, struct spawn_plan *plan) {
        int64_t mask = gca_get_int(gca_argument(task, EXEC_ARGUMENT_UMASK));

        if (mask < 0 || mask > 0777)
                return fail_argument(task, "\"umask\" must be 0 to 511, which is octal 777");
        plan->umask = (mode_t)mask;
        return 0;
}

static int load_grace(gca_task *task, uint64_t *ret_grace_ns) {
        int64_t ms = gca_get_int(gca_argument(task, EXEC_ARGUMENT_GRACE_MS));

        if (ms < 0 || ms > INT_MAX)
                return fail_argument(task, "\"grace_ms\" is out of range");
        *ret_grace_ns = (uint64_t)ms * NS_PER_MS;
        return 0;
}

static void load_streams(gca_task *task, struct spawn_plan *plan) {
        gca_value input = gca_argument(task, EXEC_ARGUMENT_STDIN);

        if (!gca_is_nil(input))
                plan->stdin_data = get_octets(input, &plan->stdin_size);
        if (!gca_is_nil(input) && plan->stdin_size == 0)
                plan->stdin_data = "";
        plan->is_captured = gca_get_bool(gca_argument(task, EXEC_ARGUMENT_CAPTURE));
}

int exec_arguments_load(gca_task *task, struct spawn_plan *ret_plan, uint64_t *ret_grace_ns) {
        static int (*const loads[])(gca_task *, struct spawn_plan *) = {
                load_argv, load_env, load_paths, load_cwd, load_umask, load_limits,
        };
        struct spawn_plan plan = { 0 };
        int r;

        for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
                r = loads[i](task, &plan);
                if (r != 0)
                        return r;
        }
        r = load_grace(task, ret_grace_ns);
        if (r != 0)
                return r;
        load_streams(task, &plan);
        *ret_plan = plan;
        return 0;
}
