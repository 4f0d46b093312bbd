/* SPDX-License-Identifier: MIT */
#include "gc/cycle.h"

#include "base/clock.h"
#include "base/fault.h"
#include "gc/heap.h"

enum {
        CYCLE_MARK_WORDS = 2048,   /* between two looks at the clock */
        CYCLE_SPECIAL_CHUNKS = 64, /* the same */
        CYCLE_READ_CHUNKS = 64,    /* of roots, entries, records: the same */
};

int cycle_init(struct cycle *cycle, struct gca_heap *heap) {
        int r;

        *cycle = (struct cycle){ .heap = heap };
        r = marker_init(&cycle->marker, &heap->store);
        if (r < 0)
                return fault_pass(r);

        specials_init(&cycle->specials, heap);
        return 0;
}

void cycle_deinit(struct cycle *cycle) {
        specials_deinit(&cycle->specials);
        marker_deinit(&cycle->marker);
}

/* ---- the word ---- */

static uint64_t cycle_get_word(const struct cycle *cycle) {
        /* Relaxed: the collector alone writes it. */
        return atomic_load_explicit(&cycle->heap->word, memory_order_relaxed);
}

static uint64_t cycle_get_epoch(const struct cycle *cycle) {
        return word_get_epoch(cycle_get_word(cycle));
}

/* ---- grace periods and phases ---- */

static void cycle_begin_grace(struct cycle *cycle) {
        cycle->grace_ns = clock_monotonic_ns();
        grace_begin(cycle->heap);
}

static bool cycle_has_grace(struct cycle *cycle) {
        if (!grace_is_over(cycle->heap))
                return false;
        cycle->info.n_grace_waits++;
        cycle->info.grace_ns += clock_monotonic_ns() - cycle->grace_ns;
        return true;
}

/* The time since the last call goes to a phase. */
static void cycle_account(struct cycle *cycle, uint64_t *to_ns) {
        uint64_t now_ns = clock_monotonic_ns();

        *to_ns += now_ns - cycle->state_ns;
        cycle->state_ns = now_ns;
}

/* ---- what is read and drained ---- */

static void cycle_visit_root(struct object *object, void *data) {
        marker_push(data, object);
}

static void cycle_visit_recorded(struct object *object, void *data) {
        (void)marker_push_unmarked(data, object);
}

static void cycle_visit_drained(struct object *object, void *data) {
        struct cycle *cycle = data;

        cycle->n_found += marker_push_unmarked(&cycle->marker, object);
}

/* Pushes whatever was given up and is not marked. False: there was none of that. */
static bool cycle_drain(struct cycle *cycle) {
        struct gca_heap *heap = cycle->heap;

        cycle->n_found = 0;
        (void)log_drain(heap, cycle_visit_drained, cycle);
        (void)entry_drain(heap, cycle_visit_drained, cycle);
        (void)publication_drain(heap, cycle_get_epoch(cycle), cycle_visit_drained, cycle);
        store_take_large(&heap->store);
        /* What is grey is unmarked, whoever made it so. */
        cycle->n_found += store_take_grey(&heap->store, cycle_visit_root, &cycle->marker);
        cycle->info.n_logged += cycle->n_found;
        return cycle->n_found > 0;
}

static void cycle_visit_discarded(struct object *object, void *data) {
        (void)object;
        (void)data;
}

/* What was given up since the last cycle's last drain, by sections that still logged: it was marked then, and now it is of no concern, for
 * what this cycle keeps is what can be reached when arming is written. */
static void cycle_discard(struct cycle *cycle) {
        struct gca_heap *heap = cycle->heap;

        (void)log_drain(heap, cycle_visit_discarded, NULL);
        (void)entry_drain(heap, cycle_visit_discarded, NULL);
        publication_discard(heap);
        (void)root_take_queued(heap);
}

/* ---- the phases ---- */

void cycle_begin(struct cycle *cycle, uint64_t number, gca_trigger trigger) {
        uint64_t epoch = cycle_get_epoch(cycle);

        assert(cycle->state == CYCLE_NONE);
        assert(word_get_phase(cycle_get_word(cycle)) == PHASE_IDLE);
        cycle->state_ns = clock_monotonic_ns();
        cycle->info = (gca_cycle_info){ .number = number,
                                        .trigger = trigger,
                                        .started_ns = cycle->state_ns };
        cycle_discard(cycle);
        heap_set_word(cycle->heap, word_make(PHASE_ARMING, epoch));
        cycle->state = CYCLE_ARMING;
        cycle_begin_grace(cycle);
}

