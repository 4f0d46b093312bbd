/* SPDX-License-Identifier: MIT */
#include "gc/pace.h"

#include "base/clock.h"
#include "gc/heap.h"

enum {
        PACE_BREATH_SHARE = 16,        /* of the floor: growth between two cycles, at least */
        PACE_LIMIT_SHARE = 16,         /* of the soft limit: growth past it that asks again */
        PACE_KEPT_BYTES = 1024 * 1024, /* of empty blocks, when idle */
};

/* ---- what moved ---- */

static struct counter_sums pace_read_moves(const struct pace *pace) {
        struct counter_sums sums;

        heap_sum_counters(pace->heap, &sums);
        return sums;
}

static bool pace_is_published(const struct counter_sums *from, const struct counter_sums *to) {
        return from->n_publications != to->n_publications ||
               from->published_bytes != to->published_bytes;
}

static bool pace_is_moved(const struct counter_sums *from, const struct counter_sums *to) {
        return pace_is_published(from, to) || from->n_roots_dropped != to->n_roots_dropped ||
               from->n_entries_dropped != to->n_entries_dropped ||
               from->n_overwritten != to->n_overwritten;
}

/* ---- thresholds ---- */

static size_t pace_get_used(const struct pace *pace) {
        /* Relaxed: a measure; nothing is concluded from it but when to begin. */
        return atomic_load_explicit(&pace->heap->store.used_bytes, memory_order_relaxed);
}

static size_t pace_max(size_t a, size_t b) {
        return a > b ? a : b;
}

/* Relaxed, both: who reads an old threshold notes growth a little early or late. */
static void pace_note_at_thresholds(struct pace *pace) {
        size_t growth_at = atomic_load_explicit(&pace->growth_at_bytes, memory_order_relaxed),
               limit_at = atomic_load_explicit(&pace->limit_at_bytes, memory_order_relaxed);

        atomic_store_explicit(&pace->note_at_bytes,
                              growth_at < limit_at ? growth_at : limit_at,
                              memory_order_relaxed);
}

/* Relaxed, both: as above. */
static void pace_set_thresholds(struct pace *pace, size_t growth_at, size_t limit_at) {
        atomic_store_explicit(&pace->growth_at_bytes, growth_at, memory_order_relaxed);
        atomic_store_explicit(&pace->limit_at_bytes, limit_at, memory_order_relaxed);
        pace_note_at_thresholds(pace);
}

/* live: what marking found; used: that, and what was born meanwhile. Growth is counted from what is live: what was born while it
 * marked floats, and a heap that is filled as fast as it is marked would else grow by that with every cycle. A cycle that
 * comes too late for that is followed by another almost at once. */
static size_t pace_choose_growth(const struct pace *pace, size_t live, size_t used) {
        const gca_heap_options *options = &pace->heap->options;

        return pace_max(
                used + options->growth_floor_bytes / PACE_BREATH_SHARE + 1,
                live + pace_max(options->growth_floor_bytes, live / 100 * options->growth_percent));
}

static size_t pace_choose_limit(const struct pace *pace, size_t used) {
        size_t soft = pace->heap->options.soft_limit_bytes;

        if (soft == 0)
                return SIZE_MAX;
        return used < soft ? soft : used + soft / PACE_LIMIT_SHARE;
}

void pace_init(struct pace *pace, struct gca_heap *heap) {
        *pace = (struct pace){ .heap = heap, .is_base = true, .is_trimmed = true };
        pace->tick_ns = clock_add_ns(clock_monotonic_ns(), heap->options.idle_ns);
        pace_set_thresholds(pace, pace_choose_growth(pace, 0, 0), pace_choose_limit(pace, 0));
}

bool pace_is_grown(const struct pace *pace) {
        return pace_get_used(pace) >=
               atomic_load_explicit(&pace->growth_at_bytes, memory_order_relaxed);
}

bool pace_is_past_limit(const struct pace *pace) {
        return pace_get_used(pace) >=
               atomic_load_explicit(&pace->limit_at_bytes, memory_order_relaxed);
}

/* ---- events ---- */

static void pace_count(_Atomic uint64_t *counter) {
        /* Relaxed: a statistic. */
        atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static void pace_trim(struct pace *pace) {
        if (pace->is_trimmed)
                return;
        (void)store_trim(&pace->heap->store, PACE_KEPT_BYTES);
        pace->is_trimmed = true;
}

/* Nothing is due: there is no next tick, if nothing can become due by itself. */
static void pace_rest(struct pace *pace) {
        struct gca_heap *heap = pace->heap;

        /* Seq_cst: separates this store from the loads in store_is_empty() and root_has_queued(), as store_add_large() and
         * root_unregister_unattached() separate what they write there from the load in collector_note_growth(). A block is taken
         * under the store's lock, which store_is_empty() takes after this, too. */
        atomic_store_explicit(&pace->note_at_bytes, 0, memory_order_seq_cst);
        if (!store_is_empty(&heap->store) || root_has_queued(heap)) {
                pace_note_at_thresholds(pace);
                return;
        }
        pace->is_resting = true;
        pace->tick_ns = CLOCK_NEVER;
}

void pace_wake(struct pace *pace, uint64_t now_ns) {
        if (!pace->is_resting)
                return;
        pace->is_resting = false;
        pace->tick_ns = clock_add_ns(now_ns, pace->heap->options.idle_ns);
        pace_note_at_thresholds(pace);
}

bool pace_tick(struct pace *pace, uint64_t now_ns) {
        struct counter_sums moves;
        bool is_quiet;

        if (now_ns < pace->tick_ns)
                return false;
        pace->tick_ns = clock_add_ns(now_ns, pace->heap->options.idle_ns);
        moves = pace_read_moves(pace);
        is_quiet = !pace_is_published(&pace->ticked, &moves);
        pace->ticked = moves;
        if (!is_quiet) {
                pace->is_trimmed = false;
                pace_count(&pace->n_skipped_small);
                return false;
        }
        if (!pace->is_base || pace_is_moved(&pace->started, &moves))
                return true;
        pace_count(&pace->n_skipped_idle);
        pace_trim(pace);
        pace_rest(pace);
        return false;
}

void pace_note_begin(struct pace *pace) {
        pace->started = pace_read_moves(pace);
        /* No growth asks for a cycle while there is one; what grows meanwhile is looked at when it ends. */
        pace_set_thresholds(
                pace, SIZE_MAX, atomic_load_explicit(&pace->limit_at_bytes, memory_order_relaxed));
}

void pace_note_end(struct pace *pace, const gca_cycle_info *info) {
        size_t used = pace_get_used(pace);
        /* Relaxed: a measure. */
        size_t live = info->marked_bytes +
                      atomic_load_explicit(&pace->heap->store.blob_bytes, memory_order_relaxed);

        pace->is_base = info->n_logged == 0;
        pace->is_trimmed = false;
        pace->tick_ns = clock_add_ns(clock_monotonic_ns(), pace->heap->options.idle_ns);
        atomic_store_explicit(&pace->live_bytes, used, memory_order_relaxed);
        pace_set_thresholds(
                pace, pace_choose_growth(pace, live, used), pace_choose_limit(pace, used));
}
