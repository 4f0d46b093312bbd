/* SPDX-License-Identifier: MIT */
#include "gc/collector.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>

#include "base/clock.h"
#include "base/fault.h"
#include "gc/collector-private.h"
#include "gc/heap.h"
#include "gc/memory.h"

#define COLLECTOR_STEP_NS        (2 * NS_PER_MS)
#define COLLECTOR_BACKOFF_NS_MIN (20 * NS_PER_US)
#define COLLECTOR_BACKOFF_NS_MAX (1 * NS_PER_MS)

#ifdef GCASYNC_GC_STRESS
#        define COLLECTOR_IS_STRESSED true
#else
#        define COLLECTOR_IS_STRESSED false
#endif

static unsigned trigger_get_bit(gca_trigger trigger) {
        return 1U << trigger;
}

/* ---- lifecycle ---- */

int collector_new(struct gca_heap *heap, struct collector **ret_collector) {
        struct collector *collector = memory_allocate(sizeof(*collector));
        int r;

        if (!collector)
                return fault_raise(-ENOMEM);
        r = cycle_init(&collector->cycle, heap);
        if (r < 0) {
                memory_free(collector);
                return fault_pass(r);
        }
        collector->heap = heap;
        pace_init(&collector->pace, heap);
        notice_init(&collector->on_finalizers, heap->options.on_finalizers, heap->options.data);
        lock_init(&collector->step_lock, LOCK_RANK_CYCLE);
        lock_init(&collector->lock, LOCK_RANK_COLLECTOR);
        lock_condition_init(&collector->wake);
        lock_condition_init(&collector->done);
        *ret_collector = collector;
        return 0;
}

struct collector *collector_free(struct collector *collector) {
        if (!collector)
                return NULL;
        assert(!collector->is_started || heap_is_forked(collector->heap));
        cycle_deinit(&collector->cycle);
        notice_deinit(&collector->on_finalizers);
        (void)pthread_cond_destroy(&collector->wake);
        (void)pthread_cond_destroy(&collector->done);
        lock_deinit(&collector->lock);
        lock_deinit(&collector->step_lock);
        memory_free(collector);
        return NULL;
}

int gca_heap_set_on_finalizers(gca_heap *heap, void (*call)(void *data), void *data) {
        if (heap_is_forked(heap))
                return fault_raise(-EOWNERDEAD);
        return notice_set(&heap->collector->on_finalizers, call, data);
}

/* ---- asking ---- */

static void collector_wake(struct collector *collector) {
        /* Seq_cst: separates what was asked before from this load, as collector_sleep() separates its store from its
         * look at what was asked; one of the two sees the other. */
        if (!atomic_load_explicit(&collector->is_sleeping, memory_order_seq_cst))
                return;
        LOCK_SCOPE(&collector->lock);
        (void)pthread_cond_signal(&collector->wake);
}

void collector_request(struct collector *collector, gca_trigger trigger) {
        unsigned bit = trigger_get_bit(trigger);

        /* Seq_cst: pairs with the load in collector_has_work(), see collector_wake(). */
        if (atomic_fetch_or_explicit(&collector->asked, bit, memory_order_seq_cst) & bit)
                return;
        collector_wake(collector);
}

/* The cycle with the number is wanted. */
static void collector_want_locked(struct collector *collector, uint64_t number) {
        lock_assert_held(&collector->lock);
        if (collector->n_wanted < number)
                collector->n_wanted = number;
        else
                atomic_fetch_add_explicit(&collector->pace.n_skipped_busy, 1, memory_order_relaxed);
}

static uint64_t collector_want(struct collector *collector) {
        uint64_t number;

        {
                LOCK_SCOPE(&collector->lock);
                number = collector->n_begun + 1;
                collector_want_locked(collector, number);
        }
        collector_request(collector, GCA_TRIGGER_REQUEST);
        return number;
}

static void collector_wait_for(struct collector *collector, uint64_t number) {
        LOCK_SCOPE(&collector->lock);

        while (collector->n_complete < number && !collector->is_stopping)
                (void)lock_wait(&collector->lock, &collector->done, CLOCK_NEVER);
}

void collector_wait(struct collector *collector) {
        collector_wait_for(collector, collector_want(collector));
}

static void collector_note_pause(struct collector *collector, uint64_t pause_ns) {
        uint64_t seen = atomic_load_explicit(&collector->pause_max_ns, memory_order_relaxed);

        /* Relaxed: a statistic. */
        while (seen < pause_ns && !atomic_compare_exchange_weak_explicit(&collector->pause_max_ns,
                                                                         &seen,
                                                                         pause_ns,
                                                                         memory_order_relaxed,
                                                                         memory_order_relaxed))
                continue;
}

