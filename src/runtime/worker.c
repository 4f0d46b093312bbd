/* SPDX-License-Identifier: MIT */

#include "runtime/worker.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/check.h"
#include "base/cleanup.h"
#include "base/fault.h"
#include "base/list.h"
#include "runtime/fair.h"
#include "runtime/runtime.h"
#include "runtime/task-control.h"
#include "runtime/task-run.h"
#include "runtime/task.h"

/* So long may a task that has ended wait for the wake-up that tells of it: a wake costs its sender as much as a hundred tasks. */
#define UNSENT_MAX_NS (50 * NS_PER_US)
/* While so many stand in the queue that no worker can run dry, the I/O thread gets up by itself after so long, and workers leave it
 * alone: a timer of its own costs them nothing. */
#define DOZE_NS    (400 * NS_PER_US)
#define DOZE_QUEUE 512

_Thread_local struct worker *worker_of_thread;

/* ---- lifecycle ---- */

/* The eventfd was written: being out of the wait was all it was for. */
static void worker_on_wake(int fd, short events, void *data) {
        (void)fd;
        (void)events;
        (void)data;
}

static void worker_on_timer(int fd, short events, void *data) {
        struct worker *worker = data;

        (void)fd;
        (void)events;
        worker->timer_armed_ns = CLOCK_NEVER;
}

static int worker_add_own_event(struct worker *worker,
                                int fd,
                                void (*call)(int fd, short events, void *data),
                                struct event **ret_event) {
        struct event *event;

        event = event_new(worker->base, fd, EV_READ | EV_ET | EV_PERSIST, call, worker);
        if (!event)
                return fault_raise(-ENOMEM);
        if (event_add(event, NULL) < 0) {
                event_free(event);
                return fault_raise(-ENOMEM);
        }
        *ret_event = event;
        return 0;
}

static void event_config_freep(struct event_config **config) {
        if (*config)
                event_config_free(*config);
}

static int worker_make_base(struct worker *worker) {
        cleanup_(event_config_freep) struct event_config *config = event_config_new();

        if (!config)
                return fault_raise(-ENOMEM);
        (void)event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
        (void)event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV);
        worker->base = event_base_new_with_config(config);
        return worker->base ? 0 : fault_raise(-ENOMEM);
}

static int worker_open(struct worker *worker) {
        int r;

        r = park_init(&worker->park);
        if (r)
                return fault_pass(r);
        worker->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
        if (worker->timer_fd < 0)
                return fault_raise(-errno);
        r = worker_make_base(worker);
        if (r)
                return fault_pass(r);
        r = worker_add_own_event(
                worker, worker->park.event_fd, worker_on_wake, &worker->wake_event);
        if (r)
                return fault_pass(r);
        r = worker_add_own_event(worker, worker->timer_fd, worker_on_timer, &worker->timer_event);
        return fault_pass(r);
}

int worker_init(struct worker *worker, gca_runtime *runtime, unsigned index, bool is_io) {
        int r;

        *worker = (struct worker){ .runtime = runtime,
                                   .index = index,
                                   .is_io = is_io,
                                   .timer_fd = -1,
                                   .timer_armed_ns = CLOCK_NEVER,
                                   .park = { .event_fd = -1 } };
        worker->ready_end = &worker->ready;
        if (is_io)
                (void)snprintf(worker->name, sizeof(worker->name), "io");
        else
                (void)snprintf(worker->name, sizeof(worker->name), "worker-%u", index);
        timer_heap_init(&worker->timers);
        stack_pool_init(&worker->stacks, STACK_GUARDS_INSTALLED);
        inbox_init(&worker->inbox);
        bell_init(&worker->bell);
        r = thread_memory_init(&worker->memory, runtime->heap);
        if (r == 0)
                r = worker_open(worker);
        if (r)
                worker_deinit(worker);
        return fault_pass(r);
}

