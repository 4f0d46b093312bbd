/* SPDX-License-Identifier: MIT */

/*
 * Links the shared library alone, as a program out there does: every function of client.h
 * is there, and what needs no daemon works. check-client-symbols compares the list with
 * header and library.
 */

#include <check.h>

#include "gcasync/client.h"
#include "helpers/suite.h"

typedef void function(void);

static function *const functions[] = {
        (function *)gcasync_abort,
        (function *)gcasync_abort_async,
        (function *)gcasync_abort_finish,
        (function *)gcasync_await,
        (function *)gcasync_await_async,
        (function *)gcasync_await_finish,
        (function *)gcasync_builder_bool,
        (function *)gcasync_builder_bytes,
        (function *)gcasync_builder_close_list,
        (function *)gcasync_builder_close_map,
        (function *)gcasync_builder_finish,
        (function *)gcasync_builder_float,
        (function *)gcasync_builder_free,
        (function *)gcasync_builder_get_error,
        (function *)gcasync_builder_int,
        (function *)gcasync_builder_key,
        (function *)gcasync_builder_key_n,
        (function *)gcasync_builder_new,
        (function *)gcasync_builder_nil,
        (function *)gcasync_builder_open_list,
        (function *)gcasync_builder_open_map,
        (function *)gcasync_builder_reset,
        (function *)gcasync_builder_string,
        (function *)gcasync_builder_string_n,
        (function *)gcasync_bye,
        (function *)gcasync_bye_async,
        (function *)gcasync_bye_finish,
        (function *)gcasync_call_cancel,
        (function *)gcasync_call_get_client,
        (function *)gcasync_call_get_error,
        (function *)gcasync_call_is_done,
        (function *)gcasync_call_ref,
        (function *)gcasync_call_set_deadline,
        (function *)gcasync_call_unref,
        (function *)gcasync_call_wait,
        (function *)gcasync_client_find_socket,
        (function *)gcasync_client_flush,
        (function *)gcasync_client_get_daemon_version,
        (function *)gcasync_client_get_error,
        (function *)gcasync_client_get_events,
        (function *)gcasync_client_get_fd,
        (function *)gcasync_client_get_limit,
        (function *)gcasync_client_get_pending,
        (function *)gcasync_client_get_session,
        (function *)gcasync_client_get_timeout_ns,
        (function *)gcasync_client_is_connected,
        (function *)gcasync_client_open,
        (function *)gcasync_client_process,
        (function *)gcasync_client_ref,
        (function *)gcasync_client_unref,
        (function *)gcasync_client_wait,
        (function *)gcasync_client_wake,
        (function *)gcasync_error_name,
        (function *)gcasync_inspect,
        (function *)gcasync_inspect_async,
        (function *)gcasync_inspect_finish,
        (function *)gcasync_kinds,
        (function *)gcasync_kinds_async,
        (function *)gcasync_kinds_finish,
        (function *)gcasync_log,
        (function *)gcasync_log_async,
        (function *)gcasync_log_finish,
        (function *)gcasync_ping,
        (function *)gcasync_ping_async,
        (function *)gcasync_ping_finish,
        (function *)gcasync_remove,
        (function *)gcasync_remove_async,
        (function *)gcasync_remove_finish,
        (function *)gcasync_result_get_argument_info,
        (function *)gcasync_result_get_cause,
        (function *)gcasync_result_get_counter,
        (function *)gcasync_result_get_failure_code,
        (function *)gcasync_result_get_failure_message,
        (function *)gcasync_result_get_kind_info,
        (function *)gcasync_result_get_limit,
        (function *)gcasync_result_get_n_causes,
        (function *)gcasync_result_get_n_kinds,
        (function *)gcasync_result_get_n_tasks,
        (function *)gcasync_result_get_state,
        (function *)gcasync_result_get_status,
        (function *)gcasync_result_get_task,
        (function *)gcasync_result_get_task_info,
        (function *)gcasync_result_get_value,
        (function *)gcasync_result_has_more,
        (function *)gcasync_result_ref,
        (function *)gcasync_result_unref,
        (function *)gcasync_state_to_string,
        (function *)gcasync_status,
        (function *)gcasync_status_async,
        (function *)gcasync_status_finish,
        (function *)gcasync_strerror,
        (function *)gcasync_submit,
        (function *)gcasync_submit_async,
        (function *)gcasync_submit_finish,
        (function *)gcasync_view_find,
        (function *)gcasync_view_get_bool,
        (function *)gcasync_view_get_bytes,
        (function *)gcasync_view_get_count,
        (function *)gcasync_view_get_element,
        (function *)gcasync_view_get_float,
        (function *)gcasync_view_get_int,
        (function *)gcasync_view_get_key,
        (function *)gcasync_view_get_string,
        (function *)gcasync_view_get_type,
};

START_TEST(every_function_of_the_header_is_in_the_library) {
        for (size_t i = 0; i < SUITE_SIZE(functions); i++)
                ck_assert(functions[i] != NULL);
}
END_TEST

START_TEST(library_works_without_the_ones_it_is_made_of) {
        gcasync_client_options options = { .size = sizeof(options),
                                           .socket_path = "/nonexistent/socket" };
        __attribute__((__cleanup__(gcasync_client_unrefp))) gcasync_client *client = NULL;
        __attribute__((__cleanup__(gcasync_builder_freep))) gcasync_builder *builder = NULL;
        const void *data;
        size_t size;

        ck_assert_int_eq(gcasync_client_open(&options, &client), GCASYNC_E_NO_DAEMON);
        builder = gcasync_builder_new();
        gcasync_builder_string(builder, "x");
        ck_assert_int_eq(gcasync_builder_finish(builder, &data, &size), 0);
        ck_assert_uint_gt(size, 0);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                every_function_of_the_header_is_in_the_library,
                library_works_without_the_ones_it_is_made_of,
        };

        return suite_run("client-abi", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
