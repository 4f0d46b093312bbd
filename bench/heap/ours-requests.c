/* SPDX-License-Identifier: MIT */

/*
 * W2. A task's own objects are plain memory of its region: nobody else sees them, and they change after they are made. It is not
 * cleared, as the peers' is not (see peer.h): what is read of it has been written.
 * The result is a value. For comparison the same with objects that are values: an object is then a list of its two
 * children and, if it has raw words, of bytes that hold them; values are immutable, so children are made before their
 * parent.
 */

#include <stdlib.h>
#include <string.h>

#include "ours.h"
#include "shared.h"
#include "tasks.h"

/* The task that is run, and its next object. */
struct cursor {
        uint64_t task;
        uint32_t object;
};

static inline size_t cursor_next_size(struct cursor *cursor) {
        return request_sizes[cursor->object++ & (REQUEST_SIZES - 1)];
}

static struct cursor cursor_begin(uint64_t task) {
        return (struct cursor){ task, (uint32_t)(task * REQUEST_OBJECTS) };
}

/* What a task returns; "no value" when out of memory. */
static gca_value result_new(gca_region *region, uint64_t sum) {
        uint64_t words[REQUEST_RESULT_WORDS];

        for (unsigned i = 0; i < REQUEST_RESULT_WORDS; i++)
                words[i] = sum + i;
        return gca_bytes(region, words, sizeof(words));
}

/* ---- objects in plain memory ---- */

struct node {
        struct node *left, *right;
        uint64_t words[];
};

static struct node *nodes_build(gca_region *region, struct cursor *cursor, unsigned n) {
        size_t size;
        struct node *node;

        if (n == 0)
                return NULL;
        size = cursor_next_size(cursor);
        node = gca_region_allocate_unset(region, size);
        if (!node)
                bench_die("no memory for an object");
        if (size > sizeof(*node)) {
                node->words[0] = cursor->task + n;
                node->words[(size - sizeof(*node)) / 8 - 1] = cursor->task + n;
        }
        node->left = nodes_build(region, cursor, (n - 1) / 2);
        node->right = nodes_build(region, cursor, n - 1 - (n - 1) / 2);
        return node;
}

/* Knows the sizes as nodes_build() did. */
static uint64_t nodes_walk(const struct node *node, struct cursor *cursor) {
        uint64_t sum = cursor_next_size(cursor) > sizeof(*node) ? node->words[0] : 0;

        if (node->left)
                sum += nodes_walk(node->left, cursor);
        if (node->right)
                sum += nodes_walk(node->right, cursor);
        return sum;
}

/* What a task does but for its result. */
static uint64_t nodes_run(gca_region *region, uint64_t number) {
        struct cursor cursor = cursor_begin(number);
        const struct node *tree = nodes_build(region, &cursor, REQUEST_OBJECTS);

        cursor = cursor_begin(number);
        return nodes_walk(tree, &cursor);
}

static gca_poll nodes_poll(gca_task *task, void *state) {
        gca_region *region = gca_task_region(task);
        uint64_t sum = nodes_run(region, task_get_slip(task)->number);

        (void)state;
        return gca_succeed(task, result_new(region, sum));
}

/* ---- objects that are values ---- */

enum {
        POINTERS_BYTES = 16, /* of an object; what is left is raw words */
};

static gca_value words_new(gca_region *region, size_t size, uint64_t word) {
        gca_value bytes = gca_bytes(region, NULL, size);
        char *words = gca_bytes_get_mutable(bytes);

        if (!words)
                return GCA_NO_VALUE;
        memcpy(words, &word, sizeof(word));
        memcpy(words + size - sizeof(word), &word, sizeof(word));
        return bytes;
}

static gca_value values_build(gca_region *region, struct cursor *cursor, unsigned n) {
        gca_value left, right, words;
        size_t size;

        if (n == 0)
                return gca_nil();
        size = cursor_next_size(cursor);
        left = values_build(region, cursor, (n - 1) / 2);
        right = values_build(region, cursor, n - 1 - (n - 1) / 2);
        if (size == POINTERS_BYTES)
                return gca_list(region, (gca_value[]){ left, right }, 2);
        words = words_new(region, size - POINTERS_BYTES, cursor->task + n);
        return gca_list(region, (gca_value[]){ left, right, words }, 3);
}

