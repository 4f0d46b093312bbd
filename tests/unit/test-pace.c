/* SPDX-License-Identifier: MIT */

/* When cycles begin, how many there are, and how large a heap becomes meanwhile. */

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "helpers/collect.h"
#include "helpers/suite.h"

enum {
        RESULT_BYTES = 1024,
        MIB = 1024 * 1024,
};

/* Where cycles follow each other anyway, how many there are says nothing. */
#ifdef GCASYNC_GC_STRESS
static const bool is_stressed = true;
#else
static const bool is_stressed = false;
#endif

static gca_value publish_bytes(struct site *site, size_t size) {
        gca_value value = gca_publish(site->region, gca_bytes(site->region, NULL, size));

        ck_assert(gca_is_value(value));
        return value;
}

/* Results that are dropped as soon as they are there; the collector takes its steps between them. */
static void publish_results(struct site *site, size_t bytes) {
        for (size_t done = 0; done < bytes; done += RESULT_BYTES) {
                (void)publish_bytes(site, RESULT_BYTES - 16);
                if (done % (64 * RESULT_BYTES) != 0)
                        continue;
                site_forget(site);
                for (int i = 0; i < 20; i++)
                        (void)gca_heap_step_once(site->heap, NS_PER_MS);
        }
}

START_TEST(eighty_megabytes_of_results_take_five_cycles_at_most) {
        struct site site;
        gca_heap_info info;

        site_begin(&site);
        publish_results(&site, 80 * MIB);
        gca_heap_get_info(site.heap, &info);
        ck_assert_uint_ge(info.n_cycles, 3);
        ck_assert_uint_le(info.n_cycles, 5);
        ck_assert_uint_le(info.committed_bytes, 24 * MIB);
        site_end(&site);
}
END_TEST

START_TEST(large_heap_grows_by_half_between_cycles) {
        struct site site;
        gca_heap_info info;

        site_begin_with(&site,
                        (gca_heap_options){ .is_manual = true, .growth_floor_bytes = MIB / 2 });
        for (int i = 0; i < 32 * MIB / 8192; i++)
                (void)site_root(&site, publish_bytes(&site, 8000));
        site_forget(&site);
        gca_heap_collect_now(site.heap);
        gca_heap_get_info(site.heap, &info);
        for (uint64_t n = info.n_cycles, used = 0; info.n_cycles == n;) {
                publish_results(&site, 64 * RESULT_BYTES);
                gca_heap_get_info(site.heap, &info);
                used = info.used_bytes > used ? info.used_bytes : used;
                ck_assert_uint_le(used, 52 * MIB);
        }
        ck_assert_int_eq(site.heap->collector->cycle.info.trigger, GCA_TRIGGER_GROWTH);
        ck_assert_uint_le(info.committed_bytes, 32 * MIB / 10 * 21);
        site_end(&site);
}
END_TEST

START_TEST(blobs_drive_the_pace_too) {
        static char bytes[MIB];
        struct site site;
        gca_heap_info info;

        site_begin(&site);
        for (int i = 0; i < 40; i++) {
                ck_assert(gca_is_value(gca_blob_new(site.region, bytes, sizeof(bytes))));
                site_forget(&site);
                for (int j = 0; j < 20; j++)
                        (void)gca_heap_step_once(site.heap, NS_PER_MS);
        }
        gca_heap_get_info(site.heap, &info);
        ck_assert_uint_ge(info.n_cycles, 2);
        ck_assert_uint_le(info.blob_bytes, 18 * MIB);
        site_end(&site);
}
END_TEST

START_TEST(memory_goes_back_when_nothing_happens) {
        struct site site;
        gca_heap_info info;

        site_begin_with(&site, (gca_heap_options){ .is_manual = true, .idle_ns = 1 });
        for (int i = 0; i < 8 * MIB / 8192; i++)
                (void)publish_bytes(&site, 8000);
        site_forget(&site);
        for (int i = 0; i < 100; i++)
                (void)gca_heap_step_once(site.heap, NS_PER_MS);
        gca_heap_get_info(site.heap, &info);
        ck_assert_uint_le(info.used_bytes, SPACE_BLOCK_BYTES);
        ck_assert_uint_le(info.committed_bytes, 2 * MIB);
        site_end(&site);
}
END_TEST

/* ---- rest ---- */

static bool site_is_resting(struct site *site) {
        LOCK_SCOPE(&site->heap->collector->step_lock);

        return site->heap->collector->pace.is_resting;
}

/* Ticks follow each other at once. */
static void site_begin_restless(struct site *site) {
        site_begin_with(site, (gca_heap_options){ .is_manual = true, .idle_ns = 1 });
}

static void site_step_to_rest(struct site *site) {
        while (!site_is_resting(site))
                (void)gca_heap_step_once(site->heap, NS_PER_MS);
}

