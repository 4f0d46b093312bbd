/* SPDX-License-Identifier: MIT */

/* W1 on a peer. Build and count recurse, no deeper than the tree. */

#include "peer.h"

struct node {
        struct node *left, *right;
};

static struct node *tree_build(struct peer *peer, unsigned depth) {
        struct node *node, *left = NULL, *right = NULL;

        if (depth > 0) {
                left = tree_build(peer, depth - 1);
                right = tree_build(peer, depth - 1);
        }
        node = peer_allocate(peer, sizeof(*node));
        node->left = left;
        node->right = right;
        return node;
}

static uint64_t tree_count(const struct node *node) {
        return node->left ? 1 + tree_count(node->left) + tree_count(node->right) : 1;
}

static void tree_free(struct node *node) {
        if (node->left) {
                tree_free(node->left);
                tree_free(node->right);
        }
        peer_free(node);
}

/* Builds, counts and drops one tree. */
static uint64_t tree_run(struct peer *peer, unsigned depth) {
        char *mark = peer->next;
        struct node *tree = tree_build(peer, depth);
        uint64_t n = tree_count(tree);

        if (PEER_FREES)
                tree_free(tree);
        if (PEER_IS_ARENA)
                peer->next = mark;
        return n;
}

void peer_run_trees(void) {
        struct node **lasting = peer_allocate_table(sizeof(struct node *));
        struct peer peer;
        uint64_t begin = workload_now_ns(), check;

        peer_init(&peer);
        check = tree_run(&peer, TREES_DEPTH + 1);
        *lasting = tree_build(&peer, TREES_DEPTH);
        for (unsigned depth = TREES_DEPTH_MIN; depth <= TREES_DEPTH; depth += 2)
                for (unsigned n = 1u << (TREES_DEPTH - depth + TREES_DEPTH_MIN); n > 0; n--)
                        check += tree_run(&peer, depth);
        check += tree_count(*lasting);
        report("seconds", (double)(workload_now_ns() - begin) / 1e9);
        report_check(check);
}
