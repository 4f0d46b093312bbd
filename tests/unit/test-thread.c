/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gc/memory.h"
#include "helpers/heap.h"
#include "helpers/suite.h"

START_TEST(heap_is_made_and_freed_with_nothing_left) {
        gca_heap *heap = heap_new_manual();

        ck_assert_ptr_null(gca_heap_free(heap));
        ck_assert_ptr_null(gca_heap_free(NULL));
        ck_assert_ptr_null(gca_thread_detach(NULL));
}
END_TEST

START_TEST(options_that_are_left_out_get_their_defaults) {
        gca_heap *heap = heap_new_manual();

        ck_assert_uint_eq(heap->options.growth_floor_bytes, 16 << 20);
        ck_assert_uint_eq(heap->options.growth_percent, 50);
        ck_assert_uint_eq(heap->options.idle_ns, 1000000000);
        ck_assert_uint_gt(heap->options.reserve_bytes, 0);
        ck_assert_str_eq(heap->options.thread_name, "gcasync-gc");
        gca_heap_free(heap);
}
END_TEST

START_TEST(options_of_an_older_header_are_taken_and_those_unknown_refused) {
        struct {
                gca_heap_options options;
                size_t future;
        } newer = { .options = { .size = sizeof(newer), .is_manual = true } };
        gca_heap_options older = { .size = offsetof(gca_heap_options, thread_name),
                                   .is_manual = true };
        gca_heap *heap = NULL;

        ck_assert_int_eq(gca_heap_new(&older, &heap), 0);
        heap = gca_heap_free(heap);
        ck_assert_int_eq(gca_heap_new(&newer.options, &heap), 0);
        heap = gca_heap_free(heap);
        newer.future = 1;
        ck_assert_int_eq(gca_heap_new(&newer.options, &heap), -EINVAL);
        ck_assert_ptr_null(heap);
}
END_TEST

START_TEST(soft_limit_above_the_hard_one_is_refused) {
        gca_heap_options options = {
                .size = sizeof(options),
                .is_manual = true,
                .soft_limit_bytes = 2 << 20,
                .hard_limit_bytes = 1 << 20,
        };
        gca_heap *heap = NULL;

        ck_assert_int_eq(gca_heap_new(&options, &heap), -EINVAL);
        ck_assert_ptr_null(heap);
}
END_TEST

START_TEST(heap_without_memory_is_none_at_every_allocation) {
        gca_heap_options options = { .size = sizeof(options), .is_manual = true };
        gca_heap *heap = NULL;
        int r = -ENOMEM;

        for (size_t n = 1; r != 0; n++) {
                (void)memory_fail_at(n);
                r = gca_heap_new(&options, &heap);
                (void)memory_fail_at(0);
                ck_assert(r == 0 || (r == -ENOMEM && !heap));
        }
        gca_heap_free(heap);
}
END_TEST

START_TEST(thread_without_memory_is_not_attached_at_every_allocation) {
        gca_heap *heap = heap_new_manual();
        gca_thread *thread = NULL;
        int r = -ENOMEM;

        for (size_t n = 1; r != 0; n++) {
                (void)memory_fail_at(n);
                r = gca_thread_attach(heap, &thread);
                (void)memory_fail_at(0);
                ck_assert(r == 0 || (r == -ENOMEM && !thread));
                ck_assert_uint_eq(heap->n_threads, r == 0);
        }
        gca_thread_detach(thread);
        gca_heap_free(heap);
}
END_TEST

START_TEST(thread_knows_its_heap_and_has_a_region_of_its_own) {
        gca_heap *heap = heap_new_manual();
        gca_thread *thread = thread_attach(heap);
        gca_region *region = gca_thread_get_region(thread);

        ck_assert_ptr_eq(gca_thread_get_heap(thread), heap);
        ck_assert(gca_is_value(gca_string(region, "a", 1)));
        ck_assert_uint_gt(gca_region_get_bytes(region), 0);
        gca_thread_end_pass(thread);
        ck_assert_uint_eq(gca_region_get_bytes(region), 0);
        ck_assert(gca_is_value(gca_string(region, "b", 1)));
        gca_thread_detach(thread);
        gca_heap_free(heap);
}
END_TEST

START_TEST(end_of_a_pass_gives_up_what_was_held) {
        gca_heap *heap = heap_new_manual();
        gca_thread *thread = thread_attach(heap);
        gca_region *region = gca_thread_get_region(thread);
        gca_value value = stored_new(heap, 1);
        struct found found = { 0 };

        ck_assert_uint_eq(gca_hold(region, value).word, value.word);
        entry_visit_all(heap, found_add, &found);
        ck_assert(found_has(&found, value));
        gca_thread_end_pass(thread);
        found.n = 0;
        entry_visit_all(heap, found_add, &found);
        ck_assert_uint_eq(found.n, 0);
        gca_thread_detach(thread);
        gca_heap_free(heap);
        stored_free(value);
}
END_TEST

START_TEST(region_on_no_thread_holds_nothing_published) {
        gca_heap *heap = heap_new_manual();
        gca_region *region = gca_region_new(0);
        gca_value value = stored_new(heap, 1);

        ck_assert(!gca_is_value(gca_hold(region, value)));
        ck_assert_uint_eq(region->fault, GCA_REGION_NO_HEAP);
        ck_assert(gca_is_value(gca_hold(region, gca_int(region, 3))));
        gca_region_free(region);
        gca_heap_free(heap);
        stored_free(value);
}
END_TEST