void worker_deinit(struct worker *worker) {
        assert(!worker->has_thread && !worker->ready && worker->unsent_since_ns == 0);
        assert(batch_is_empty(&worker->batch));
        while (worker->n_spare_events > 0)
                event_free(worker->spare_events[--worker->n_spare_events]);
        bell_deinit(&worker->bell);
        if (worker->timer_event)
                event_free(worker->timer_event);
        if (worker->wake_event)
                event_free(worker->wake_event);
        if (worker->base)
                event_base_free(worker->base);
        worker->timer_event = worker->wake_event = NULL;
        worker->base = NULL;
        closep(&worker->timer_fd);
        worker->timer_fd = -1;
        park_deinit(&worker->park);
        timer_heap_deinit(&worker->timers);
        stack_pool_deinit(&worker->stacks);
        thread_memory_deinit(&worker->memory);
}

/* ---- any thread ---- */

static void worker_wake(struct worker *worker) {
        if (!park_wake(&worker->park))
                return;
        /* Relaxed: a statistic. */
        (void)atomic_fetch_add_explicit(&worker->runtime->n_wakes, 1, memory_order_relaxed);
}

void worker_post(struct worker *worker, gca_post *post) {
        inbox_push(&worker->inbox, post);
        if (worker != worker_of_thread)
                worker_wake(worker);
}

void worker_post_for_bell(struct worker *worker, gca_post *post) {
        inbox_push(&worker->inbox, post);
        if (bell_expects_mail(&worker->bell))
                worker_wake(worker);
}

static void worker_on_scheduled(gca_post *post) {
        gca_task *task = container_of(post, gca_task, link);

        worker_push_ready(task_get_worker(task), task);
}

void worker_schedule(struct worker *worker, gca_task *task) {
        if (worker == worker_of_thread) {
                worker_push_ready(worker, task);
                return;
        }
        task->link.call = worker_on_scheduled;
        worker_post(worker, &task->link);
}

/* ---- the worker's thread: phases ---- */

void worker_push_ready(struct worker *worker, gca_task *task) {
        task->link.next = NULL;
        *worker->ready_end = &task->link;
        worker->ready_end = &task->link.next;
}

static gca_task *worker_pop_ready(struct worker *worker) {
        gca_post *link = worker->ready;

        if (!link)
                return NULL;
        worker->ready = link->next;
        if (!worker->ready)
                worker->ready_end = &worker->ready;
        return container_of(link, gca_task, link);
}

static gca_task *task_of_item(struct fair_item *item) {
        struct pool_job *job = container_of(item, struct pool_job, item);

        return container_of(job, gca_task, job);
}

static void worker_set_pulled(struct fair_item *item, size_t index, void *data) {
        struct worker *worker = data;

        batch_set(&worker->batch, index, item);
}

/* Fetches tasks from the shared queue; if any are left for another, sees that another comes. */
static void worker_pull(struct worker *worker) {
        struct submit_queue *queue = &worker->runtime->queue;
        size_t n_max = worker->ready ? WORKER_PULL_BUSY : BATCH_N_MAX;
        size_t n;

        if (worker->is_io || !batch_is_empty(&worker->batch))
                return;
        n = submit_queue_pull(queue, n_max, worker_set_pulled, worker);
        if (n == 0)
                return;
        batch_fill(&worker->batch, n);
        /* They may have been submitted since this pass read the clock, and start after that. */
        worker->now_ns = 0;
        (void)submit_queue_seek(queue);
}

static gca_task *worker_pop_pulled(struct worker *worker) {
        struct fair_item *item = batch_take(&worker->batch), *next;

        if (!item)
                return NULL;
        /* While this one runs: the I/O thread had it last. */
        next = batch_guess(&worker->batch);
        if (next)
                task_prefetch(task_of_item(next));
        return task_of_item(item);
}

/* The next task to be polled: ready and pulled ones take turns. */
static gca_task *worker_pop(struct worker *worker, size_t turn) {
        gca_task *task;

        if (!worker->ready)
                worker_pull(worker);
        task = turn % 2 == 0 ? worker_pop_ready(worker) : worker_pop_pulled(worker);
        if (!task)
                task = turn % 2 == 0 ? worker_pop_pulled(worker) : worker_pop_ready(worker);
        return task;
}