START_TEST(heap_with_garbage_is_collected_before_it_rests) {
        struct site site;
        gca_heap_info info;

        site_begin_restless(&site);
        site_step_to_rest(&site);
        (void)site_publish_list(&site, 1);
        (void)publish_bytes(&site, 100000);
        site_forget(&site);
        (void)gca_heap_step_once(site.heap, 0);
        ck_assert(!site_is_resting(&site));
        site_step_to_rest(&site);
        gca_heap_get_info(site.heap, &info);
        ck_assert_uint_ge(info.n_cycles, 1);
        ck_assert_uint_eq(info.large_bytes, 0);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 0);
        ck_assert_uint_eq(site.heap->collector->pace.tick_ns, CLOCK_NEVER);
        site_end(&site);
}
END_TEST

START_TEST(heap_that_holds_something_does_not_rest) {
        struct site site;
        gca_root root;

        site_begin_restless(&site);
        root = site_root(&site, site_publish_list(&site, 1));
        site_forget(&site);
        for (int i = 0; i < 100; i++)
                (void)gca_heap_step_once(site.heap, NS_PER_MS);
        ck_assert(!site_is_resting(&site));
        ck_assert_int_eq(gca_root_unregister(site.thread, site.heap, root), 0);
        site_step_to_rest(&site);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 0);
        site_end(&site);
}
END_TEST

/* What lies unused in a thread's block is room for something that nobody would tell of. */
START_TEST(block_of_a_thread_keeps_the_heap_from_resting) {
        struct site site;
        char *begin, *end;

        site_begin_restless(&site);
        ck_assert_int_eq(store_lend(site.thread, 64, &begin, &end), 0);
        store_give_back(site.thread, begin, end);
        for (int i = 0; i < 100; i++)
                (void)gca_heap_step_once(site.heap, NS_PER_MS);
        ck_assert(!site_is_resting(&site));
        gca_heap_collect_now(site.heap);
        site_step_to_rest(&site);
        site_end(&site);
}
END_TEST

START_TEST(resting_heap_wakes_for_a_large_object_alone) {
        struct site site;

        site_begin_restless(&site);
        site_step_to_rest(&site);
        (void)publish_bytes(&site, 100000);
        ck_assert_int_eq(gca_heap_step_once(site.heap, 0), GCA_HEAP_IDLE);
        ck_assert(!site_is_resting(&site));
        site_end(&site);
}
END_TEST

START_TEST(resting_heap_wakes_for_a_root_left_by_an_unattached_thread) {
        struct site site;
        gca_root root;
        gca_heap_info info;

        site_begin_restless(&site);
        root = site_root(&site, gca_int(site.region, 7));
        site_step_to_rest(&site);
        ck_assert_int_eq(gca_root_unregister(NULL, site.heap, root), 0);
        for (int i = 0; i < 100; i++)
                (void)gca_heap_step_once(site.heap, NS_PER_MS);
        ck_assert(!root_has_queued(site.heap));
        gca_heap_get_info(site.heap, &info);
        ck_assert_uint_eq(info.n_cycles, 1);
        site_end(&site);
}
END_TEST

/* ---- the collector's own thread ---- */

/* Until it sleeps for good; a stressed one never does. */
static void site_await_rest(struct site *site) {
        while (!is_stressed && !site_is_resting(site))
                (void)sched_yield();
}

START_TEST(resting_thread_wakes_for_growth_and_requests) {
        struct site site;

        site_begin_with(&site, (gca_heap_options){ .idle_ns = NS_PER_MS });
        for (int i = 0; i < 20; i++) {
                site_await_rest(&site);
                (void)site_publish_list(&site, 1);
                site_forget(&site);
                while (site_count(&site, GCA_TYPE_LIST) > 0)
                        (void)sched_yield();
                site_await_rest(&site);
                ck_assert_int_eq(gca_heap_collect(site.heap, true), 0);
        }
        site_await_rest(&site);
        site_end(&site);
}
END_TEST

/* A thread that puts one object into a heap that is just about to rest. */
START_TEST(no_growth_is_missed_on_the_way_to_rest) {
        struct site site;

        site_begin_with(&site, (gca_heap_options){ .idle_ns = 1 });
        for (int i = 0; i < (is_stressed ? 30 : 300); i++) {
                (void)publish_bytes(&site, i % 2 == 0 ? 100 : 40000);
                site_forget(&site);
                while (site_count(&site, GCA_TYPE_BYTES) > 0)
                        (void)sched_yield();
        }
        site_end(&site);
}
END_TEST

START_TEST(thread_collects_when_it_is_asked) {
        struct site site;

        site_begin_with(&site, (gca_heap_options){ 0 });
        (void)site_publish_list(&site, 1);
        site_forget(&site);
        ck_assert_int_eq(gca_heap_collect(site.heap, true), 0);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 0);
        site_end(&site);
}
END_TEST

START_TEST(thread_collects_for_growth) {
        struct site site;
        gca_heap_info info;

        site_begin_with(&site, (gca_heap_options){ .growth_floor_bytes = MIB });
        do {
                (void)publish_bytes(&site, 8000);
                site_forget(&site);
                gca_heap_get_info(site.heap, &info);
        } while (info.n_cycles < 3);
        ck_assert(is_stressed || info.n_cycles <= info.published_bytes / (MIB / 2));
        site_end(&site);
}
END_TEST

