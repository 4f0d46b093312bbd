/* SPDX-License-Identifier: MIT */

#include "runtime/task-state.h"

#include "base/check.h"

enum {
        STAGE_NEW,
        STAGE_QUEUED,
        STAGE_RUNNING,
        STAGE_SUSPENDED,
        STAGE_COMPLETING,
        STAGE_ENDED,
        STAGE_MASK = 7,

        END_SHIFT = 3,
        END_MASK = 7 << END_SHIFT,

        NOTIFIED = 1 << 6,
        ABORT = TASK_TOLD_ABORT,
        KILL = TASK_TOLD_KILL,
        EXPIRED = 1 << 9,
        SETTLED = 1 << 10,
};

/* The end as three bits: 1 to 4. */
static uint32_t end_to_bits(gca_task_state end) {
        assert(end >= GCA_TASK_SUCCEEDED && end <= GCA_TASK_TIMED_OUT);
        return (uint32_t)(end - GCA_TASK_SUCCEEDED + 1) << END_SHIFT;
}

static uint32_t get_stage(uint32_t word) {
        return word & STAGE_MASK;
}

static uint32_t with_stage(uint32_t word, uint32_t stage) {
        return (word & ~(uint32_t)STAGE_MASK) | stage;
}

/* For decisions on the thread that wrote the word last, and as the guess of a compare-and-set. */
static uint32_t load_relaxed(const struct task_state *state) {
        /* Relaxed: see above; whatever is decided by it is checked by the exchange that follows. */
        return atomic_load_explicit(&state->word, memory_order_relaxed);
}

/* Acquire and release: every contended change may take the task over from the other side and hand over
 * what its own side wrote; the partner is the other side's next exchange of the same word. */
static bool exchange(struct task_state *state, uint32_t *word, uint32_t next) {
        return atomic_compare_exchange_weak_explicit(
                &state->word, word, next, memory_order_acq_rel, memory_order_relaxed);
}

enum task_act task_state_to_queued(struct task_state *state) {
        uint32_t word = load_relaxed(state);

        assert(get_stage(word) == STAGE_NEW);
        if (word & ABORT)
                word = with_stage(word, STAGE_ENDED) | end_to_bits(GCA_TASK_ABORTED);
        else
                word = with_stage(word, STAGE_QUEUED);
        /* Relaxed: no other thread has the task yet; the queue's lock hands it over. */
        atomic_store_explicit(&state->word, word, memory_order_relaxed);
        return get_stage(word) == STAGE_ENDED ? TASK_ACT_END : TASK_ACT_POLL;
}

enum task_act task_state_to_running(struct task_state *state) {
        uint32_t word = load_relaxed(state);

        do {
                if (get_stage(word) == STAGE_ENDED)
                        return TASK_ACT_LET_GO;
                assert(get_stage(word) == STAGE_QUEUED);
        } while (!exchange(state, &word, with_stage(word, STAGE_RUNNING)));
        return TASK_ACT_POLL;
}

void task_state_to_running_alone(struct task_state *state) {
        assert_slow(get_stage(load_relaxed(state)) == STAGE_QUEUED);
        /* Relaxed: this thread's task from start to end; others take snapshots only. */
        atomic_store_explicit(&state->word, STAGE_RUNNING, memory_order_relaxed);
}

void task_state_to_resumed(struct task_state *state) {
        uint32_t word = load_relaxed(state);

        if (get_stage(word) == STAGE_RUNNING)
                return;
        do
                assert(get_stage(word) == STAGE_SUSPENDED && (word & NOTIFIED));
        while (!exchange(state, &word, with_stage(word, STAGE_RUNNING) & ~(uint32_t)NOTIFIED));
}

enum task_act task_state_to_suspended(struct task_state *state, uint32_t told) {
        uint32_t word = load_relaxed(state);

        do {
                assert(get_stage(word) == STAGE_RUNNING);
                if ((word & (ABORT | KILL)) != told)
                        return TASK_ACT_POLL;
        } while (!exchange(state, &word, with_stage(word, STAGE_SUSPENDED)));
        return TASK_ACT_NONE;
}

enum task_act task_state_to_notified(struct task_state *state) {
        uint32_t word = load_relaxed(state);

        do {
                if (get_stage(word) != STAGE_SUSPENDED || (word & NOTIFIED))
                        return TASK_ACT_NONE;
        } while (!exchange(state, &word, word | NOTIFIED));
        return TASK_ACT_SCHEDULE;
}

