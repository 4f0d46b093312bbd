/* SPDX-License-Identifier: MIT */

#include "gc/memory.h"
#include "helpers/heap.h"
#include "helpers/suite.h"

enum {
        MARKED_EPOCH = 5,
};

struct fixture {
        gca_heap *heap;
        gca_thread *thread;
        struct found found;
};

static void fixture_init(struct fixture *fixture, enum phase phase) {
        fixture->heap = heap_new_manual();
        fixture->thread = thread_attach(fixture->heap);
        fixture->found.n = 0;
        heap_set_word(fixture->heap, word_make(phase, MARKED_EPOCH));
}

static void fixture_deinit(struct fixture *fixture) {
        gca_thread_detach(fixture->thread);
        gca_heap_free(fixture->heap);
}

/* With the colour of an epoch. */
static gca_value fixture_make(struct fixture *fixture, uint64_t epoch) {
        gca_value value = stored_new(fixture->heap, 0);

        object_get_store_large(value_get_object(value))->mark = epoch_get_colour(epoch);
        return value;
}

static void fixture_log(struct fixture *fixture, gca_value value) {
        uint64_t word = section_enter(fixture->thread);

        log_value(fixture->thread, word, value);
        section_exit(fixture->thread);
}

static size_t fixture_drain(struct fixture *fixture) {
        fixture->found.n = 0;
        return log_drain(fixture->heap, found_add, &fixture->found);
}

START_TEST(unmarked_value_is_logged_and_drained_once) {
        struct fixture fixture;
        gca_value value;

        fixture_init(&fixture, PHASE_MARKING);
        value = fixture_make(&fixture, MARKED_EPOCH - 1);
        fixture_log(&fixture, value);
        ck_assert_uint_eq(fixture_drain(&fixture), 1);
        ck_assert(found_has(&fixture.found, value));
        ck_assert_uint_eq(fixture_drain(&fixture), 0);
        fixture_deinit(&fixture);
        stored_free(value);
}
END_TEST

START_TEST(marked_and_immediate_values_are_not_logged) {
        struct fixture fixture;
        gca_value value;

        fixture_init(&fixture, PHASE_MARKING);
        value = fixture_make(&fixture, MARKED_EPOCH);
        fixture_log(&fixture, value);
        fixture_log(&fixture, gca_nil());
        fixture_log(&fixture, gca_int(NULL, 12));
        fixture_log(&fixture, GCA_NO_VALUE);
        ck_assert_uint_eq(fixture_drain(&fixture), 0);
        fixture_deinit(&fixture);
        stored_free(value);
}
END_TEST

START_TEST(while_arming_what_lacks_the_next_colour_is_logged) {
        struct fixture fixture;
        gca_value old, new;

        fixture_init(&fixture, PHASE_ARMING);
        old = fixture_make(&fixture, MARKED_EPOCH);
        new = fixture_make(&fixture, MARKED_EPOCH + 1);
        fixture_log(&fixture, old);
        fixture_log(&fixture, new);
        ck_assert_uint_eq(fixture_drain(&fixture), 1);
        ck_assert(found_has(&fixture.found, old));
        fixture_deinit(&fixture);
        stored_free(old);
        stored_free(new);
}
END_TEST

START_TEST(log_grows_by_chunks_between_sections) {
        struct fixture fixture;
        gca_value value;

        fixture_init(&fixture, PHASE_MARKING);
        value = fixture_make(&fixture, MARKED_EPOCH - 1);
        for (int i = 0; i < 3000; i++) {
                log_prepare(fixture.thread);
                fixture_log(&fixture, value);
        }
        ck_assert_uint_eq(fixture_drain(&fixture), 3000);
        ck_assert_uint_eq(stored_get_mark(value), epoch_get_colour(MARKED_EPOCH - 1));
        fixture_log(&fixture, value);
        ck_assert_uint_eq(fixture_drain(&fixture), 1);
        fixture_deinit(&fixture);
        stored_free(value);
}
END_TEST

START_TEST(drained_chunks_are_used_again) {
        struct fixture fixture;
        gca_value value;

        fixture_init(&fixture, PHASE_MARKING);
        value = fixture_make(&fixture, MARKED_EPOCH - 1);
        for (int i = 0; i < 50; i++) {
                for (int j = 0; j < 600; j++) {
                        log_prepare(fixture.thread);
                        fixture_log(&fixture, value);
                }
                ck_assert_uint_eq(fixture_drain(&fixture), 600);
        }
        ck_assert_uint_le(fixture.heap->log_chunks.n_items, 16);
        fixture_deinit(&fixture);
        stored_free(value);
}
END_TEST

