/* SPDX-License-Identifier: MIT */

#include "daemon/daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "daemon/job.h"
#include "daemon/options.h"
#include "daemon/session.h"
#include "daemon/value-encode.h"

enum {
        DAEMON_E_REFUSED = 1, /* why was logged */
        OUTPUT_LOW_MIN = 4 << 10,
        OUTPUT_LOW_MAX = 1 << 20,
};

/* ---- modules ---- */

static void daemon_on_module_fault(const char *path, const char *text, void *data) {
        (void)data;
        log_error("%s%s%s", path ? path : "", path ? ": " : "", text);
}

/* Every fault of every module is told. A directory that cannot be read ends the start. */
static int daemon_load_modules(struct daemon *daemon) {
        const struct options *options = daemon->options;
        bool is_refused = false;

        for (size_t i = 0; i < options->n_module_dirs; i++) {
                const char *path = options->module_dirs[i];
                int r;

                r = gca_registry_load_directory(
                        daemon->registry, path, daemon_on_module_fault, daemon);
                if (r == 0 || r == -EINVAL)
                        continue;
                log_error("%s: cannot be read: %s", path, strerror(-r));
                is_refused = true;
        }
        for (size_t i = 0; i < options->n_inline_kinds; i++) {
                const char *name = options->inline_kinds[i];
                int r;

                r = gca_registry_allow_inline(daemon->registry, name);
                if (r == 0)
                        continue;
                log_error("--inline-kind %s: %s",
                          name,
                          r == -ENOENT ? "there is no such kind" : "the kind is not for inline");
                is_refused = true;
        }
        if (!is_refused && !gca_registry_get(daemon->registry, 0)) {
                log_error("no kind of task was loaded: there is nothing to serve");
                is_refused = true;
        }
        return is_refused ? DAEMON_E_REFUSED : 0;
}

/* ---- the parts ---- */

/* Each connection takes a descriptor. Programs that are run get the original limit back. */
static void daemon_raise_descriptors(void) {
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
                return;
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
                log_warning("cannot raise RLIMIT_NOFILE: %s", strerror(errno));
}

/* Cycles follow each other from three quarters of the limit on. */
static int daemon_make_heap(struct daemon *daemon) {
        uint64_t limit = limits_get(&daemon->limits, LIMIT_HEAP_BYTES);
        gca_heap_options options = {
                .size = sizeof(options),
                .soft_limit_bytes = (size_t)(limit / 4 * 3),
                .hard_limit_bytes = (size_t)limit,
        };

        return fault_pass(gca_heap_new(&options, &daemon->heap));
}

static int daemon_make_runtime(struct daemon *daemon) {
        gca_runtime_options options = {
                .size = sizeof(options),
                .n_workers = daemon->options->n_workers,
                .task_memory_limit_bytes =
                        (size_t)limits_get(&daemon->limits, LIMIT_TASK_MEMORY_BYTES),
                .host_ops = &daemon_host_ops,
                .host_data = daemon,
        };
        int r;

        r = daemon_make_heap(daemon);
        if (r < 0)
                return fault_pass(r);
        options.heap = daemon->heap;
        r = gca_runtime_new(&options, &daemon->runtime);
        if (r < 0)
                return fault_pass(r);
        daemon->base = gca_runtime_get_event_base(daemon->runtime);
        return 0;
}

static int daemon_make_memory(struct daemon *daemon) {
        int r;

        daemon->hot_request = (Gcasync__Request)GCASYNC__REQUEST__INIT;
        daemon->hot_submit = (Gcasync__Submit)GCASYNC__SUBMIT__INIT;
        daemon->hot_request.body_case = GCASYNC__REQUEST__BODY_SUBMIT;
        daemon->hot_request.submit = &daemon->hot_submit;
        r = arena_init(&daemon->arena);
        if (r < 0)
                return fault_pass(r);
        daemon->scratch = malloc(SESSION_SCRATCH_SIZE);
        daemon->chunk = malloc(CAPTURE_RECORD_MAX);
        if (!daemon->scratch || !daemon->chunk)
                return fault_raise(-ENOMEM);
        return 0;
}

static int daemon_make_capture_pool(struct daemon *daemon) {
        char directory[sizeof(daemon->listener.endpoint.path)];
        const char *wanted = daemon->options->output_dir;
        int r;

        endpoint_get_directory(&daemon->listener.endpoint, directory, sizeof(directory));
        r = capture_pool_init(&daemon->capture_pool, &daemon->limits, wanted, directory);
        if (r < 0) {
                log_error("captured output cannot be kept in %s: %s",
                          wanted ? wanted : directory,
                          strerror(-r));
                return DAEMON_E_REFUSED;
        }
        return 0;
}

static void daemon_on_input_timeout(struct timeout *timeout) {
        struct session *session = container_of(timeout, struct session, input_timeout);

        if (session->state == SESSION_NEW)
                session_fail_limit(session,
                                   GCASYNC__ERROR_CODE__ERROR_IDLE,
                                   LIMIT_HELLO_MS,
                                   "no hello came in time");
        else
                session_fail_limit(session,
                                   GCASYNC__ERROR_CODE__ERROR_IDLE,
                                   LIMIT_FRAME_MS,
                                   "the rest of a frame did not come in time");
}

/* Nothing more can be written, not even why. */
static void daemon_on_output_timeout(struct timeout *timeout) {
        struct session *session = container_of(timeout, struct session, output_timeout);

        session_fail_limit(session,
                           GCASYNC__ERROR_CODE__ERROR_SLOW_READER,
                           LIMIT_SLOW_READER_MS,
                           "replies were not read");
        session_close(session);
}

