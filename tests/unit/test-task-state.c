/* SPDX-License-Identifier: MIT */

#include "helpers/suite.h"
#include "runtime/task-state.h"

static struct task_state state;

/* Brings a fresh task to a stage. */
static void become_queued(void) {
        task_state_init(&state);
        ck_assert_int_eq(task_state_to_queued(&state), TASK_ACT_POLL);
}

static void become_running(void) {
        become_queued();
        ck_assert_int_eq(task_state_to_running(&state), TASK_ACT_POLL);
}

static void become_suspended(void) {
        become_running();
        ck_assert_int_eq(task_state_to_suspended(&state, 0), TASK_ACT_NONE);
}

START_TEST(task_goes_its_way) {
        task_state_init(&state);
        ck_assert_int_eq(task_state_get(&state), GCA_TASK_QUEUED);
        become_queued();
        ck_assert(task_state_is_queued(&state));
        become_suspended();
        ck_assert_int_eq(task_state_get(&state), GCA_TASK_SUSPENDED);
        ck_assert_int_eq(task_state_to_notified(&state), TASK_ACT_SCHEDULE);
        task_state_to_resumed(&state);
        ck_assert_int_eq(task_state_get(&state), GCA_TASK_RUNNING);
        ck_assert_int_eq(task_state_to_completing(&state), TASK_ACT_POLL);
        ck_assert_int_eq(task_state_get(&state), GCA_TASK_RUNNING);
        task_state_to_ended(&state, GCA_TASK_FAILED);
        ck_assert_int_eq(task_state_get(&state), GCA_TASK_FAILED);
        ck_assert(task_state_is_ended(&state) && !task_state_is_settled(&state));
        task_state_to_settled(&state);
        ck_assert_int_eq(task_state_get(&state), GCA_TASK_FAILED);
        ck_assert(task_state_is_settled(&state));
}
END_TEST

START_TEST(suspended_task_is_scheduled_once) {
        become_suspended();
        ck_assert_int_eq(task_state_to_notified(&state), TASK_ACT_SCHEDULE);
        ck_assert_int_eq(task_state_to_notified(&state), TASK_ACT_NONE);
        ck_assert_int_eq(task_state_to_aborted(&state, GCA_ABORT_REQUEST), TASK_ACT_CHANGED);
        task_state_to_resumed(&state);
        ck_assert_int_eq(task_state_to_notified(&state), TASK_ACT_NONE);
}
END_TEST

START_TEST(abort_of_a_queued_task_ends_it) {
        become_queued();
        ck_assert_int_eq(task_state_to_aborted(&state, GCA_ABORT_REQUEST), TASK_ACT_END);
        ck_assert_int_eq(task_state_get(&state), GCA_TASK_ABORTED);
        ck_assert_int_eq(task_state_to_running(&state), TASK_ACT_LET_GO);
        ck_assert_int_eq(task_state_to_aborted(&state, GCA_ABORT_KILL), TASK_ACT_NONE);
}
END_TEST

START_TEST(abort_before_submission_ends_it_there) {
        task_state_init(&state);
        ck_assert_int_eq(task_state_to_aborted(&state, GCA_ABORT_KILL), TASK_ACT_CHANGED);
        ck_assert_int_eq(task_state_to_queued(&state), TASK_ACT_END);
        ck_assert_int_eq(task_state_get(&state), GCA_TASK_ABORTED);
}
END_TEST

