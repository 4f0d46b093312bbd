/* SPDX-License-Identifier: MIT */

/* W2 on a peer: what a task does is done in a loop, without a task. */

#include "peer.h"

struct node {
        struct node *left, *right;
        uint64_t words[];
};

struct result {
        uint64_t words[REQUEST_RESULT_WORDS];
};

/* The task that is run, and its next object. */
struct cursor {
        uint64_t task;
        uint32_t object;
};

struct requests {
        unsigned n_threads;
        uint64_t sums[WORKLOAD_THREADS_MAX];
};

static inline size_t cursor_next_size(struct cursor *cursor) {
        return request_sizes[cursor->object++ & (REQUEST_SIZES - 1)];
}

static struct node *request_build(struct peer *peer, struct cursor *cursor, unsigned n) {
        size_t size;
        struct node *node;

        if (n == 0)
                return NULL;
        size = cursor_next_size(cursor);
        node = peer_allocate(peer, size);
        if (size > sizeof(*node)) {
                node->words[0] = cursor->task + n;
                node->words[(size - sizeof(*node)) / 8 - 1] = cursor->task + n;
        }
        node->left = node->right = NULL;
        node->left = request_build(peer, cursor, (n - 1) / 2);
        node->right = request_build(peer, cursor, n - 1 - (n - 1) / 2);
        return node;
}

/* Knows the sizes as request_build() did. */
static uint64_t request_walk(const struct node *node, struct cursor *cursor) {
        uint64_t sum = cursor_next_size(cursor) > sizeof(*node) ? node->words[0] : 0;

        if (node->left)
                sum += request_walk(node->left, cursor);
        if (node->right)
                sum += request_walk(node->right, cursor);
        return sum;
}

static void request_free(struct node *node) {
        if (node->left)
                request_free(node->left);
        if (node->right)
                request_free(node->right);
        peer_free(node);
}

/* The result outlives the region, so it is none of the arena's. */
static struct result *result_new(struct peer *peer, uint64_t sum) {
        struct result *result = PEER_IS_ARENA ? malloc(sizeof(*result))
                                              : peer_allocate_plain(peer, sizeof(*result));

        for (unsigned i = 0; i < REQUEST_RESULT_WORDS; i++)
                result->words[i] = sum + i;
        return result;
}

static void result_free(struct result *result) {
        if (PEER_IS_ARENA)
                free(result);
        else
                peer_free(result);
}

static struct result *request_run(struct peer *peer, uint64_t task) {
        struct cursor cursor = { task, (uint32_t)(task * REQUEST_OBJECTS) };
        struct result *result;
        char *mark = peer->next;
        struct node *tree = request_build(peer, &cursor, REQUEST_OBJECTS);

        cursor.object = (uint32_t)(task * REQUEST_OBJECTS);
        result = result_new(peer, request_walk(tree, &cursor));
        if (PEER_FREES)
                request_free(tree);
        if (PEER_IS_ARENA)
                peer->next = mark;
        return result;
}

static void requests_work(unsigned thread, void *data) {
        struct requests *requests = data;
        size_t n_slots = REQUEST_RING / requests->n_threads;
        struct result **ring = peer_allocate_table(n_slots * sizeof(*ring));
        uint64_t task = (uint64_t)REQUEST_TASKS * thread / requests->n_threads;
        uint64_t end = (uint64_t)REQUEST_TASKS * (thread + 1) / requests->n_threads;
        struct peer peer;

        peer_init(&peer);
        for (; task < end; task++) {
                struct result **slot = &ring[task % n_slots], *result = request_run(&peer, task);

                if (*slot) {
                        requests->sums[thread] += (*slot)->words[0];
                        result_free(*slot);
                }
                *slot = result;
        }
        for (size_t i = 0; i < n_slots; i++)
                requests->sums[thread] += ring[i]->words[0];
}

void peer_run_requests(unsigned n_threads) {
        struct requests requests = { .n_threads = n_threads };
        uint64_t time, check = 0;

        request_sizes_init();
        time = threads_run(n_threads, requests_work, &requests);
        for (unsigned i = 0; i < n_threads; i++)
                check += requests.sums[i];
        report("ns", (double)time / REQUEST_TASKS);
        report_check(check);
}
