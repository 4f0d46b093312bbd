/* SPDX-License-Identifier: MIT */

/* What the runtime calls: a task's way in and out, and the end of a pass. */

#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "daemon/daemon.h"
#include "daemon/job.h"
#include "daemon/session.h"
#include "daemon/value-decode.h"
#include "daemon/value-encode.h"

enum {
        RESULT_OVERHEAD = 128, /* of a Result, above its value */
};

/* ---- on the task's thread ---- */

static int host_load_arguments(gca_task *task, gca_region *region, gca_value *ret_arguments) {
        const struct job *job = job_from_task(task);
        struct graph_chunk encoded = { .data = job->arguments, .size = job->arguments_size };
        struct limits *limits = &job->daemon->limits;
        const char *reason = "";
        gca_value arguments = GCA_NO_VALUE;
        int r;

        if (encoded.size == 0) {
                arguments = gca_map(region, NULL, NULL, 0);
                r = gca_is_value(arguments) ? 0 : VALUE_DECODE_E_REGION_FULL;
        } else {
                r = value_decode(region,
                                 encoded,
                                 limits_get(limits, LIMIT_VALUE_NODES),
                                 &arguments,
                                 &reason);
        }
        if (r == VALUE_DECODE_E_TOO_LARGE)
                limits_count_reached(limits, LIMIT_VALUE_NODES);
        if (r == VALUE_DECODE_E_MALFORMED || r == VALUE_DECODE_E_TOO_LARGE) {
                (void)gca_fail(task, "invalid-argument", "the arguments are no value: %s", reason);
                return fault_raise(-EINVAL);
        }
        if (r != 0) {
                (void)gca_fail(task,
                               "memory-limit",
                               "the arguments do not fit into the task's memory limit");
                return fault_raise(-ENOMEM);
        }
        if (gca_get_type(arguments) != GCA_TYPE_MAP) {
                (void)gca_fail(task,
                               "invalid-argument",
                               "the arguments are to be a map, not a value of type %s",
                               gca_type_to_string(gca_get_type(arguments)));
                return fault_raise(-EINVAL);
        }
        *ret_arguments = arguments;
        return 0;
}

static int
host_keep_result(struct job *job, struct value_encoder *encoder, struct graph_chunk encoded) {
        uint8_t *result;

        /* It is sent before this thread encodes anything else. */
        if (job->is_inline && !job->is_detached && !job->waits_for_output) {
                job->result = encoded.data;
                job->result_size = encoded.size;
                job->is_result_borrowed = true;
                return 0;
        }
        result = malloc(encoded.size);
        if (!result)
                return fault_raise(-ENOMEM);
        memcpy(result, encoded.data, encoded.size);
        job->result = result;
        job->result_size = encoded.size;
        value_encoder_reset(encoder);
        return 0;
}

static int host_store_result(gca_task *task, gca_value value) {
        struct job *job = job_from_task(task);
        struct limits *limits = &job->daemon->limits;
        struct value_encoder *encoder = value_encoder_for_thread();
        uint64_t frame_max = limits_get(limits, LIMIT_FRAME_BYTES);
        uint64_t n_nodes_max = limits_get(limits, LIMIT_VALUE_NODES);
        struct graph_chunk encoded;
        int r = -ENOMEM;

        if (encoder)
                r = value_encoder_write(
                        encoder, value, n_nodes_max, frame_max - RESULT_OVERHEAD, &encoded);
        if (r == 0)
                r = host_keep_result(job, encoder, encoded);
        if (r == VALUE_ENCODE_E_TOO_LARGE) {
                (void)gca_fail(task,
                               "result-too-large",
                               "the result has more than %llu values or %llu bytes, the limits "
                               "value-nodes and frame-bytes",
                               (unsigned long long)n_nodes_max,
                               (unsigned long long)frame_max);
                limits_count_reached(limits, LIMIT_FRAME_BYTES);
                return fault_raise(-EMSGSIZE);
        }
        if (r == VALUE_ENCODE_E_IDENTITY) {
                (void)gca_fail(task,
                               "result-not-by-value",
                               "the result holds a cell, a weak value or a native object, which do "
                               "not travel by value");
                return fault_raise(-EINVAL);
        }
        if (r < 0)
                (void)gca_fail(task, "no-memory", "the daemon has no memory for the result");
        return fault_pass(r);
}

static int host_write_output(gca_task *task, int stream, const void *data, size_t size) {
        return job_write_output(job_from_task(task), stream, data, size);
}

/* gcasyncd never changes its uid, so who executes by it executes as it: its own uid only. */
static bool host_may_execute(const gca_task *task) {
        const struct job *job = job_from_task(task);

        return job->uid == job->daemon->uid;
}

/* ---- on the I/O thread ---- */

static void host_progressed(gca_task *task) {
        job_reply_progress(job_from_task(task));
}

static void host_finished(gca_task *task) {
        job_finish(job_from_task(task));
}

static void host_settled(gca_task *task) {
        job_settle(job_from_task(task));
}

static void host_pass_end(gca_runtime *runtime, void *data) {
        struct daemon *daemon = data;

        (void)runtime;
        daemon->n_pass++;
        sessions_end_pass(daemon);
        shutdown_end_pass(&daemon->shutdown);
}

/* ---- any thread ---- */

static void host_freed(gca_task *task) {
        job_deinit(job_from_task(task));
}

const gca_host_ops daemon_host_ops = {
        .size = sizeof(daemon_host_ops),
        .load_arguments = host_load_arguments,
        .store_result = host_store_result,
        .write_output = host_write_output,
        .may_execute = host_may_execute,
        .progressed = host_progressed,
        .finished = host_finished,
        .settled = host_settled,
        .freed = host_freed,
        .pass_end = host_pass_end,
};