void worker_give_back(struct worker *worker) {
        struct list items = LIST_INIT(items);
        struct fair_item *item;

        while ((item = batch_take(&worker->batch))) {
                gca_task *task = task_of_item(item);

                if (task_state_is_queued(&task->state))
                        list_push_back(&items, &item->link);
                else
                        /* Ended where it stood, see task.h. */
                        (void)gca_task_unref(task);
        }
        submit_queue_push(&worker->runtime->queue, &items);
}

void worker_take_mail(struct worker *worker) {
        gca_post *post = inbox_take(&worker->inbox);

        while (post) {
                gca_post *next = post->next;

                if (next && next->call == task_on_done)
                        task_prefetch(container_of(next, gca_task, link));
                post->call(post);
                post = next;
        }
}

void worker_fire_timers(struct worker *worker) {
        struct timer *timer;
        uint64_t now_ns;

        if (timer_heap_get_earliest(&worker->timers) == CLOCK_NEVER)
                return;
        now_ns = worker_get_now(worker);
        while ((timer = timer_heap_pop(&worker->timers, now_ns)))
                timer->call(timer);
}

static bool worker_has_ready(const struct worker *worker) {
        return worker->ready || !batch_is_empty(&worker->batch);
}

void worker_run_ready(struct worker *worker) {
        /* Once a pass, so that tasks that only give way keep no other from starting. */
        worker_pull(worker);
        for (size_t turn = 0; turn < worker->runtime->event_interval; turn++) {
                gca_task *task = worker_pop(worker, turn);

                if (!task)
                        return;
                task_run(worker, task);
        }
        if (worker_has_ready(worker))
                worker_count(&worker->n_forced_yields);
}

static bool worker_has_long_queue(const struct worker *worker) {
        return submit_queue_get_length(&worker->runtime->queue) >= DOZE_QUEUE;
}

void worker_push_done(struct worker *worker, gca_task *task) {
        uint64_t now_ns = worker_get_now(worker);

        inbox_push(&worker->runtime->io.inbox, &task->link);
        if (worker->unsent_since_ns == 0)
                worker->unsent_since_ns = now_ns;
        else if (now_ns - worker->unsent_since_ns > UNSENT_MAX_NS)
                worker_send_done(worker);
}

void worker_send_done(struct worker *worker) {
        if (worker->unsent_since_ns == 0 ||
            (park_is_dozing(&worker->runtime->io.park) && worker_has_long_queue(worker)))
                return;
        worker->unsent_since_ns = 0;
        worker_wake(&worker->runtime->io);
}

/* ---- waiting ---- */

static void worker_poll_events(struct worker *worker, int flags) {
        worker->now_ns = 0;
        (void)event_base_loop(worker->base, EVLOOP_ONCE | flags);
}