static uint64_t cycle_get_published(const struct cycle *cycle) {
        struct counter_sums sums;

        heap_sum_counters(cycle->heap, &sums);
        return sums.published_bytes;
}

static gca_heap_step cycle_step_arming(struct cycle *cycle) {
        uint64_t epoch = cycle_get_epoch(cycle) + 1;

        if (!cycle_has_grace(cycle))
                return GCA_HEAP_GRACE;
        marker_begin(&cycle->marker, epoch);
        /* Relaxed: who reads the word of this epoch sees it; nobody else looks at it. */
        atomic_store_explicit(&cycle->heap->upgrades, 0, memory_order_relaxed);
        cycle->published_bytes = cycle_get_published(cycle);
        heap_set_word(cycle->heap, word_make(PHASE_MARKING, epoch));
        cycle->state = CYCLE_OPENING;
        cycle_begin_grace(cycle);
        return GCA_HEAP_BUSY;
}

static gca_heap_step cycle_step_opening(struct cycle *cycle) {
        if (!cycle_has_grace(cycle))
                return GCA_HEAP_GRACE;
        cycle_account(cycle, &cycle->info.arming_ns);
        cycle->n_roots_read = 0;
        slab_walk_begin(&cycle->heap->entry_chunks, &cycle->entries);
        publication_walk_begin(cycle->heap, &cycle->records);
        cycle->state = CYCLE_READING_ROOTS;
        return GCA_HEAP_BUSY;
}

/* One chunk of roots or entries, or one segment of a record. False: there are no more of these. */
static bool cycle_read_some(struct cycle *cycle) {
        struct gca_heap *heap = cycle->heap;
        const struct entry_chunk *entries;

        switch (cycle->state) {
        case CYCLE_READING_ROOTS:
                return root_visit_chunk(
                        heap, cycle->n_roots_read++, cycle_visit_root, &cycle->marker);
        case CYCLE_READING_ENTRIES:
                entries = slab_walk_next(&heap->entry_chunks, &cycle->entries);
                if (entries)
                        (void)entry_visit_chunk(entries, cycle_visit_root, &cycle->marker);
                return entries != NULL;
        case CYCLE_READING_RECORDS:
        default:
                return publication_visit_some(heap,
                                              &cycle->records,
                                              cycle_get_epoch(cycle),
                                              cycle_visit_recorded,
                                              &cycle->marker);
        }
}

static gca_heap_step cycle_step_reading(struct cycle *cycle, uint64_t until_ns) {
        for (size_t n = 1; cycle_read_some(cycle); n++)
                if (n % CYCLE_READ_CHUNKS == 0 && clock_monotonic_ns() >= until_ns)
                        return GCA_HEAP_BUSY;
        cycle->state++;
        section_delay();
        return GCA_HEAP_BUSY;
}

/* Values whose ephemeron and key were marked; false: all of them are. */
static bool cycle_resolve_ephemerons(struct cycle *cycle) {
        struct marker *marker = &cycle->marker;

        return ephemerons_resolve(marker) ||
               (marker->ephemerons.is_incomplete && specials_push_values(&cycle->specials, marker));
}

static gca_heap_step cycle_step_marking(struct cycle *cycle, uint64_t until_ns) {
        while (!marker_run(&cycle->marker, CYCLE_MARK_WORDS))
                if (clock_monotonic_ns() >= until_ns)
                        return GCA_HEAP_BUSY;
        /* What can be had without waiting, first: it saves rounds. */
        if (cycle_resolve_ephemerons(cycle) || cycle_drain(cycle))
                return GCA_HEAP_BUSY;
        /* Seq_cst: pairs with the upgrades' compare-and-set in special_keep(); what was counted until here is logged before
         * the grace period that now begins is over. */
        cycle->upgrades = atomic_load_explicit(&cycle->heap->upgrades, memory_order_seq_cst);
        cycle->state = CYCLE_ENDING;
        cycle_begin_grace(cycle);
        return GCA_HEAP_BUSY;
}

/* No more upgrades; false: there have been some. */
static bool cycle_close_upgrades(struct cycle *cycle) {
        uint64_t seen = cycle->upgrades;

        /* Seq_cst: pairs with the upgrades' compare-and-set in special_keep(); one of the two sees the other. */
        return atomic_compare_exchange_strong_explicit(&cycle->heap->upgrades,
                                                       &seen,
                                                       seen | UPGRADES_IS_CLOSED,
                                                       memory_order_seq_cst,
                                                       memory_order_relaxed);
}