START_TEST(abort_during_a_poll_keeps_the_task_from_suspending) {
        uint32_t told;

        become_running();
        told = task_state_get_told(&state);
        ck_assert_int_eq(task_state_to_aborted(&state, GCA_ABORT_REQUEST), TASK_ACT_CHANGED);
        ck_assert_int_eq(task_state_to_suspended(&state, told), TASK_ACT_POLL);
        told = task_state_get_told(&state);
        ck_assert_uint_eq(told, TASK_TOLD_ABORT);
        ck_assert_int_eq(task_state_to_suspended(&state, told), TASK_ACT_NONE);
        /* Told as much already; but a kill is news. */
        ck_assert_int_eq(task_state_to_aborted(&state, GCA_ABORT_REQUEST), TASK_ACT_NONE);
        ck_assert_int_eq(task_state_to_aborted(&state, GCA_ABORT_KILL), TASK_ACT_SCHEDULE);
        ck_assert_uint_eq(task_state_get_told(&state), TASK_TOLD_ABORT | TASK_TOLD_KILL);
}
END_TEST

START_TEST(deadline_decides_the_end_unless_a_result_was_first) {
        become_running();
        ck_assert_int_eq(task_state_to_expired(&state), TASK_ACT_CHANGED);
        ck_assert_int_eq(task_state_get(&state), GCA_TASK_TIMED_OUT);
        ck_assert_int_eq(task_state_to_expired(&state), TASK_ACT_NONE);
        ck_assert_int_eq(task_state_to_completing(&state), TASK_ACT_TIMED_OUT);
        task_state_to_ended(&state, GCA_TASK_TIMED_OUT);

        become_running();
        ck_assert_int_eq(task_state_to_completing(&state), TASK_ACT_POLL);
        ck_assert_int_eq(task_state_to_expired(&state), TASK_ACT_NONE);
        task_state_to_ended(&state, GCA_TASK_SUCCEEDED);
        ck_assert_int_eq(task_state_to_expired(&state), TASK_ACT_NONE);
        ck_assert_int_eq(task_state_get(&state), GCA_TASK_SUCCEEDED);
}
END_TEST

START_TEST(deadline_finds_the_task_wherever_it_is) {
        become_queued();
        ck_assert_int_eq(task_state_to_expired(&state), TASK_ACT_END);
        ck_assert_int_eq(task_state_get(&state), GCA_TASK_TIMED_OUT);
        become_suspended();
        ck_assert_int_eq(task_state_to_expired(&state), TASK_ACT_SCHEDULE);
        /* A task that is being aborted may still run out of time. */
        become_suspended();
        ck_assert_int_eq(task_state_to_aborted(&state, GCA_ABORT_REQUEST), TASK_ACT_SCHEDULE);
        ck_assert_int_eq(task_state_to_expired(&state), TASK_ACT_CHANGED);
}
END_TEST

START_TEST(task_of_one_thread_goes_the_same_way) {
        become_queued();
        task_state_to_running_alone(&state);
        ck_assert_int_eq(task_state_to_completing_alone(&state), TASK_ACT_POLL);
        task_state_to_ended(&state, GCA_TASK_SUCCEEDED);
        ck_assert_int_eq(task_state_get(&state), GCA_TASK_SUCCEEDED);
        become_running();
        ck_assert_int_eq(task_state_to_expired(&state), TASK_ACT_CHANGED);
        ck_assert_int_eq(task_state_to_completing_alone(&state), TASK_ACT_TIMED_OUT);
}
END_TEST

START_TEST(states_have_the_names_that_people_read) {
        ck_assert_str_eq(gca_task_state_to_string(GCA_TASK_QUEUED), "queued");
        ck_assert_str_eq(gca_task_state_to_string(GCA_TASK_TIMED_OUT), "timed-out");
        ck_assert_str_eq(gca_task_state_to_string((gca_task_state)0), "unknown");
        ck_assert_str_eq(gca_task_state_to_string((gca_task_state)99), "unknown");
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                task_goes_its_way,
                suspended_task_is_scheduled_once,
                abort_of_a_queued_task_ends_it,
                abort_before_submission_ends_it_there,
                abort_during_a_poll_keeps_the_task_from_suspending,
                deadline_decides_the_end_unless_a_result_was_first,
                deadline_finds_the_task_wherever_it_is,
                task_of_one_thread_goes_the_same_way,
                states_have_the_names_that_people_read,
        };

        return suite_run("task-state", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
