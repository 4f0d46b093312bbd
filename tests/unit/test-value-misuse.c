/* SPDX-License-Identifier: MIT */
/*
 * What a correct caller never does ends the process at once, before it does harm: by an assertion, or with
 * AddressSanitizer by its report.
 */

#include <check.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gc/region.h"
#include "helpers/suite.h"

static void expect_death(void (*misuse)(gca_region *region)) {
        pid_t pid = fork();
        int status, null_fd;

        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
                const struct rlimit no_core = { 0, 0 };

                (void)setrlimit(RLIMIT_CORE, &no_core);
                null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
                (void)dup2(null_fd, STDERR_FILENO);
                misuse(gca_region_new(0));
                _exit(0);
        }
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
}

static void ask_string_for_int(gca_region *region) {
        (void)gca_get_int(gca_string(region, "1", 1));
}

static void ask_int_for_string(gca_region *region) {
        (void)gca_get_string(gca_int(region, 1), NULL);
}

static void ask_list_for_key(gca_region *region) {
        (void)gca_find(gca_list(region, NULL, 0), "k", 1);
}

static void ask_nothing_for_bool(gca_region *region) {
        (void)region;
        (void)gca_get_bool(GCA_NO_VALUE);
}

static void ask_bytes_for_count(gca_region *region) {
        (void)gca_get_count(gca_bytes(region, "12", 2));
}

static void ask_past_the_end(gca_region *region) {
        gca_value value = gca_nil();

        (void)gca_get_element(gca_list(region, &value, 1), 1);
}

START_TEST(query_of_the_wrong_type_is_stopped) {
        expect_death(ask_string_for_int);
        expect_death(ask_int_for_string);
        expect_death(ask_list_for_key);
        expect_death(ask_nothing_for_bool);
        expect_death(ask_bytes_for_count);
        expect_death(ask_past_the_end);
}
END_TEST

static void use_value_of_ended_scope(gca_region *region) {
        gca_scope scope;
        gca_value value;

        (void)gca_float(region, 1.0);
        gca_scope_begin(region, &scope);
        value = gca_string(region, "gone", -1);
        gca_scope_end(region, &scope, GCA_NO_VALUE);
        (void)gca_get_string(value, NULL);
}

START_TEST(value_of_an_ended_scope_is_not_read) {
        expect_death(use_value_of_ended_scope);
}
END_TEST

static void write_into_ended_scope(gca_region *region) {
        gca_scope scope;
        char *memory;

        gca_scope_begin(region, &scope);
        memory = gca_region_allocate(region, 100);
        gca_scope_end(region, &scope, GCA_NO_VALUE);
        memory[50] = 'x';
        (void)gca_region_allocate(region, 100);
}

START_TEST(write_into_an_ended_scope_is_noticed) {
#if defined(GCASYNC_DEBUG_CHECKS) || defined(MEMORY_HAS_ASAN)
        expect_death(write_into_ended_scope);
#else
        (void)write_into_ended_scope;
        suite_skip(write_into_an_ended_scope_is_noticed, "needs debug checks");
#endif
}
END_TEST

static void write_past_the_end(gca_region *region) {
        char *bytes = gca_bytes_get_mutable(gca_bytes(region, NULL, 13));

        ((volatile char *)bytes)[13] = 'x';
}

START_TEST(write_past_the_end_of_bytes_is_seen_by_asan) {
#ifdef MEMORY_HAS_ASAN
        expect_death(write_past_the_end);
#else
        (void)write_past_the_end;
        suite_skip(write_past_the_end_of_bytes_is_seen_by_asan, "needs AddressSanitizer");
#endif
}
END_TEST

static void end_scopes_in_wrong_order(gca_region *region) {
        gca_scope scopes[2];

        gca_scope_begin(region, &scopes[0]);
        gca_scope_begin(region, &scopes[1]);
        gca_scope_end(region, &scopes[0], GCA_NO_VALUE);
}

static void end_scope_twice(gca_region *region) {
        gca_scope scopes[2];

        gca_scope_begin(region, &scopes[0]);
        gca_scope_begin(region, &scopes[1]);
        gca_scope_end(region, &scopes[1], GCA_NO_VALUE);
        gca_scope_end(region, &scopes[1], GCA_NO_VALUE);
}

static void end_scope_of_another_region(gca_region *region) {
        gca_region *other = gca_region_new(0);
        gca_scope scope, other_scope;

        gca_scope_begin(region, &scope);
        gca_scope_begin(other, &other_scope);
        gca_scope_end(other, &scope, GCA_NO_VALUE);
}

START_TEST(scopes_end_in_reverse_order_and_once) {
        expect_death(end_scopes_in_wrong_order);
        expect_death(end_scope_twice);
        expect_death(end_scope_of_another_region);
}
END_TEST

static void end_builder_in_an_inner_scope(gca_region *region) {
        gca_builder builder;
        gca_scope scope;

        gca_builder_begin_list(&builder, region);
        gca_builder_add(&builder, gca_nil());
        gca_scope_begin(region, &scope);
        (void)gca_builder_end(&builder);
}

static void fill_builder_of_an_ended_scope(gca_region *region) {
        gca_builder builder;
        gca_scope scope;

        gca_scope_begin(region, &scope);
        gca_builder_begin_list(&builder, region);
        gca_builder_add(&builder, gca_nil());
        gca_scope_end(region, &scope, GCA_NO_VALUE);
        (void)gca_builder_end(&builder);
}

START_TEST(builder_is_used_in_its_scope) {
        expect_death(end_builder_in_an_inner_scope);
        expect_death(fill_builder_of_an_ended_scope);
}
END_TEST

static void add_to_a_map_without_key(gca_region *region) {
        gca_builder builder;

        gca_builder_begin_map(&builder, region);
        gca_builder_add(&builder, gca_nil());
}

static void set_a_key_of_a_list(gca_region *region) {
        gca_builder builder;

        gca_builder_begin_list(&builder, region);
        gca_builder_set(&builder, "key", gca_nil());
}

START_TEST(builder_takes_what_it_was_begun_for) {
        expect_death(add_to_a_map_without_key);
        expect_death(set_a_key_of_a_list);
}
END_TEST

static void free_an_embedded_region(gca_region *region) {
        struct gca_region embedded;

        gca_region_free(region);
        region_init(&embedded, NULL, 0);
        (void)gca_region_free(&embedded);
}

START_TEST(region_inside_a_task_is_not_freed) {
        expect_death(free_an_embedded_region);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                query_of_the_wrong_type_is_stopped,   value_of_an_ended_scope_is_not_read,
                write_into_an_ended_scope_is_noticed, write_past_the_end_of_bytes_is_seen_by_asan,
                scopes_end_in_reverse_order_and_once, builder_is_used_in_its_scope,
                builder_takes_what_it_was_begun_for,  region_inside_a_task_is_not_freed,
        };

        return suite_run("value-misuse", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
