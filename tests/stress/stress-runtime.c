/* SPDX-License-Identifier: MIT */

/*
 * Tasks of every kind against each other: the I/O thread submits, aborts, kills and lets deadlines pass
 * at random, workers and pool run what they get, and other threads post to the I/O thread. At the end of
 * each round every task has finished once and settled once, was dropped exactly if it was polled, and is
 * gone; some rounds are stopped in the middle. $GCASYNC_SEED repeats a run; $GCASYNC_STRESS_MS sets how
 * long it takes (5000).
 */

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <gcasync/runtime.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "helpers/random.h"

enum {
        N_LIVE_MAX = 300, /* tasks under way */
        N_TASKS = 4000,   /* a round */
        N_POSTERS = 2,
        N_UIDS = 5,
};

/* The host part of a task. */
struct record {
        _Atomic unsigned n_polls, n_drops, n_stored;
        unsigned place; /* in round.live */
        bool is_finished, is_settled;
};

struct poster {
        gca_post post; /* what travels */
        pthread_t thread;
        _Atomic bool is_back, is_ending;
};

struct round {
        gca_runtime *runtime;
        struct random random;
        gca_task *live[N_LIVE_MAX];
        size_t n_live, n_submitted, n_finished, n_settled;
        size_t stop_at; /* stops in the middle, after so many submissions */
        _Atomic size_t n_freed;
        struct poster posters[N_POSTERS];
};

static struct round round_state;
static size_t n_ends[GCA_TASK_TIMED_OUT + 1]; /* by state, all rounds together */

static struct record *record_of(const gca_task *task) {
        return gca_task_host(task);
}

