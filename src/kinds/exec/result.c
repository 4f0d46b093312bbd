/* SPDX-License-Identifier: MIT */

#include "kinds/exec/result.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "kinds/kinds.h"

static int64_t timeval_to_us(struct timeval time) {
        return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

static gca_value usage_new(gca_region *region, const struct rusage *usage) {
        gca_builder map;

        gca_builder_begin_map(&map, region);
        gca_builder_set(&map, "user_us", gca_int(region, timeval_to_us(usage->ru_utime)));
        gca_builder_set(&map, "system_us", gca_int(region, timeval_to_us(usage->ru_stime)));
        gca_builder_set(&map, "max_rss_bytes", gca_int(region, usage->ru_maxrss * INT64_C(1024)));
        gca_builder_set(&map, "minor_faults", gca_int(region, usage->ru_minflt));
        gca_builder_set(&map, "major_faults", gca_int(region, usage->ru_majflt));
        gca_builder_set(&map, "blocks_read", gca_int(region, usage->ru_inblock));
        gca_builder_set(&map, "blocks_written", gca_int(region, usage->ru_oublock));
        gca_builder_set(&map, "voluntary_switches", gca_int(region, usage->ru_nvcsw));
        gca_builder_set(&map, "involuntary_switches", gca_int(region, usage->ru_nivcsw));
        return gca_builder_end(&map);
}

static gca_value signal_name_new(gca_region *region, int number) {
        const char *name = sigabbrev_np(number);

        if (name != NULL)
                return gca_string_format(region, "SIG%s", name);
        return gca_string_format(region, "SIGRTMIN+%d", number - SIGRTMIN);
}

static void set_end(gca_builder *map, const gca_child_end *end) {
        gca_region *region = map->region;

        if (end->code == CLD_EXITED) {
                gca_builder_set(map, "status", gca_int(region, end->status));
                return;
        }
        gca_builder_set(map, "signal", gca_int(region, end->status));
        gca_builder_set(map, "signal_name", signal_name_new(region, end->status));
        gca_builder_set(map, "core_dumped", gca_bool(end->code == CLD_DUMPED));
}

gca_value exec_result_new(gca_region *region, const struct exec_outcome *outcome) {
        gca_builder map;

        gca_builder_begin_map(&map, region);
        set_end(&map, &outcome->end);
        gca_builder_set(&map, "stdout_bytes", gca_int(region, (int64_t)outcome->stdout_bytes));
        gca_builder_set(&map, "stderr_bytes", gca_int(region, (int64_t)outcome->stderr_bytes));
        gca_builder_set(&map, "output_lost", gca_bool(outcome->is_output_lost));
        gca_builder_set(&map, "output_left_open", gca_bool(outcome->is_output_left_open));
        gca_builder_set(&map, "wall_us", gca_int(region, (int64_t)(outcome->wall_ns / 1000)));
        gca_builder_set(&map, "usage", usage_new(region, &outcome->end.usage));
        return gca_builder_end(&map);
}

/* The shells' 127 and 126, and what is neither: no fault of the program. */
static const char *execute_error_to_code(int error) {
        switch (error) {
        case ENOENT:
        case ENOTDIR:
                return "exec-not-found";
        case EAGAIN:
        case EIO:
        case EMFILE:
        case ENFILE:
        case ENOMEM:
                return "exec-failed";
        default:
                return "exec-not-executable";
        }
}

static gca_poll fail_execute(gca_task *task, const struct spawn *spawn, const char *program) {
        const char *reason = strerrordesc_np(spawn->error);

        if (spawn->is_interpreter_missing)
                reason = "the interpreter that it names is missing";
        else if (spawn->plan.paths[0] != spawn->plan.argv[0] &&
                 (spawn->error == ENOENT || spawn->error == ENOTDIR))
                reason = "not found in PATH";
        return gca_fail(
                task, execute_error_to_code(spawn->error), "cannot run %s: %s", program, reason);
}

gca_poll exec_fail_spawn(gca_task *task, const struct spawn *spawn, gca_value program) {
        const char *reason = strerrordesc_np(spawn->error);
        const char *step = spawn_step_to_text(spawn->failed_step);
        char name[256];

        print_octets(gca_task_region(task), program, name, sizeof(name));
        if (spawn->failed_step == SPAWN_STEP_EXECUTE)
                return fail_execute(task, spawn, name);
        if (spawn->failed_step == SPAWN_STEP_LIMIT)
                return gca_fail(task,
                                "exec-failed",
                                "cannot run %s: cannot %s \"%s\": %s",
                                name,
                                step,
                                spawn->plan.limits[spawn->failed_limit].name,
                                reason);
        return gca_fail(task, "exec-failed", "cannot run %s: cannot %s: %s", name, step, reason);
}
