/* SPDX-License-Identifier: MIT */

/* The module "unruly": kinds that break the rules of good behaviour, for tests of what stays possible then. */

#include <gcasync/heap.h>
#include <gcasync/module.h>
#include <time.h>

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

static uint64_t read_clock_ns(void) {
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* Keeps its worker to itself: neither waits nor gives way. */
static gca_poll hog_poll(gca_task *task, void *state) {
        uint64_t end_ns =
                read_clock_ns() + (uint64_t)gca_get_int(gca_argument(task, 0)) * NS_PER_MS;

        (void)state;
        while (read_clock_ns() < end_ns)
                ;
        return gca_succeed(task, gca_nil());
}

/* Blocks a thread of the pool. */
static gca_poll block_poll(gca_task *task, void *state) {
        uint64_t ms = (uint64_t)gca_get_int(gca_argument(task, 0));

        (void)state;
        (void)nanosleep(&(struct timespec){ .tv_sec = (time_t)(ms / 1000),
                                            .tv_nsec = (long)(ms % 1000 * NS_PER_MS) },
                        NULL);
        return gca_succeed(task, gca_nil());
}

/* Returns as many bytes as it is asked for. */
static gca_poll large_poll(gca_task *task, void *state) {
        int64_t size = gca_get_int(gca_argument(task, 0));

        (void)state;
        return gca_succeed(task, gca_bytes(gca_task_region(task), NULL, (size_t)size));
}

/* Makes values until there is no memory for another one. */
static gca_poll hungry_poll(gca_task *task, void *state) {
        gca_value value;

        (void)state;
        do
                value = gca_bytes(gca_task_region(task), NULL, 1000);
        while (gca_is_value(value));
        return gca_succeed(task, value);
}

/* Publishes a chain that it keeps whole, until the heap is full. */
static gca_poll hoard_poll(gca_task *task, void *state) {
        gca_region *region = gca_task_region(task);
        gca_value cell = gca_cell_new(region, gca_nil());
        gca_scope scope;

        (void)state;
        for (;;) {
                gca_value bytes, link;

                gca_scope_begin(region, &scope);
                bytes = gca_bytes(region, NULL, 10000);
                link = gca_list(region, (gca_value[]){ bytes, gca_cell_get(region, cell) }, 2);
                if (!gca_is_value(link) || gca_cell_set(region, cell, link) < 0)
                        return gca_succeed(task, GCA_NO_VALUE);
                (void)gca_scope_end(region, &scope, GCA_NO_VALUE);
        }
}

/* Says that it handles aborts, and does not care. */
struct stubborn {
        gca_watch timer;
        uint64_t end_ns;
};

static gca_poll stubborn_poll(gca_task *task, void *state) {
        struct stubborn *stubborn = state;

        if (stubborn->end_ns == 0)
                stubborn->end_ns =
                        gca_now_ns() + (uint64_t)gca_get_int(gca_argument(task, 0)) * NS_PER_MS;
        if (gca_now_ns() < stubborn->end_ns)
                return gca_watch_timer(task, &stubborn->timer, stubborn->end_ns);
        return gca_succeed(task, gca_nil());
}

static const gca_argument_spec number[] = {
        { .name = "n", .type = GCA_TYPE_INT, .flags = GCA_ARGUMENT_REQUIRED, .doc = "how much" },
};

static const gca_kind kinds[] = {
        { .size = sizeof(gca_kind),
          .name = "hog",
          .doc = "keeps a worker for n milliseconds",
          .result_doc = "nothing",
          .mode = GCA_MODE_POLL,
          .unreachable = GCA_UNREACHABLE_CANCEL,
          .arguments = number,
          .n_arguments = 1,
          .poll = hog_poll },
        { .size = sizeof(gca_kind),
          .name = "block",
          .doc = "blocks for n milliseconds",
          .result_doc = "nothing",
          .mode = GCA_MODE_BLOCKING,
          .unreachable = GCA_UNREACHABLE_CANCEL,
          .arguments = number,
          .n_arguments = 1,
          .poll = block_poll },
        { .size = sizeof(gca_kind),
          .name = "large",
          .doc = "returns n bytes",
          .result_doc = "the bytes, all zero",
          .mode = GCA_MODE_POLL,
          .unreachable = GCA_UNREACHABLE_CANCEL,
          .arguments = number,
          .n_arguments = 1,
          .poll = large_poll },
        { .size = sizeof(gca_kind),
          .name = "hungry",
          .doc = "takes all memory it can get",
          .result_doc = "never any",
          .mode = GCA_MODE_POLL,
          .unreachable = GCA_UNREACHABLE_CANCEL,
          .poll = hungry_poll },
        { .size = sizeof(gca_kind),
          .name = "hoard",
          .doc = "publishes all that the heap can hold",
          .result_doc = "never any",
          .mode = GCA_MODE_POLL,
          .unreachable = GCA_UNREACHABLE_CANCEL,
          .poll = hoard_poll },
        { .size = sizeof(gca_kind),
          .name = "stubborn",
          .doc = "sleeps for n milliseconds, aborted or not",
          .result_doc = "nothing",
          .mode = GCA_MODE_POLL,
          .unreachable = GCA_UNREACHABLE_CANCEL,
          .flags = GCA_KIND_HANDLES_ABORT,
          .arguments = number,
          .n_arguments = 1,
          .state_size = sizeof(struct stubborn),
          .poll = stubborn_poll },
};

const gca_module gcasync_module = {
        .size = sizeof(gca_module),
        .abi = GCA_MODULE_ABI,
        .name = "unruly",
        .version = "1",
        .doc = "kinds for tests",
        .kinds = kinds,
        .n_kinds = sizeof(kinds) / sizeof(kinds[0]),
};