static void count(_Atomic unsigned *counter) {
        /* Relaxed: read after the task has settled. */
        (void)atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* ---- kinds; each decides by the task's id, which is as random as the order they run in ---- */

struct state {
        gca_watch a, b;
        unsigned step;
        int fd;
};

static void count_drop(gca_task *task, void *data) {
        struct state *state = data;

        count(&record_of(task)->n_drops);
        if (state && state->fd > 0)
                (void)close(state->fd);
}

static gca_poll succeed(gca_task *task) {
        gca_region *region = gca_task_region(task);

        return gca_succeed(task, gca_string_format(region, "task %d", (int)gca_task_get_id(task)));
}

static gca_poll quick_poll(gca_task *task, void *state) {
        (void)state;
        count(&record_of(task)->n_polls);
        return gca_task_get_id(task) % 7 == 0 ? gca_fail(task, "unlucky", "seven") : succeed(task);
}

static gca_poll again_poll(gca_task *task, void *data) {
        struct state *state = data;

        count(&record_of(task)->n_polls);
        gca_report_progress(task, state->step, 20, "again");
        return state->step++ < gca_task_get_id(task) % 20 ? GCA_AGAIN : succeed(task);
}

static gca_poll sleep_poll(gca_task *task, void *data) {
        struct state *state = data;
        uint64_t id = gca_task_get_id(task);

        count(&record_of(task)->n_polls);
        if (state->step++ >= id % 4 || gca_is_aborting(task))
                return succeed(task);
        if (id % 5 == 0)
                (void)gca_watch_timer(task, &state->b, gca_now_ns() + 10 * NS_PER_S);
        return gca_watch_timer(task, &state->a, gca_now_ns() + id % 1000 * NS_PER_US);
}

/* Waits for ever, or until it is aborted; half of them until they are killed. */
static gca_poll hang_poll(gca_task *task, void *data) {
        struct state *state = data;

        count(&record_of(task)->n_polls);
        if (gca_is_killing(task) || (gca_is_aborting(task) && gca_task_get_id(task) % 2))
                return gca_abort_now(task);
        return gca_watch_timer(task, &state->a, gca_now_ns() + 100 * NS_PER_S);
}

static gca_poll descriptor_poll(gca_task *task, void *data) {
        struct state *state = data;
        uint64_t one = 1;

        count(&record_of(task)->n_polls);
        switch (state->step++) {
        case 0:
                state->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
                assert(state->fd >= 0);
                (void)gca_watch_fd(task, &state->a, state->fd, GCA_READABLE);
                return gca_watch_timer(task, &state->b, gca_now_ns() + 100 * NS_PER_US);
        case 1:
                assert(write(state->fd, &one, sizeof(one)) == sizeof(one));
                return GCA_PENDING;
        default:
                return succeed(task);
        }
}

static void call_nothing(void *argument) {
        struct state *state = argument;

        state->step++;
}

static gca_poll call_poll(gca_task *task, void *data) {
        struct state *state = data;
        bool has_returned = gca_watch_take(&state->a);

        count(&record_of(task)->n_polls);
        if (has_returned)
                return succeed(task);
        if (gca_task_get_id(task) % 3 > 0)
                return gca_watch_call(task, &state->a, call_nothing, state);
        /* Ends without waiting for it. */
        (void)gca_watch_call(task, &state->a, call_nothing, state);
        return gca_fail(task, "hasty", "did not wait");
}

static gca_poll blocking_poll(gca_task *task, void *state) {
        (void)state;
        count(&record_of(task)->n_polls);
        gca_report_progress(task, 1, 1, "blocking");
        return succeed(task);
}

static const gca_kind kinds[] = {
        { .mode = GCA_MODE_INLINE, .poll = quick_poll, .drop = count_drop },
        { .mode = GCA_MODE_POLL, .poll = quick_poll, .drop = count_drop },
        { .mode = GCA_MODE_POLL, .poll = again_poll, .drop = count_drop },
        { .mode = GCA_MODE_POLL, .poll = sleep_poll, .drop = count_drop },
        { .mode = GCA_MODE_POLL,
          .poll = sleep_poll,
          .drop = count_drop,
          .flags = GCA_KIND_HANDLES_ABORT },
        { .mode = GCA_MODE_POLL,
          .poll = hang_poll,
          .drop = count_drop,
          .flags = GCA_KIND_HANDLES_ABORT },
        { .mode = GCA_MODE_POLL, .poll = descriptor_poll, .drop = count_drop },
        { .mode = GCA_MODE_POLL, .poll = call_poll, .drop = count_drop },
        { .mode = GCA_MODE_SERVICE, .poll = again_poll, .drop = count_drop },
        { .mode = GCA_MODE_SERVICE, .poll = sleep_poll, .drop = count_drop },
        { .mode = GCA_MODE_SERVICE, .poll = descriptor_poll, .drop = count_drop },
        { .mode = GCA_MODE_SERVICE, .poll = call_poll, .drop = count_drop },
        { .mode = GCA_MODE_BLOCKING, .poll = blocking_poll, .drop = count_drop },
};

enum {
        N_KINDS = sizeof(kinds) / sizeof(kinds[0]),
};

static gca_kind kinds_with_state[N_KINDS];
static gca_kind_entry entries[N_KINDS];

static void make_entries(void) {
        for (size_t i = 0; i < N_KINDS; i++) {
                kinds_with_state[i] = kinds[i];
                kinds_with_state[i].state_size = sizeof(struct state);
                entries[i] = (gca_kind_entry){ .kind = &kinds_with_state[i],
                                               .full_name = "stress",
                                               .is_inline_allowed = true };
        }
}

/* ---- the host ---- */

static int store_result(gca_task *task, gca_value result) {
        assert(gca_get_type(result) == GCA_TYPE_STRING);
        count(&record_of(task)->n_stored);
        return 0;
}

static void progressed(gca_task *task) {
        assert(!record_of(task)->is_finished);
}

static void finished(gca_task *task) {
        struct record *record = record_of(task);

        assert(!record->is_finished);
        assert(gca_task_get_state(task) >= GCA_TASK_SUCCEEDED);
        record->is_finished = true;
        round_state.n_finished++;
}

static void forget_live(struct round *round, gca_task *task) {
        unsigned place = record_of(task)->place;

        assert(round->live[place] == task);
        round->live[place] = round->live[--round->n_live];
        record_of(round->live[place])->place = place;
}

static void settled(gca_task *task) {
        struct record *record = record_of(task);
        bool has_succeeded = gca_task_get_state(task) == GCA_TASK_SUCCEEDED;

        assert(record->is_finished && !record->is_settled);
        assert(record->n_drops == (record->n_polls > 0));
        assert(record->n_stored == has_succeeded);
        assert((gca_task_get_failure_code(task) == NULL) == has_succeeded);
        record->is_settled = true;
        n_ends[gca_task_get_state(task)]++;
        round_state.n_settled++;
        forget_live(&round_state, task);
        (void)gca_task_unref(task);
}

static void freed(gca_task *task) {
        (void)task;
        /* Relaxed: read when all is quiet. */
        (void)atomic_fetch_add_explicit(&round_state.n_freed, 1, memory_order_relaxed);
}

static void submit_one(struct round *round) {
        struct random *random = &round->random;
        gca_task_options options = {
                .size = sizeof(options),
                .kind = &entries[random_below(random, N_KINDS)],
                .id = ++round->n_submitted,
                .uid = (uint32_t)random_below(random, N_UIDS),
                .host_size = sizeof(struct record),
                .arguments_size = random_below(random, 3) * 4096,
        };
        gca_task *task;

        if (random_one_in(random, 6))
                options.deadline_ns = clock_monotonic_ns() + random_below(random, 2 * NS_PER_MS);
        task = gca_task_new(round->runtime, &options);
        assert(task);
        record_of(task)->place = (unsigned)round->n_live;
        round->live[round->n_live++] = task;
        if (random_one_in(random, 50))
                (void)gca_task_abort(task, GCA_ABORT_REQUEST, "before it was submitted");
        gca_task_submit(task);
}

static void abort_one(struct round *round) {
        gca_abort how = random_one_in(&round->random, 3) ? GCA_ABORT_KILL : GCA_ABORT_REQUEST;

        if (round->n_live > 0)
                (void)gca_task_abort(
                        round->live[random_below(&round->random, round->n_live)], how, "at random");
}

static void look_at_one(struct round *round) {
        gca_task_info info;

        if (round->n_live > 0)
                gca_task_get_info(round->live[random_below(&round->random, round->n_live)], &info);
}

static void act(struct round *round) {
        size_t n = random_below(&round->random, 40);

        while (n-- > 0 && round->n_submitted < N_TASKS) {
                if (round->n_live < N_LIVE_MAX)
                        submit_one(round);
                if (random_one_in(&round->random, 3))
                        abort_one(round);
                if (random_one_in(&round->random, 5))
                        look_at_one(round);
        }
        if (round->n_submitted == N_TASKS)
                abort_one(round);
        if (round->n_settled == N_TASKS || round->n_submitted >= round->stop_at)
                gca_runtime_stop(round->runtime);
        else if (random_one_in(&round->random, 4) || round->n_submitted == N_TASKS)
                gca_runtime_request_pass(round->runtime);
}

static void pass_end(gca_runtime *runtime, void *data) {
        (void)runtime;
        act(data);
}

/* ---- other threads ---- */

static void poster_on_io(gca_post *post) {
        struct poster *poster = (struct poster *)post;

        act(&round_state);
        /* Release: pairs with the acquire in poster_main(): the post is the poster's again. */
        atomic_store_explicit(&poster->is_back, true, memory_order_release);
}

static void *poster_main(void *data) {
        struct poster *poster = data;

        /* Acquire: see poster_on_io(), and stop_posters(). */
        while (!atomic_load_explicit(&poster->is_ending, memory_order_acquire)) {
                if (!atomic_exchange_explicit(&poster->is_back, false, memory_order_acquire)) {
                        (void)sched_yield();
                        continue;
                }
                poster->post.call = poster_on_io;
                gca_runtime_post(round_state.runtime, &poster->post);
                (void)usleep(50);
        }
        return NULL;
}

static void start_posters(struct round *round) {
        for (size_t i = 0; i < N_POSTERS; i++) {
                struct poster *poster = &round->posters[i];
                int r;

                atomic_store(&poster->is_back, true);
                atomic_store(&poster->is_ending, false);
                r = pthread_create(&poster->thread, NULL, poster_main, poster);
                assert(r == 0);
        }
}

static void stop_posters(struct round *round) {
        for (size_t i = 0; i < N_POSTERS; i++) {
                atomic_store(&round->posters[i].is_ending, true);
                (void)pthread_join(round->posters[i].thread, NULL);
        }
}

/* ---- rounds ---- */

static void round_open(struct round *round) {
        static const gca_host_ops ops = {
                .size = sizeof(ops),
                .store_result = store_result,
                .progressed = progressed,
                .finished = finished,
                .settled = settled,
                .freed = freed,
                .pass_end = pass_end,
        };
        gca_runtime_options options = {
                .size = sizeof(options),
                .n_workers = 1 + (unsigned)random_below(&round->random, 3),
                .n_blocking_max = 1 + (unsigned)random_below(&round->random, 4),
                .blocking_keep_alive_ns = NS_PER_MS,
                .hog_threshold_ns = NS_PER_MS, /* the watchdog looks all the time */
                .host_ops = &ops,
                .host_data = round,
        };
        int r;

        r = gca_runtime_new(&options, &round->runtime);
        assert(r == 0);
        round->n_live = round->n_submitted = round->n_finished = round->n_settled = 0;
        atomic_store(&round->n_freed, 0);
        round->stop_at = N_TASKS + 1;
        if (random_one_in(&round->random, 3))
                round->stop_at = random_below(&round->random, N_TASKS);
}

static void round_run(struct round *round) {
        int r;

        round_open(round);
        start_posters(round);
        r = gca_runtime_run(round->runtime);
        assert(r == 0);
        stop_posters(round);
        /* What posters and the last pass submitted after the stop. */
        gca_runtime_stop(round->runtime);
        round->stop_at = 0;
        r = gca_runtime_run(round->runtime);
        assert(r == 0);
        assert(round->n_live == 0);
        assert(round->n_finished == round->n_submitted && round->n_settled == round->n_submitted);
        assert(atomic_load(&round->n_freed) == round->n_submitted);
        round->runtime = gca_runtime_free(round->runtime);
}

int main(void) {
        const char *text = getenv("GCASYNC_STRESS_MS");
        uint64_t duration_ns = (text ? strtoull(text, NULL, 10) : 5000) * NS_PER_MS;
        uint64_t end_ns = clock_monotonic_ns() + duration_ns;
        size_t n_rounds = 0;

        log_setup("stress-runtime", LOG_LEVEL_ERROR, LOG_FORMAT_PLAIN);
        make_entries();
        round_state.random = random_seed();
        while (clock_monotonic_ns() < end_ns) {
                round_run(&round_state);
                n_rounds++;
        }
        printf("%zu rounds\n", n_rounds);
        for (gca_task_state state = GCA_TASK_SUCCEEDED; state <= GCA_TASK_TIMED_OUT; state++)
                printf("%zu %s\n", n_ends[state], gca_task_state_to_string(state));
        return 0;
}