/* Adds bits to a started task, or ends one that has not started. */
static enum task_act
add_or_end(struct task_state *state, uint32_t bits, gca_task_state end, uint32_t end_bits) {
        uint32_t word = load_relaxed(state);
        uint32_t next;
        enum task_act act;

        do {
                if ((word & bits) == bits || get_stage(word) >= STAGE_COMPLETING)
                        return TASK_ACT_NONE;
                next = word | bits;
                act = TASK_ACT_CHANGED;
                if (get_stage(word) == STAGE_QUEUED) {
                        next = with_stage(next, STAGE_ENDED) | end_to_bits(end);
                        act = TASK_ACT_END;
                } else {
                        next |= end_bits;
                        if (get_stage(word) == STAGE_SUSPENDED && !(word & NOTIFIED)) {
                                next |= NOTIFIED;
                                act = TASK_ACT_SCHEDULE;
                        }
                }
        } while (!exchange(state, &word, next));
        return act;
}

enum task_act task_state_to_aborted(struct task_state *state, gca_abort how) {
        uint32_t bits = how == GCA_ABORT_KILL ? ABORT | KILL : ABORT;

        return add_or_end(state, bits, GCA_TASK_ABORTED, 0);
}

enum task_act task_state_to_expired(struct task_state *state) {
        assert(get_stage(load_relaxed(state)) != STAGE_NEW);
        return add_or_end(
                state, ABORT | EXPIRED, GCA_TASK_TIMED_OUT, end_to_bits(GCA_TASK_TIMED_OUT));
}

enum task_act task_state_to_completing(struct task_state *state) {
        uint32_t word = load_relaxed(state);

        do
                assert(get_stage(word) == STAGE_RUNNING);
        while (!exchange(state, &word, with_stage(word, STAGE_COMPLETING)));
        return word & EXPIRED ? TASK_ACT_TIMED_OUT : TASK_ACT_POLL;
}

enum task_act task_state_to_completing_alone(struct task_state *state) {
        uint32_t word = load_relaxed(state);

        assert_slow(get_stage(word) == STAGE_RUNNING);
        /* Relaxed: the I/O thread runs the task, and nobody else changes it. */
        atomic_store_explicit(
                &state->word, with_stage(word, STAGE_COMPLETING), memory_order_relaxed);
        return word & EXPIRED ? TASK_ACT_TIMED_OUT : TASK_ACT_POLL;
}

void task_state_to_ended(struct task_state *state, gca_task_state end) {
        uint32_t word = load_relaxed(state);

        assert_slow(get_stage(word) == STAGE_COMPLETING);
        word = (with_stage(word, STAGE_ENDED) & ~(uint32_t)END_MASK) | end_to_bits(end);
        /* Release: pairs with the acquire in task_state_get(); who sees the end may read what the task
         * left behind. A store is enough: COMPLETING is this thread's alone. */
        atomic_store_explicit(&state->word, word, memory_order_release);
}

void task_state_to_settled(struct task_state *state) {
        uint32_t word = load_relaxed(state);

        assert_slow(get_stage(word) == STAGE_ENDED && !(word & SETTLED));
        /* Release: pairs with the acquire in task_state_is_settled(). */
        atomic_store_explicit(&state->word, word | SETTLED, memory_order_release);
}

uint32_t task_state_get_told(const struct task_state *state) {
        /* Relaxed: an abort seen a moment later is as good; it hands over no data. */
        return atomic_load_explicit(&state->word, memory_order_relaxed) & (ABORT | KILL);
}

gca_task_state task_state_get(const struct task_state *state) {
        /* Acquire: pairs with the release in task_state_to_ended(). */
        uint32_t word = atomic_load_explicit(&state->word, memory_order_acquire);

        if (word & END_MASK)
                return GCA_TASK_SUCCEEDED - 1 + ((word & END_MASK) >> END_SHIFT);
        switch (get_stage(word)) {
        case STAGE_NEW:
        case STAGE_QUEUED:
                return GCA_TASK_QUEUED;
        case STAGE_SUSPENDED:
                return GCA_TASK_SUSPENDED;
        default:
                return GCA_TASK_RUNNING;
        }
}

bool task_state_is_queued(const struct task_state *state) {
        return get_stage(load_relaxed(state)) == STAGE_QUEUED;
}

bool task_state_is_ended(const struct task_state *state) {
        return get_stage(load_relaxed(state)) == STAGE_ENDED;
}

bool task_state_is_settled(const struct task_state *state) {
        /* Acquire: pairs with the release in task_state_to_settled(). */
        return atomic_load_explicit(&state->word, memory_order_acquire) & SETTLED;
}