/* Makes the wait that follows end in time for the earliest timer. */
static void worker_arm_timer(struct worker *worker, uint64_t earliest_ns) {
        struct itimerspec when = { .it_value = { .tv_sec = (time_t)(earliest_ns / NS_PER_S),
                                                 .tv_nsec = (long)(earliest_ns % NS_PER_S) } };
        int r;

        if (earliest_ns >= worker->timer_armed_ns)
                return;
        r = timerfd_settime(worker->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
        assert(r == 0);
        worker->timer_armed_ns = earliest_ns;
}

/* Between park_prepare() and the wait: the last look at what others may have written. */
static bool worker_has_news(const struct worker *worker) {
        if (!inbox_is_empty(&worker->inbox))
                return true;
        return !worker->is_io && submit_queue_get_length(&worker->runtime->queue) > 0;
}

static bool worker_has_due_timer(struct worker *worker, bool is_dozing) {
        uint64_t earliest_ns = timer_heap_get_earliest(&worker->timers);

        if (is_dozing && worker_get_now(worker) + DOZE_NS < earliest_ns)
                earliest_ns = worker_get_now(worker) + DOZE_NS;
        if (earliest_ns == CLOCK_NEVER)
                return false;
        if (earliest_ns <= worker_get_now(worker))
                return true;
        worker_arm_timer(worker, earliest_ns);
        return false;
}

static void worker_end_park(struct worker *worker) {
        if (park_end(&worker->park))
                submit_queue_give_token(&worker->runtime->queue);
}

/* The wait itself. What on_park() has posted to this worker cancels it. */
static void worker_park(struct worker *worker) {
        const gca_runtime *runtime = worker->runtime;

        runtime_call_hook(runtime, runtime->hooks.on_park);
        worker_count(&worker->n_parks);
        worker_poll_events(worker,
                           runtime->hooks.on_park && worker_has_news(worker) ? EVLOOP_NONBLOCK : 0);
        runtime_call_hook(runtime, runtime->hooks.on_unpark);
}

/* Not when none has ended since the last time: they are long ones then, and the next that ends wakes it. */
static bool worker_may_doze(struct worker *worker) {
        uint64_t n_before = worker->n_finished;

        if (!worker->is_io)
                return false;
        worker->n_finished = task_load(&worker->runtime->n_finished);
        return worker->n_finished != n_before && worker_has_long_queue(worker);
}

void worker_wait(struct worker *worker, bool has_more) {
        bool is_dozing = worker_may_doze(worker), is_parked = false;

        if (!has_more && !worker_has_ready(worker))
                has_more = stack_pool_trim(&worker->stacks);
        if (!has_more && !worker_has_ready(worker) && !worker_has_due_timer(worker, is_dozing)) {
                park_prepare(&worker->park, is_dozing);
                is_parked = true;
        }
        if (is_parked && !worker_has_news(worker)) {
                worker_park(worker);
        } else if (worker->is_io || worker->n_fd_events > 0) {
                worker_poll_events(worker, EVLOOP_NONBLOCK);
        } else {
                worker->now_ns = 0;
        }
        if (is_parked)
                worker_end_park(worker);
}

/* ---- the worker's thread ---- */

static void *worker_main(void *data) {
        struct worker *worker = data;

        worker_of_thread = worker;
        thread_set_name(worker->runtime->thread_name, 'w', worker->index);
        runtime_call_hook(worker->runtime, worker->runtime->hooks.on_thread_start);
        while (!worker->is_stopping) {
                worker_take_mail(worker);
                worker_fire_timers(worker);
                worker_run_ready(worker);
                worker_send_done(worker);
                worker_wait(worker, worker->is_stopping);
                watchdog_wake(&worker->runtime->watchdog);
        }
        assert(!worker_has_ready(worker) && !worker->current && worker->timers.n == 0);
        runtime_call_hook(worker->runtime, worker->runtime->hooks.on_thread_stop);
        worker_of_thread = NULL;
        return NULL;
}

int worker_start(struct worker *worker) {
        int r;

        assert(!worker->has_thread);
        worker->is_stopping = false;
        r = thread_start(&worker->thread, worker->runtime->thread_stack_bytes, worker_main, worker);
        if (r)
                return fault_pass(r);
        worker->has_thread = true;
        return 0;
}

static void worker_on_stop(gca_post *post) {
        container_of(post, struct worker, stop_post)->is_stopping = true;
}

void worker_stop(struct worker *worker) {
        if (!worker->has_thread)
                return;
        worker->stop_post.call = worker_on_stop;
        worker_post(worker, &worker->stop_post);
        (void)pthread_join(worker->thread, NULL);
        worker->has_thread = false;
}

/* ---- events ---- */

struct event *worker_take_event(struct worker *worker,
                                int fd,
                                short events,
                                void (*call)(int fd, short events, void *data),
                                void *data) {
        struct event *event;

        if (worker->n_spare_events == 0)
                return event_new(worker->base, fd, events, call, data);
        event = worker->spare_events[--worker->n_spare_events];
        (void)event_assign(event, worker->base, fd, events, call, data);
        return event;
}

void worker_give_event(struct worker *worker, struct event *event) {
        (void)event_del(event);
        if (worker->n_spare_events == WORKER_N_SPARE_EVENTS) {
                event_free(event);
                return;
        }
        worker->spare_events[worker->n_spare_events++] = event;
}