static gca_heap_step cycle_step_ending(struct cycle *cycle) {
        if (!cycle_has_grace(cycle))
                return GCA_HEAP_GRACE;
        cycle->info.n_rounds++;
        cycle->state = CYCLE_MARKING;
        if (cycle_drain(cycle) || !cycle_close_upgrades(cycle))
                return GCA_HEAP_BUSY;
        assert(marker_is_empty(&cycle->marker));
        cycle_account(cycle, &cycle->info.marking_ns);
        cycle->info.n_marked = cycle->marker.n_marked;
        cycle->info.marked_bytes = cycle->marker.marked_bytes;
        specials_begin(&cycle->specials, &cycle->marker);
        cycle->state = CYCLE_CLOSING;
        return GCA_HEAP_BUSY;
}

static gca_heap_step cycle_step_closing(struct cycle *cycle, uint64_t until_ns) {
        while (!specials_walk(&cycle->specials, &cycle->marker, CYCLE_SPECIAL_CHUNKS))
                if (clock_monotonic_ns() >= until_ns)
                        return GCA_HEAP_BUSY;
        cycle->info.n_weaks_cleared = cycle->specials.n_weaks_cleared;
        cycle->state = CYCLE_LEAVING;
        cycle_begin_grace(cycle);
        return GCA_HEAP_BUSY;
}

static gca_heap_step cycle_step_leaving(struct cycle *cycle) {
        struct gca_heap *heap = cycle->heap;
        uint64_t epoch = cycle_get_epoch(cycle);

        if (!cycle_has_grace(cycle))
                return GCA_HEAP_GRACE;
        cycle_account(cycle, &cycle->info.closing_ns);
        cycle->info.floating_bytes += cycle_get_published(cycle) - cycle->published_bytes;
        store_take_large(&heap->store);
        heap_set_word(cycle->heap, word_make(PHASE_IDLE, epoch));
        store_begin_sweep(&heap->store, epoch);
        cycle->info.n_finalizers = specials_release(&cycle->specials);
        cycle->has_finalizers = cycle->info.n_finalizers > 0;
        cycle->state = CYCLE_SWEEPING;
        return GCA_HEAP_BUSY;
}

static gca_heap_step cycle_step_sweeping(struct cycle *cycle, uint64_t until_ns) {
        struct store *store = &cycle->heap->store;
        bool is_complete = false;

        while (store_sweep_one(store, &is_complete))
                if (clock_monotonic_ns() >= until_ns)
                        return GCA_HEAP_BUSY;
        /* Somebody is still at a block of his: as short as a section, and waited for in the same way. */
        if (!is_complete)
                return GCA_HEAP_GRACE;
        cycle_account(cycle, &cycle->info.sweeping_ns);
        store_get_swept(store, &cycle->info.n_swept, &cycle->info.swept_bytes);
        cycle->state = CYCLE_NONE;
        return GCA_HEAP_IDLE;
}

static gca_heap_step cycle_step_phase(struct cycle *cycle, uint64_t until_ns) {
        switch (cycle->state) {
        case CYCLE_ARMING:
                return cycle_step_arming(cycle);
        case CYCLE_OPENING:
                return cycle_step_opening(cycle);
        case CYCLE_READING_ROOTS:
        case CYCLE_READING_ENTRIES:
        case CYCLE_READING_RECORDS:
                return cycle_step_reading(cycle, until_ns);
        case CYCLE_MARKING:
                return cycle_step_marking(cycle, until_ns);
        case CYCLE_ENDING:
                return cycle_step_ending(cycle);
        case CYCLE_CLOSING:
                return cycle_step_closing(cycle, until_ns);
        case CYCLE_LEAVING:
                return cycle_step_leaving(cycle);
        case CYCLE_SWEEPING:
                return cycle_step_sweeping(cycle, until_ns);
        case CYCLE_NONE:
        default:
                return GCA_HEAP_IDLE;
        }
}

gca_heap_step cycle_step(struct cycle *cycle, uint64_t budget_ns) {
        uint64_t until_ns = clock_add_ns(clock_monotonic_ns(), budget_ns);
        gca_heap_step step;

        do
                step = cycle_step_phase(cycle, until_ns);
        while (step == GCA_HEAP_BUSY && clock_monotonic_ns() < until_ns);
        return step;
}