START_TEST(idle_thread_collects_by_itself) {
        struct site site;

        site_begin_with(&site, (gca_heap_options){ .idle_ns = NS_PER_MS });
        (void)site_publish_list(&site, 1);
        site_forget(&site);
        while (site_count(&site, GCA_TYPE_LIST) > 0)
                (void)sched_yield();
        site_end(&site);
}
END_TEST

START_TEST(publisher_past_the_soft_limit_waits_for_a_cycle) {
        struct site site;
        gca_heap_info info;

        site_begin_with(&site, (gca_heap_options){ .soft_limit_bytes = 4 * MIB });
        for (int i = 0; i < 64 * MIB / 8192; i++) {
                (void)publish_bytes(&site, 8000);
                site_forget(&site);
        }
        gca_heap_get_info(site.heap, &info);
        ck_assert_uint_ge(info.n_cycles, 8);
        ck_assert_uint_gt(info.pause_max_ns, 0);
        ck_assert_uint_le(info.used_bytes, 6 * MIB);
        site_end(&site);
}
END_TEST

START_TEST(live_data_past_the_soft_limit_do_not_stop_a_publisher) {
        struct site site;
        gca_heap_info info;

        site_begin_with(&site, (gca_heap_options){ .soft_limit_bytes = 2 * MIB });
        for (int i = 0; i < 8 * MIB / 8192; i++)
                (void)publish_bytes(&site, 8000);
        gca_heap_get_info(site.heap, &info);
        ck_assert(is_stressed || info.n_cycles <= 60);
        site_end(&site);
}
END_TEST

START_TEST(stressed_collector_never_rests) {
        struct site site;
        gca_heap_info info;

        site_begin_with(&site, (gca_heap_options){ .is_stress = true });
        do
                gca_heap_get_info(site.heap, &info);
        while (info.n_cycles < 100);
        site_end(&site);
}
END_TEST

static void *collect_some(void *data) {
        for (int i = 0; i < 20; i++)
                ck_assert_int_eq(gca_heap_collect(data, true), 0);
        return NULL;
}

START_TEST(threads_that_wait_together_share_cycles) {
        pthread_t threads[4];
        struct site site;
        gca_heap_info info;

        site_begin_with(&site, (gca_heap_options){ 0 });
        for (int i = 0; i < 4; i++)
                ck_assert_int_eq(pthread_create(&threads[i], NULL, collect_some, site.heap), 0);
        for (int i = 0; i < 4; i++)
                ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        gca_heap_get_info(site.heap, &info);
        ck_assert_uint_ge(info.n_cycles, 20);
        ck_assert(is_stressed || info.n_cycles <= 81);
        site_end(&site);
}
END_TEST

START_TEST(child_of_a_fork_has_no_collector) {
        struct site site;
        int status;
        pid_t pid;

        site_begin_with(&site, (gca_heap_options){ 0 });
        pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0)
                _exit(gca_heap_collect(site.heap, true) != -EOWNERDEAD ||
                      gca_heap_collect(site.heap, false) != -EOWNERDEAD);
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_int_eq(status, 0);
        ck_assert_int_eq(gca_heap_collect(site.heap, true), 0);
        site_end(&site);
}
END_TEST

START_TEST(heap_ends_while_its_collector_waits_for_a_section) {
        struct site site;

        site_begin_with(&site, (gca_heap_options){ 0 });
        (void)section_enter(site.thread);
        ck_assert_int_eq(gca_heap_collect(site.heap, false), 0);
        while (word_get_phase(site.heap->word) == PHASE_IDLE)
                (void)sched_yield();
        section_exit(site.thread);
        site_end(&site);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                eighty_megabytes_of_results_take_five_cycles_at_most,
                large_heap_grows_by_half_between_cycles,
                blobs_drive_the_pace_too,
                memory_goes_back_when_nothing_happens,
                heap_with_garbage_is_collected_before_it_rests,
                heap_that_holds_something_does_not_rest,
                block_of_a_thread_keeps_the_heap_from_resting,
                resting_heap_wakes_for_a_large_object_alone,
                resting_heap_wakes_for_a_root_left_by_an_unattached_thread,
                resting_thread_wakes_for_growth_and_requests,
                no_growth_is_missed_on_the_way_to_rest,
                thread_collects_when_it_is_asked,
                thread_collects_for_growth,
                idle_thread_collects_by_itself,
                publisher_past_the_soft_limit_waits_for_a_cycle,
                live_data_past_the_soft_limit_do_not_stop_a_publisher,
                stressed_collector_never_rests,
                threads_that_wait_together_share_cycles,
                child_of_a_fork_has_no_collector,
                heap_ends_while_its_collector_waits_for_a_section,
        };

        return suite_run("pace", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
