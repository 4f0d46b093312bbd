/* SPDX-License-Identifier: MIT */

/* Captured output meets a full disk: 64 KiB of memory, mounted for the daemon alone. */

#include <check.h>
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "helpers/work.h"

/* In a process of its own: a small file system on the folder. */
static int mount_small_disk(const char *folder) {
        if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
                return -errno;
        return mount("tmpfs", folder, "tmpfs", 0, "size=64k,mode=0700") == 0 ? 0 : -errno;
}

static void prepare_small_disk(void *data) {
        if (mount_small_disk(data) != 0)
                _exit(126);
}

static bool can_mount(void) {
        int status;
        pid_t pid = fork();

        if (pid == 0)
                _exit(mount_small_disk("/tmp") != 0);
        return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static void daemon_start_on_small_disk(struct daemon *daemon) {
        static char disk[SCRATCH_PATH_SIZE];
        const char *const arguments[] = { "--output-dir", disk, NULL };

        scratch_make_folder(disk);
        daemon_start(daemon,
                     &(struct daemon_options){
                             .arguments = arguments, .prepare = prepare_small_disk, .data = disk });
}

static void add_bytes(gcasync_call *call, const gcasync_event *event, void *data) {
        (void)call;
        if (event->type == GCASYNC_EVENT_OUTPUT)
                *(uint64_t *)data += event->data_size;
}

static gcasync_log_end read_log(gcasync_client *client, uint64_t task, uint64_t *ret_kept) {
        gcasync_log_options options = { .size = sizeof(options),
                                        .task = task,
                                        .on_event = add_bytes };
        gcasync_log_end end = { 0 };

        *ret_kept = 0;
        ck_assert_str_eq(gcasync_error_name(
                                 gcasync_log(client, &options, ret_kept, client_deadline(), &end)),
                         "ok");
        return end;
}

START_TEST(output_past_a_full_disk_is_lost_and_told) {
        cleanup_(gcasync_client_unrefp) gcasync_client *client = NULL;
        gcasync_log_end end;
        struct daemon daemon;
        uint64_t task, kept;

        daemon_start_on_small_disk(&daemon);
        client = client_connect(&daemon);
        task = work_detach(client, &WORK_EXEC("head", "-c", "1000000", "/dev/zero"));
        task_wait_state(client, task, GCASYNC_STATE_SUCCEEDED);
        end = read_log(client, task, &kept);
        ck_assert_uint_gt(kept, 0);
        ck_assert_uint_le(kept, 64 << 10);
        ck_assert_uint_eq(end.stdout_bytes, 1000000);
        ck_assert_uint_eq(end.cut_bytes, 1000000 - kept);
        daemon_stop(&daemon);
}
END_TEST

START_TEST(others_are_served_while_the_disk_is_full) {
        cleanup_(gcasync_client_unrefp) gcasync_client *client = NULL;
        struct daemon daemon;
        uint64_t task;

        daemon_start_on_small_disk(&daemon);
        client = client_connect(&daemon);
        task = work_detach(client, &WORK_EXEC("sh", "-c", "yes; sleep 3600"));
        task_wait_state(client, task, GCASYNC_STATE_SUSPENDED);
        for (int i = 0; i < 20; i++)
                daemon_expect_healthy(&daemon);
        ck_assert_int_eq(gcasync_abort(client, task, true, NULL, client_deadline(), NULL), 0);
        task_wait_state(client, task, GCASYNC_STATE_ABORTED);
        daemon_stop(&daemon);
}
END_TEST

START_TEST(space_given_back_is_used_again) {
        cleanup_(gcasync_client_unrefp) gcasync_client *client = NULL;
        struct daemon daemon;
        uint64_t task, kept;

        daemon_start_on_small_disk(&daemon);
        client = client_connect(&daemon);
        task = work_detach(client, &WORK_EXEC("head", "-c", "1000000", "/dev/zero"));
        task_wait_state(client, task, GCASYNC_STATE_SUCCEEDED);
        ck_assert_int_eq(gcasync_remove(client, task, client_deadline()), 0);
        task = work_detach(client, &WORK_EXEC("head", "-c", "30000", "/dev/zero"));
        task_wait_state(client, task, GCASYNC_STATE_SUCCEEDED);
        ck_assert_uint_eq(read_log(client, task, &kept).cut_bytes, 0);
        ck_assert_uint_eq(kept, 30000);
        daemon_stop(&daemon);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                output_past_a_full_disk_is_lost_and_told,
                others_are_served_while_the_disk_is_full,
                space_given_back_is_used_again,
        };

        if (!can_mount()) {
                for (size_t i = 0; i < SUITE_SIZE(tests); i++)
                        suite_skip(tests[i], "needs the right to mount");
                return 77;
        }
        return scratch_run("full-disk", tests, SUITE_SIZE(tests));
}