START_TEST(full_log_makes_values_grey_and_loses_none) {
        struct fixture fixture;
        gca_value values[3 * LOG_CHUNK_VALUES];
        size_t n = 0;

        fixture_init(&fixture, PHASE_MARKING);
        for (size_t i = 0; i < 3 * LOG_CHUNK_VALUES; i++) {
                values[i] = fixture_make(&fixture, MARKED_EPOCH - 1);
                fixture_log(&fixture, values[i]);
                fixture_log(&fixture, values[i]);
        }
        (void)fixture_drain(&fixture);
        for (size_t i = 0; i < 3 * LOG_CHUNK_VALUES; i++) {
                ck_assert(found_has(&fixture.found, values[i]) ||
                          stored_get_mark(values[i]) == MARK_GREY);
                n += stored_get_mark(values[i]) == MARK_GREY;
                stored_free(values[i]);
        }
        ck_assert_uint_gt(n, 0);
        ck_assert(fixture.heap->store.is_large_flagged);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(log_without_memory_still_loses_none) {
        struct fixture fixture;
        gca_value value;

        fixture_init(&fixture, PHASE_MARKING);
        value = fixture_make(&fixture, MARKED_EPOCH - 1);
        for (int i = 0; i < 5000; i++) {
                (void)memory_fail_at(1);
                log_prepare(fixture.thread);
                (void)memory_fail_at(0);
                fixture_log(&fixture, value);
        }
        ck_assert(stored_get_mark(value) == MARK_GREY || fixture_drain(&fixture) == 5000);
        fixture_deinit(&fixture);
        stored_free(value);
}
END_TEST

START_TEST(thread_that_detaches_hands_its_log_over) {
        struct fixture fixture;
        gca_value value;
        gca_thread *other;

        fixture_init(&fixture, PHASE_MARKING);
        value = fixture_make(&fixture, MARKED_EPOCH - 1);
        other = thread_attach(fixture.heap);
        for (int i = 0; i < 2000; i++) {
                uint64_t word;

                log_prepare(other);
                word = section_enter(other);
                log_value(other, word, value);
                section_exit(other);
        }
        fixture_log(&fixture, value);
        gca_thread_detach(other);
        ck_assert_uint_eq(fixture_drain(&fixture), 2001);
        ck_assert_uint_eq(fixture_drain(&fixture), 0);
        fixture_deinit(&fixture);
        stored_free(value);
}
END_TEST

/* ---- against the collector ---- */

enum {
        RACE_VALUES = 20000,
};

static void *log_many(void *data) {
        struct fixture *fixture = data;
        gca_thread *thread = thread_attach(fixture->heap);
        gca_value value = { fixture->found.words[0] };

        for (int i = 0; i < RACE_VALUES; i++) {
                uint64_t word;

                log_prepare(thread);
                word = section_enter(thread);
                log_value(thread, word, value);
                section_exit(thread);
        }
        gca_thread_detach(thread);
        return NULL;
}

static void count(struct object *object, void *data) {
        (void)object;
        ++*(size_t *)data;
}

START_TEST(collector_drains_while_threads_log_and_leave) {
        struct fixture fixture;
        gca_value value;
        pthread_t threads[2];
        size_t n = 0;

        fixture_init(&fixture, PHASE_MARKING);
        value = fixture_make(&fixture, MARKED_EPOCH - 1);
        fixture.found.words[0] = value.word;
        for (size_t i = 0; i < 2; i++)
                ck_assert_int_eq(pthread_create(&threads[i], NULL, log_many, &fixture), 0);
        while (n < (size_t)2 * RACE_VALUES)
                if (log_drain(fixture.heap, count, &n) == 0)
                        sched_yield();
        for (size_t i = 0; i < 2; i++)
                ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_uint_eq(n + log_drain(fixture.heap, count, &n), (size_t)2 * RACE_VALUES);
        fixture_deinit(&fixture);
        stored_free(value);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                unmarked_value_is_logged_and_drained_once,
                marked_and_immediate_values_are_not_logged,
                while_arming_what_lacks_the_next_colour_is_logged,
                log_grows_by_chunks_between_sections,
                drained_chunks_are_used_again,
                full_log_makes_values_grey_and_loses_none,
                log_without_memory_still_loses_none,
                thread_that_detaches_hands_its_log_over,
                collector_drains_while_threads_log_and_leave,
        };

        return suite_run("heap-log", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