static uint64_t values_walk(gca_value node) {
        size_t n;
        const gca_value *parts = gca_get_elements(node, &n);
        uint64_t sum = 0;

        if (n > 2)
                memcpy(&sum, gca_get_bytes(parts[2], NULL), sizeof(sum));
        if (!gca_is_nil(parts[0]))
                sum += values_walk(parts[0]);
        if (!gca_is_nil(parts[1]))
                sum += values_walk(parts[1]);
        return sum;
}

static gca_poll values_poll(gca_task *task, void *state) {
        gca_region *region = gca_task_region(task);
        struct cursor cursor = cursor_begin(task_get_slip(task)->number);
        gca_value tree = values_build(region, &cursor, REQUEST_OBJECTS);

        (void)state;
        if (!gca_is_value(tree))
                return gca_fail(task, "no-memory", "no memory for a tree");
        return gca_succeed(task, result_new(region, values_walk(tree)));
}

/* ---- by value ---- */

/* The host's ring: a task's slot is its own until as many others were submitted, which is long after it ended. */
static uint64_t (*ring)[REQUEST_RESULT_WORDS];

static int ring_store(gca_task *task, gca_value result) {
        struct task_slip *slip = task_get_slip(task);
        uint64_t *words = ring[slip->number % REQUEST_RING];

        memcpy(words, gca_get_bytes(result, NULL), sizeof(*ring));
        slip->figure = words[0];
        return 0;
}

static void ring_run(gca_poll (*poll)(gca_task *task, void *state), unsigned n_workers) {
        const struct tasks_options options = {
                .n_workers = n_workers,
                .n_tasks = REQUEST_TASKS,
                .poll = poll,
                .store_result = ring_store,
        };
        uint64_t time, check;

        request_sizes_init();
        ring = calloc(REQUEST_RING, sizeof(*ring));
        if (!ring)
                bench_die("no memory for the ring");
        time = tasks_run(&options, &check);
        report("ns", (double)time / REQUEST_TASKS);
        report_check(check);
        report("cycles", 0); /* There is no heap. */
        free(ring);
}

void ours_run_requests_by_value(unsigned n_workers) {
        ring_run(nodes_poll, n_workers);
}

void ours_run_requests_of_values(unsigned n_workers) {
        ring_run(values_poll, n_workers);
}

/* ---- published ---- */

static struct {
        gca_heap *heap;
        gca_root roots[REQUEST_RING];
} board;

/* A published result, held by the task. */
static gca_value result_publish(gca_region *region, uint64_t sum) {
        gca_region *publication = gca_publication_begin(region);

        if (!publication)
                return GCA_NO_VALUE;
        return gca_publication_end(publication, result_new(publication, sum));
}

static gca_poll board_poll(gca_task *task, void *state) {
        struct task_slip *slip = task_get_slip(task);
        gca_region *region = gca_task_region(task);
        gca_value result;

        (void)state;
        slip->figure = nodes_run(region, slip->number);
        result = result_publish(region, slip->figure);
        if (gca_root_set(gca_region_get_thread(region),
                         board.heap,
                         board.roots[slip->number % REQUEST_RING],
                         result) != 0)
                return gca_fail(task, "no-result", "the result cannot be kept");
        return gca_succeed(task, gca_nil());
}

void ours_run_requests(unsigned n_workers) {
        struct tasks_options options = {
                .n_workers = n_workers,
                .n_tasks = REQUEST_TASKS,
                .poll = board_poll,
        };
        struct shared shared;
        gca_root_owner *owner;
        gca_heap_info info;
        uint64_t time, check;

        request_sizes_init();
        shared_open(&shared, NULL);
        options.heap = board.heap = shared.heap;
        owner = gca_root_owner_new(shared.heap, 1);
        for (size_t i = 0; i < REQUEST_RING; i++)
                if (!owner ||
                    gca_root_register(shared.thread, owner, gca_nil(), &board.roots[i]) != 0)
                        bench_die("no memory for the ring");
        time = tasks_run(&options, &check);
        gca_heap_get_info(shared.heap, &info);
        report("ns", (double)time / REQUEST_TASKS);
        report_check(check);
        report("cycles", (double)info.n_cycles);
        (void)gca_root_owner_free(shared.thread, owner);
        shared_close(&shared);
}