/* Past the soft limit: the cycle under way will do, else the next one. */
static void collector_await_limit(struct collector *collector) {
        uint64_t since_ns = clock_monotonic_ns();
        uint64_t number;

        if (heap_is_forked(collector->heap))
                return;
        {
                LOCK_SCOPE(&collector->lock);
                number = collector->n_complete + 1;
                collector_want_locked(collector, number);
        }
        collector_request(collector, GCA_TRIGGER_LIMIT);
        if (collector->heap->options.is_manual)
                return;
        collector_wait_for(collector, number);
        collector_note_pause(collector, clock_monotonic_ns() - since_ns);
}

bool collector_wait_full(struct gca_heap *heap) {
        uint64_t since_ns = clock_monotonic_ns();

        if (heap_is_forked(heap) || heap->options.is_manual)
                return false;
        collector_wait(heap->collector);
        collector_note_pause(heap->collector, clock_monotonic_ns() - since_ns);
        return true;
}

static void collector_note_growth_slow(struct collector *collector) {
        if (pace_is_past_limit(&collector->pace)) {
                collector_await_limit(collector);
                return;
        }
        collector_request(collector, GCA_TRIGGER_GROWTH);
}

void collector_note_growth(struct gca_heap *heap) {
        struct collector *collector = heap->collector;
        /* Relaxed: a measure. */
        size_t used = atomic_load_explicit(&heap->store.used_bytes, memory_order_relaxed);

        /* Seq_cst: separates what has grown from this load, as pace_rest() separates its store from its look at what has. */
        if (used >= atomic_load_explicit(&collector->pace.note_at_bytes, memory_order_seq_cst))
                collector_note_growth_slow(collector);
}

void collector_note_dropped(struct gca_heap *heap) {
        struct collector *collector = heap->collector;

        /* Seq_cst: as in collector_note_growth(). */
        if (atomic_load_explicit(&collector->pace.note_at_bytes, memory_order_seq_cst) == 0)
                collector_request(collector, GCA_TRIGGER_GROWTH);
}

/* ---- steps ---- */

static gca_trigger collector_choose(struct collector *collector) {
        /* Acquire: what was asked for was asked after what led to it. */
        unsigned asked = atomic_exchange_explicit(&collector->asked, 0, memory_order_acquire);
        uint64_t now_ns = clock_monotonic_ns();
        bool is_wanted;

        if (asked)
                pace_wake(&collector->pace, now_ns);
        {
                LOCK_SCOPE(&collector->lock);
                is_wanted = collector->n_wanted > collector->n_begun;
        }
        if (asked & trigger_get_bit(GCA_TRIGGER_LIMIT))
                return GCA_TRIGGER_LIMIT;
        if (is_wanted)
                return GCA_TRIGGER_REQUEST;
        if (pace_is_grown(&collector->pace))
                return GCA_TRIGGER_GROWTH;
        if (collector->heap->options.is_stress ||
            (COLLECTOR_IS_STRESSED && !collector->heap->options.is_manual))
                return GCA_TRIGGER_STRESS;
        return pace_tick(&collector->pace, now_ns) ? GCA_TRIGGER_IDLE : GCA_TRIGGER_NONE;
}

static void collector_begin(struct collector *collector, gca_trigger trigger) {
        uint64_t number;

        {
                LOCK_SCOPE(&collector->lock);
                number = ++collector->n_begun;
        }
        pace_note_begin(&collector->pace);
        cycle_begin(&collector->cycle, number, trigger);
}

static void collector_end(struct collector *collector) {
        const gca_cycle_info *info = &collector->cycle.info;

        pace_note_end(&collector->pace, info);
        LOCK_SCOPE(&collector->lock);
        collector->n_complete = info->number;
        collector->marked_total += info->n_marked;
        collector->swept_total += info->n_swept;
        collector->cycles[info->number % GCA_CYCLES_KEPT] = *info;
        (void)pthread_cond_broadcast(&collector->done);
}

gca_heap_step collector_step_locked(struct collector *collector, uint64_t budget_ns) {
        gca_heap_step step;

        lock_assert_held(&collector->step_lock);
        if (collector->cycle.state == CYCLE_NONE) {
                gca_trigger trigger = collector_choose(collector);

                if (trigger == GCA_TRIGGER_NONE)
                        return GCA_HEAP_IDLE;
                collector_begin(collector, trigger);
                return GCA_HEAP_BUSY;
        }
        step = cycle_step(&collector->cycle, budget_ns);
        if (step != GCA_HEAP_IDLE)
                return step;
        collector_end(collector);
        return GCA_HEAP_BUSY;
}

gca_heap_step collector_step(struct collector *collector, uint64_t budget_ns) {
        gca_heap_step step;
        bool has_finalizers;

        {
                LOCK_SCOPE(&collector->step_lock);
                step = collector_step_locked(collector, budget_ns);
                has_finalizers = collector->cycle.has_finalizers;
                collector->cycle.has_finalizers = false;
        }
        if (has_finalizers)
                notice_give(&collector->on_finalizers);
        return step;
}