START_TEST(threads_are_counted_and_their_counters_outlive_them) {
        gca_heap *heap = heap_new_manual();
        gca_thread *a = thread_attach(heap), *b = thread_attach(heap);
        struct counter_sums sums;
        gca_heap_info info;

        counter_add(&a->counters.n_publications, 3);
        counter_add(&b->counters.n_publications, 4);
        gca_heap_get_info(heap, &info);
        ck_assert_uint_eq(info.n_threads, 2);
        gca_thread_detach(a);
        heap_sum_counters(heap, &sums);
        ck_assert_uint_eq(sums.n_publications, 7);
        gca_thread_detach(b);
        heap_sum_counters(heap, &sums);
        ck_assert_uint_eq(sums.n_publications, 7);
        gca_heap_free(heap);
}
END_TEST

START_TEST(several_heaps_stand_side_by_side_on_one_thread) {
        gca_heap *a = heap_new_manual(), *b = heap_new_manual();
        gca_thread *on_a = thread_attach(a), *on_b = thread_attach(b);

        ck_assert_ptr_ne(gca_thread_get_heap(on_a), gca_thread_get_heap(on_b));
        heap_set_word(a, word_make(PHASE_MARKING, 7));
        ck_assert(word_is_logging(section_enter(on_a)));
        ck_assert(!word_is_logging(section_enter(on_b)));
        section_exit(on_b);
        section_exit(on_a);
        gca_thread_detach(on_a);
        gca_thread_detach(on_b);
        gca_heap_free(a);
        gca_heap_free(b);
}
END_TEST

START_TEST(section_has_the_word_that_it_read_until_it_ends) {
        gca_heap *heap = heap_new_manual();
        gca_thread *thread = thread_attach(heap);
        uint64_t word = section_enter(thread);

        ck_assert(section_is_open(thread));
        heap_set_word(heap, word_make(PHASE_ARMING, 9));
        ck_assert_uint_eq(thread->word, word);
        section_exit(thread);
        ck_assert(!section_is_open(thread));
        ck_assert_uint_eq(section_enter(thread), word_make(PHASE_ARMING, 9));
        section_exit(thread);
        gca_thread_detach(thread);
        gca_heap_free(heap);
}
END_TEST

/* In the child: how many entry points did not say that the heap is another process's. */
static int ask_in_child(gca_heap *heap, gca_thread *thread, gca_root_owner *owner, gca_root root) {
        gca_region *region = gca_thread_get_region(thread);
        gca_thread *other = NULL;
        gca_value value;
        gca_root more;
        int n = 0;

        n += gca_thread_attach(heap, &other) != -EOWNERDEAD;
        n += gca_root_register(thread, owner, gca_nil(), &more) != -EOWNERDEAD;
        n += gca_root_share(thread, heap, root) != -EOWNERDEAD;
        n += gca_root_get(region, heap, root, &value) != -EOWNERDEAD;
        n += gca_root_set(thread, heap, root, gca_nil()) != -EOWNERDEAD;
        n += gca_root_unregister(thread, heap, root) != -EOWNERDEAD;
        n += gca_root_unregister(NULL, heap, root) != -EOWNERDEAD;
        n += gca_root_is_registered(heap, root);
        n += gca_root_owner_new(heap, 2) != NULL;
        n += gca_root_owner_free(thread, owner) != NULL;
        n += gca_thread_detach(thread) != NULL;
        n += gca_heap_free(heap) != NULL;
        return n;
}

START_TEST(after_fork_every_entry_point_says_so) {
        gca_heap *heap = heap_new_manual();
        gca_thread *thread = thread_attach(heap);
        gca_root_owner *owner = gca_root_owner_new(heap, 1);
        int status = -1;
        gca_root root;
        pid_t child;

        ck_assert_int_eq(gca_root_register(thread, owner, gca_nil(), &root), 0);
        child = fork();
        if (child == 0)
                _exit(ask_in_child(heap, thread, owner, root));
        ck_assert_int_gt(child, 0);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(WIFEXITED(status));
        ck_assert_int_eq(WEXITSTATUS(status), 0);
        ck_assert_int_eq(gca_root_unregister(thread, heap, root), 0);
        gca_root_owner_free(thread, owner);
        gca_thread_detach(thread);
        gca_heap_free(heap);
}
END_TEST

static void *attach_and_detach(void *data) {
        gca_heap *heap = data;

        for (int i = 0; i < 200; i++) {
                gca_thread *thread = thread_attach(heap);

                (void)section_enter(thread);
                section_exit(thread);
                gca_thread_detach(thread);
        }
        return NULL;
}

START_TEST(threads_come_and_go_while_grace_periods_pass) {
        gca_heap *heap = heap_new_manual();
        pthread_t threads[3];

        for (size_t i = 0; i < 3; i++)
                ck_assert_int_eq(pthread_create(&threads[i], NULL, attach_and_detach, heap), 0);
        for (int i = 0; i < 200; i++) {
                grace_begin(heap);
                while (!grace_is_over(heap))
                        sched_yield();
        }
        for (size_t i = 0; i < 3; i++)
                ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_uint_eq(heap->n_threads, 0);
        gca_heap_free(heap);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                heap_is_made_and_freed_with_nothing_left,
                options_that_are_left_out_get_their_defaults,
                options_of_an_older_header_are_taken_and_those_unknown_refused,
                soft_limit_above_the_hard_one_is_refused,
                heap_without_memory_is_none_at_every_allocation,
                thread_without_memory_is_not_attached_at_every_allocation,
                thread_knows_its_heap_and_has_a_region_of_its_own,
                end_of_a_pass_gives_up_what_was_held,
                region_on_no_thread_holds_nothing_published,
                threads_are_counted_and_their_counters_outlive_them,
                several_heaps_stand_side_by_side_on_one_thread,
                section_has_the_word_that_it_read_until_it_ends,
                after_fork_every_entry_point_says_so,
                threads_come_and_go_while_grace_periods_pass,
        };

        return suite_run("thread", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
