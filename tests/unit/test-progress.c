/* SPDX-License-Identifier: MIT */

#include <semaphore.h>

#include "helpers/runtime-host.h"
#include "helpers/suite.h"

static sem_t gate;

/* Reports a hundred times while the I/O thread cannot look, for it waits at the gate. */
static gca_poll busy_poll(gca_task *task, void *state) {
        (void)state;
        gca_report_progress(task, 0, 100, "begun");
        while (sem_wait(&gate) < 0)
                continue;
        for (unsigned i = 1; i <= 100; i++)
                gca_report_progress(task, i, 100, NULL);
        (void)sem_post(&gate);
        return gca_succeed(task, gca_nil());
}

HOST_KIND(busy_kind, GCA_MODE_POLL, busy_poll, .flags = 0);
HOST_KIND(busy_blocking, GCA_MODE_BLOCKING, busy_poll, .flags = 0);

static void hold_io(struct host *host, gca_task *task) {
        gca_task_info info;

        if (host->n_progressed == 1) {
                (void)sem_post(&gate);
                do
                        gca_task_get_info(task, &info);
                while (info.progress_done < 100);
        }
}

static void report_from(const gca_kind_entry *kind) {
        struct host host = { .n_workers = 1, .on_progress = hold_io };

        (void)sem_init(&gate, 0, 0);
        host_start(&host);
        (void)host_submit(&host, kind);
        host_run(&host, 1);
        /* The first report, and one for all the others, unless the task's end was quicker. */
        ck_assert_uint_le(host.n_progressed, 2);
        ck_assert_uint_ge(host.n_progressed, 1);
        host_end(&host);
}

START_TEST(reports_are_coalesced) {
        report_from(&busy_kind);
        report_from(&busy_blocking);
}
END_TEST

/* Reports at every poll, for a while. */
static gca_poll ceaseless_poll(gca_task *task, void *state) {
        uint64_t *until_ns = state;

        if (*until_ns == 0)
                *until_ns = gca_now_ns() + UINT64_C(120000000);
        gca_report_progress(task, 1, 2, NULL);
        return gca_now_ns() < *until_ns ? GCA_AGAIN : gca_succeed(task, gca_nil());
}

HOST_KIND(ceaseless_kind,
          GCA_MODE_POLL,
          ceaseless_poll,
          .flags = 0,
          .state_size = sizeof(uint64_t));

START_TEST(ceaseless_reports_are_told_now_and_then) {
        struct host host = { .n_workers = 1 };
        uint64_t begin_ns = gca_now_ns();

        host_start(&host);
        (void)host_submit(&host, &ceaseless_kind);
        host_run(&host, 1);
        ck_assert_uint_ge(host.n_progressed, 1);
        /* One at once, then one every 50 ms, however long it took here. */
        ck_assert_uint_le(host.n_progressed, 1 + (gca_now_ns() - begin_ns) / UINT64_C(50000000));
        host_end(&host);
}
END_TEST

static const char *text_to_report;

static gca_poll report_poll(gca_task *task, void *state) {
        (void)state;
        gca_report_progress(task, 1, 2, text_to_report);
        return gca_succeed(task, gca_nil());
}

HOST_KIND(report_inline, GCA_MODE_INLINE, report_poll, .flags = 0);
HOST_KIND(report_service, GCA_MODE_SERVICE, report_poll, .flags = 0);

static void expect_text(const char *given, const char *expected) {
        struct host host = { .n_workers = 1 };
        gca_task_info info;
        gca_task *task;

        text_to_report = given;
        host_start(&host);
        task = host_submit_kept(&host, &report_service);
        host_run(&host, 1);
        gca_task_get_info(task, &info);
        ck_assert_str_eq(info.progress_text, expected);
        (void)gca_task_unref(task);
        host_end(&host);
}

START_TEST(text_is_cut_between_characters) {
        char given[201], expected[128];

        memset(given, 'a', 200);
        given[200] = '\0';
        memset(expected, 'a', 127);
        expected[127] = '\0';
        expect_text(given, expected);
        /* The 127th byte would be the first of two. */
        memcpy(given + 126, "\xc3\xa4", 2);
        expected[126] = '\0';
        expect_text(given, expected);
        expect_text("not \xff UTF-8", "");
        expect_text(NULL, "");
        expect_text("done", "done");
}
END_TEST

START_TEST(task_that_ended_reports_no_more) {
        struct host host = { .n_workers = 1 };

        text_to_report = "late";
        host_start(&host);
        (void)host_submit(&host, &report_inline);
        ck_assert_uint_eq(host.n_settled, 1);
        host_run(&host, 1);
        ck_assert_uint_eq(host.n_progressed, 0);
        host_end(&host);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                reports_are_coalesced,
                ceaseless_reports_are_told_now_and_then,
                text_is_cut_between_characters,
                task_that_ended_reports_no_more,
        };

        return suite_run("progress", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