/* ---- the thread ---- */

static bool collector_must_stop(struct collector *collector) {
        LOCK_SCOPE(&collector->lock);

        return collector->is_stopping;
}

static void collector_sleep(struct collector *collector) {
        uint64_t until_ns;

        {
                LOCK_SCOPE(&collector->step_lock);
                until_ns = collector->pace.tick_ns;
        }
        LOCK_SCOPE(&collector->lock);
        /* Seq_cst, both: see collector_wake(). */
        atomic_store_explicit(&collector->is_sleeping, true, memory_order_seq_cst);
        while (!collector->is_stopping &&
               atomic_load_explicit(&collector->asked, memory_order_seq_cst) == 0 &&
               lock_wait(&collector->lock, &collector->wake, until_ns) != ETIMEDOUT)
                continue;
        /* Relaxed: who still sees it wakes nobody, in vain. */
        atomic_store_explicit(&collector->is_sleeping, false, memory_order_relaxed);
}

/* Longer each time; nobody but who stops the heap ends it. */
static void collector_back_off(struct collector *collector, uint64_t *backoff_ns) {
        uint64_t until_ns = clock_add_ns(clock_monotonic_ns(), *backoff_ns);
        LOCK_SCOPE(&collector->lock);

        while (!collector->is_stopping &&
               lock_wait(&collector->lock, &collector->wake, until_ns) != ETIMEDOUT)
                continue;
        if (*backoff_ns < COLLECTOR_BACKOFF_NS_MAX)
                *backoff_ns *= 2;
}

static void *collector_main(void *data) {
        struct collector *collector = data;
        uint64_t backoff_ns = COLLECTOR_BACKOFF_NS_MIN;

        while (!collector_must_stop(collector)) {
                switch (collector_step(collector, COLLECTOR_STEP_NS)) {
                case GCA_HEAP_GRACE:
                        collector_back_off(collector, &backoff_ns);
                        break;
                case GCA_HEAP_IDLE:
                        collector_sleep(collector);
                        /* Fall through. */
                case GCA_HEAP_BUSY:
                default:
                        backoff_ns = COLLECTOR_BACKOFF_NS_MIN;
                        break;
                }
        }
        return NULL;
}

int collector_start(struct collector *collector) {
        sigset_t all, before;
        int r;

        assert(!collector->is_started && !collector->heap->options.is_manual);
        /* Signals are for the program's own threads. */
        (void)sigfillset(&all);
        (void)pthread_sigmask(SIG_BLOCK, &all, &before);
        r = pthread_create(&collector->thread, NULL, collector_main, collector);
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
        if (r != 0)
                return fault_raise(-r);

        (void)pthread_setname_np(collector->thread, collector->heap->options.thread_name);
        collector->is_started = true;
        return 0;
}

void collector_stop(struct collector *collector) {
        if (!collector->is_started || heap_is_forked(collector->heap))
                return;
        {
                LOCK_SCOPE(&collector->lock);
                collector->is_stopping = true;
                (void)pthread_cond_broadcast(&collector->wake);
                (void)pthread_cond_broadcast(&collector->done);
        }
        (void)pthread_join(collector->thread, NULL);
        collector->is_started = false;
}

/* ---- for programs ---- */

int gca_heap_collect(gca_heap *heap, bool wait) {
        struct collector *collector = heap->collector;
        uint64_t number;

        if (heap_is_forked(heap))
                return fault_raise(-EOWNERDEAD);
        if (wait && (heap->options.is_manual || pthread_equal(pthread_self(), collector->thread)))
                return fault_raise(-EDEADLK);
        number = collector_want(collector);
        if (wait)
                collector_wait_for(collector, number);
        return 0;
}

gca_heap_step gca_heap_step_once(gca_heap *heap, uint64_t budget_ns) {
        assert(heap->options.is_manual);
        return heap_is_forked(heap) ? GCA_HEAP_IDLE : collector_step(heap->collector, budget_ns);
}

static bool collector_is_complete(struct collector *collector, uint64_t number) {
        LOCK_SCOPE(&collector->lock);

        return collector->n_complete >= number;
}

void gca_heap_collect_now(gca_heap *heap) {
        struct collector *collector = heap->collector;
        uint64_t number;

        assert(heap->options.is_manual);
        if (heap_is_forked(heap))
                return;
        number = collector_want(collector);
        while (!collector_is_complete(collector, number))
                if (collector_step(collector, NS_PER_S) == GCA_HEAP_GRACE)
                        (void)sched_yield();
}

gca_finalizer *gca_heap_take_finalizer(gca_heap *heap) {
        if (heap_is_forked(heap))
                return NULL;
        return specials_take_finalizer(&heap->collector->cycle.specials);
}
