/* SPDX-License-Identifier: MIT */

/* That heap_verify() notices what it is there for: each test breaks an invariant in a child, which must abort. */

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helpers/heap.h"
#include "helpers/suite.h"

struct fixture {
        gca_heap *heap;
        gca_thread *thread;
        gca_region *region;
        gca_value list, cell, weak, blob; /* published */
        gca_value own;                    /* the region's */
};

static void fixture_init(struct fixture *fixture) {
        gca_value element;

        fixture->heap = heap_new_manual();
        fixture->thread = thread_attach(fixture->heap);
        fixture->region = gca_region_new_on(fixture->thread, 0);
        element = gca_bytes(fixture->region, NULL, 100);
        fixture->list = gca_publish(fixture->region, gca_list(fixture->region, &element, 1));
        fixture->cell = gca_cell_new(fixture->region, fixture->list);
        fixture->weak = gca_weak_new(fixture->region, fixture->list);
        fixture->blob = gca_blob_new(fixture->region, "blob", 4);
        fixture->own = gca_list(fixture->region, NULL, 0);
        ck_assert(gca_is_value(fixture->weak) && gca_is_value(fixture->blob));
        heap_verify(fixture->heap);
}

static void fixture_deinit(struct fixture *fixture) {
        heap_verify(fixture->heap);
        gca_region_free(fixture->region);
        gca_thread_detach(fixture->thread);
        gca_heap_free(fixture->heap);
}

static bool notices(void (*spoil)(struct fixture *fixture)) {
        struct fixture fixture;
        int status, null;
        pid_t child;

        fixture_init(&fixture);
        child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
                null = open("/dev/null", O_WRONLY | O_CLOEXEC);
                (void)dup2(null, STDERR_FILENO);
                (void)signal(SIGABRT, SIG_DFL);
                spoil(&fixture);
                heap_verify(fixture.heap);
                _exit(0);
        }
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        fixture_deinit(&fixture);
        return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void set_mark(struct fixture *fixture, gca_value value, uint8_t state) {
        _Atomic uint8_t *mark = store_get_mark(&fixture->heap->store, value_get_object(value));

        *mark = (uint8_t)((*mark & ~MARK_STATE_MASK) | state);
}

static void do_nothing(struct fixture *fixture) {
        (void)fixture;
}

static void point_into_region(struct fixture *fixture) {
        value_get_object(fixture->list)->slots[0] = fixture->own;
}

static void point_inside_an_object(struct fixture *fixture) {
        value_get_object(fixture->list)->slots[0].word += SPACE_GRANULE_BYTES;
}

static void hold_no_value(struct fixture *fixture) {
        value_get_object(fixture->list)->slots[0] = GCA_NO_VALUE;
}

static void forget_a_mark(struct fixture *fixture) {
        set_mark(fixture, fixture->list, MARK_NONE);
}

static void mark_as_dead(struct fixture *fixture) {
        uint64_t epoch = word_get_epoch(fixture->heap->word);

        set_mark(fixture, fixture->list, epoch_get_colour(epoch + 1));
}

static void grow_beyond_the_mark(struct fixture *fixture) {
        value_get_object(fixture->cell)->header += (uint64_t)4 << 8;
}

static void lose_blob_bytes(struct fixture *fixture) {
        value_get_object(fixture->blob)->blob[0]->size++;
}

static void keep_what_is_gone(struct fixture *fixture) {
        value_get_object(fixture->weak)->slots[0].word += (uintptr_t)1 << 40;
}

static void stay_in_a_section(struct fixture *fixture) {
        (void)section_enter(fixture->thread);
}

START_TEST(a_sound_heap_passes) {
        ck_assert(!notices(do_nothing));
}
END_TEST

START_TEST(pointers_that_lead_nowhere_are_noticed) {
        ck_assert(notices(point_into_region));
        ck_assert(notices(point_inside_an_object));
        ck_assert(notices(hold_no_value));
        ck_assert(notices(keep_what_is_gone));
}
END_TEST

START_TEST(marks_that_do_not_fit_are_noticed) {
        ck_assert(notices(forget_a_mark));
        ck_assert(notices(mark_as_dead));
        ck_assert(notices(grow_beyond_the_mark));
}
END_TEST

START_TEST(counters_and_sections_are_looked_at) {
        ck_assert(notices(lose_blob_bytes));
        ck_assert(notices(stay_in_a_section));
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                a_sound_heap_passes,
                pointers_that_lead_nowhere_are_noticed,
                marks_that_do_not_fit_are_noticed,
                counters_and_sections_are_looked_at,
        };

        return suite_run("heap-verify", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
