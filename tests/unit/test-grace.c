/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "helpers/heap.h"
#include "helpers/suite.h"

/* Each of them, whether sections fence for themselves or the collector does it for them. */
static gca_heap *heap_new_fenced(bool is_fenced) {
        gca_heap *heap = heap_new_manual();

        if (is_fenced)
                heap->has_membarrier = false;
        return heap;
}

static void check_waits_for_the_open_section(bool is_fenced) {
        gca_heap *heap = heap_new_fenced(is_fenced);
        gca_thread *thread = thread_attach(heap);

        (void)section_enter(thread);
        grace_begin(heap);
        ck_assert(!grace_is_over(heap));
        ck_assert(!grace_is_over(heap));
        section_exit(thread);
        ck_assert(grace_is_over(heap));
        gca_thread_detach(thread);
        gca_heap_free(heap);
}

START_TEST(grace_period_waits_for_a_section_that_was_open) {
        check_waits_for_the_open_section(false);
}
END_TEST

START_TEST(grace_period_needs_no_membarrier) {
        check_waits_for_the_open_section(true);
}
END_TEST

START_TEST(grace_period_is_over_at_once_where_nobody_is_in_a_section) {
        gca_heap *heap = heap_new_manual();
        gca_thread *thread = thread_attach(heap);

        grace_begin(heap);
        ck_assert(grace_is_over(heap));
        gca_thread_detach(thread);
        grace_begin(heap);
        ck_assert(grace_is_over(heap));
        gca_heap_free(heap);
}
END_TEST

START_TEST(section_that_began_later_is_not_waited_for) {
        gca_heap *heap = heap_new_manual();
        gca_thread *thread = thread_attach(heap);

        grace_begin(heap);
        (void)section_enter(thread);
        ck_assert(grace_is_over(heap));
        section_exit(thread);
        gca_thread_detach(thread);
        gca_heap_free(heap);
}
END_TEST

START_TEST(thread_in_a_later_section_is_known_to_have_left_the_earlier_one) {
        gca_heap *heap = heap_new_manual();
        gca_thread *thread = thread_attach(heap);

        (void)section_enter(thread);
        grace_begin(heap);
        section_exit(thread);
        (void)section_enter(thread);
        ck_assert(grace_is_over(heap));
        section_exit(thread);
        gca_thread_detach(thread);
        gca_heap_free(heap);
}
END_TEST

START_TEST(thread_that_attaches_meanwhile_is_not_waited_for) {
        gca_heap *heap = heap_new_manual();
        gca_thread *thread = thread_attach(heap), *late;

        (void)section_enter(thread);
        grace_begin(heap);
        late = thread_attach(heap);
        (void)section_enter(late);
        section_exit(thread);
        ck_assert(grace_is_over(heap));
        section_exit(late);
        gca_thread_detach(late);
        gca_thread_detach(thread);
        gca_heap_free(heap);
}
END_TEST

START_TEST(thread_that_detaches_meanwhile_is_not_waited_for) {
        gca_heap *heap = heap_new_manual();
        gca_thread *thread = thread_attach(heap);

        (void)section_enter(thread);
        grace_begin(heap);
        section_exit(thread);
        gca_thread_detach(thread);
        ck_assert(grace_is_over(heap));
        gca_heap_free(heap);
}
END_TEST

/* A box that readers look into in sections, and that is replaced and, a grace period later, spoilt. */
struct race {
        gca_heap *heap;
        _Atomic(int64_t *) box;
        _Atomic bool is_done;
};

static void *read_boxes(void *data) {
        struct race *race = data;
        gca_thread *thread = thread_attach(race->heap);

        while (!race->is_done) {
                int64_t *box;

                (void)section_enter(thread);
                box = atomic_load_explicit(&race->box, memory_order_acquire);
                assert(*box == 42);
                section_exit(thread);
        }
        gca_thread_detach(thread);
        return NULL;
}

static void check_nobody_sees_what_was_spoilt(bool is_fenced) {
        struct race race = { .heap = heap_new_fenced(is_fenced) };
        int64_t boxes[2] = { 42, 42 };
        pthread_t readers[2];

        race.box = &boxes[0];
        for (size_t i = 0; i < 2; i++)
                ck_assert_int_eq(pthread_create(&readers[i], NULL, read_boxes, &race), 0);
        for (int i = 0; i < 500; i++) {
                int64_t *old = &boxes[i % 2], *new = &boxes[(i + 1) % 2];

                *new = 42;
                atomic_store_explicit(&race.box, new, memory_order_seq_cst);
                grace_begin(race.heap);
                while (!grace_is_over(race.heap))
                        sched_yield();
                *old = 0;
        }
        race.is_done = true;
        for (size_t i = 0; i < 2; i++)
                ck_assert_int_eq(pthread_join(readers[i], NULL), 0);
        gca_heap_free(race.heap);
}

START_TEST(what_goes_after_a_grace_period_is_seen_by_no_section) {
        check_nobody_sees_what_was_spoilt(false);
}
END_TEST

START_TEST(nor_where_sections_fence_for_themselves) {
        check_nobody_sees_what_was_spoilt(true);
}
END_TEST

#ifndef SECTION_HAS_TSAN

/* From here on, on this thread, the kernel has no memory for barriers. */
static void refuse_barriers(void) {
        struct sock_filter instructions[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOMEM),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        const struct sock_fprog program = { 4, instructions };

        ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

static void *begin_without_barriers(void *data) {
        gca_heap *heap = data;

        refuse_barriers();
        grace_begin(heap);
        ck_assert(!heap->has_membarrier || !grace_is_over(heap));
        return NULL;
}

START_TEST(grace_period_waits_for_memory_for_its_barrier) {
        gca_heap *heap = heap_new_manual();
        gca_thread *thread = thread_attach(heap);

        run_on_thread(begin_without_barriers, heap);
        (void)section_enter(thread);
        ck_assert(!grace_is_over(heap) || !heap->has_membarrier);
        section_exit(thread);
        ck_assert(grace_is_over(heap));
        gca_thread_detach(thread);
        gca_heap_free(heap);
}
END_TEST

#endif

int main(void) {
        const TTest *tests[] = {
                grace_period_waits_for_a_section_that_was_open,
                grace_period_needs_no_membarrier,
                grace_period_is_over_at_once_where_nobody_is_in_a_section,
                section_that_began_later_is_not_waited_for,
                thread_in_a_later_section_is_known_to_have_left_the_earlier_one,
                thread_that_attaches_meanwhile_is_not_waited_for,
                thread_that_detaches_meanwhile_is_not_waited_for,
                what_goes_after_a_grace_period_is_seen_by_no_section,
                nor_where_sections_fence_for_themselves,
#ifndef SECTION_HAS_TSAN
                grace_period_waits_for_memory_for_its_barrier,
#endif
        };

        return suite_run("grace", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