static void daemon_init_timeouts(struct daemon *daemon) {
        const struct limits *limits = &daemon->limits;

        timeouts_init(&daemon->hello_timeouts,
                      daemon->runtime,
                      limits_get(limits, LIMIT_HELLO_MS) * NS_PER_MS,
                      daemon_on_input_timeout);
        timeouts_init(&daemon->frame_timeouts,
                      daemon->runtime,
                      limits_get(limits, LIMIT_FRAME_MS) * NS_PER_MS,
                      daemon_on_input_timeout);
        timeouts_init(&daemon->output_timeouts,
                      daemon->runtime,
                      limits_get(limits, LIMIT_SLOW_READER_MS) * NS_PER_MS,
                      daemon_on_output_timeout);
}

/* Half of what may be unread, so that the other half is room for what cannot be held back. */
static uint64_t daemon_find_output_low(const struct limits *limits) {
        uint64_t low = limits_get(limits, LIMIT_OUTPUT_BYTES) / 2;

        if (low < OUTPUT_LOW_MIN)
                return OUTPUT_LOW_MIN;
        return low < OUTPUT_LOW_MAX ? low : OUTPUT_LOW_MAX;
}

static void daemon_init_fields(struct daemon *daemon, const struct options *options) {
        memset(daemon, 0, sizeof(*daemon));
        daemon->options = options;
        daemon->limits = options->limits;
        daemon->started_ns = clock_realtime_ns();
        daemon->uid = geteuid();
        daemon->output_low_bytes = daemon_find_output_low(&daemon->limits);
        daemon->listener.endpoint.fd = daemon->listener.endpoint.lock_fd = -1;
        list_init(&daemon->sessions);
        list_init(&daemon->ready);
        list_init(&daemon->dirty);
        list_init(&daemon->ending);
        list_init(&daemon->accounts);
}

/* The lock first: of several daemons all but one end here, before they do anything costly. */
static int daemon_init_parts(struct daemon *daemon) {
        const struct options *options = daemon->options;
        int r;

        r = endpoint_open(&daemon->listener.endpoint, options->instance, options->socket_path);
        if (r == 0)
                r = daemon_make_capture_pool(daemon);
        if (r != 0)
                return r;
        daemon->registry = gca_registry_new();
        if (!daemon->registry)
                return fault_raise(-ENOMEM);
        r = daemon_load_modules(daemon);
        if (r == 0)
                r = daemon_make_runtime(daemon);
        if (r == 0)
                r = daemon_make_memory(daemon);
        if (r != 0)
                return fault_pass(r);
        daemon_raise_descriptors();
        daemon_init_timeouts(daemon);
        r = shutdown_init(&daemon->shutdown, daemon);
        if (r == 0)
                r = reaper_start(&daemon->reaper, daemon);
        if (r == 0)
                r = listener_start(&daemon->listener, daemon);
        return fault_pass(r);
}

int daemon_init(struct daemon *daemon, const struct options *options) {
        int r;

        daemon_init_fields(daemon, options);
        r = daemon_init_parts(daemon);
        if (r < 0)
                log_error("cannot start: %s", strerror(-r));
        return r;
}

/* ---- running ---- */

static void daemon_tell_ready(const struct daemon *daemon) {
        gca_runtime_metrics metrics;
        size_t n_kinds = 0;

        while (gca_registry_get(daemon->registry, n_kinds))
                n_kinds++;
        gca_runtime_get_metrics(daemon->runtime, &metrics);
        log_notice("gcasyncd %s serves %s: %zu kinds of task, %u workers, pid %ld",
                   PACKAGE_VERSION,
                   daemon->listener.endpoint.path,
                   n_kinds,
                   metrics.n_workers,
                   (long)getpid());
        if (daemon->options->ready_fd < 0)
                return;
        if (write(daemon->options->ready_fd, "\n", 1) < 0)
                log_warning("cannot write to the descriptor of --ready-fd: %s", strerror(errno));
        (void)close(daemon->options->ready_fd);
}

int daemon_run(struct daemon *daemon) {
        int r;

        daemon_tell_ready(daemon);
        r = gca_runtime_run(daemon->runtime);
        if (r < 0)
                log_error("the runtime failed: %s", strerror(-r));
        log_notice("stopped: %llu tasks in %.0f s",
                   (unsigned long long)daemon->n_tasks_submitted,
                   (double)(clock_realtime_ns() - daemon->started_ns) / (double)NS_PER_S);
        return fault_pass(r);
}

/* ---- the end ---- */

static void daemon_forget_jobs(struct daemon *daemon) {
        struct job *job;

        while ((job = id_table_find_after(&daemon->jobs, 0)))
                job_unregister(job);
        id_table_deinit(&daemon->jobs);
}

void daemon_deinit(struct daemon *daemon) {
        if (daemon->runtime) {
                sessions_close_all(daemon);
                daemon_forget_jobs(daemon);
                listener_stop(&daemon->listener);
                reaper_stop(&daemon->reaper);
                shutdown_deinit(&daemon->shutdown);
                timeouts_deinit(&daemon->hello_timeouts);
                timeouts_deinit(&daemon->frame_timeouts);
                timeouts_deinit(&daemon->output_timeouts);
        }
        daemon->runtime = gca_runtime_free(daemon->runtime);
        daemon->heap = gca_heap_free(daemon->heap);
        daemon->registry = gca_registry_free(daemon->registry);
        assert(list_is_empty(&daemon->accounts));
        if (daemon->capture_pool.directory)
                capture_pool_deinit(&daemon->capture_pool);
        arena_deinit(&daemon->arena);
        buffer_deinit(&daemon->spare_output);
        free(daemon->scratch);
        free(daemon->chunk);
        value_encoder_release_thread();
        endpoint_close(&daemon->listener.endpoint);
}
