/* SPDX-License-Identifier: MIT */

#include "lib/deadlines.h"

#include <stddef.h>

/* Points link at deadline, which may be NULL. */
static void deadline_attach(struct deadline **link, struct deadline *deadline) {
        *link = deadline;
        if (deadline)
                deadline->link = link;
}

/* Makes one tree of two: the later root becomes the first child of the earlier one. */
static struct deadline *deadline_merge(struct deadline *a, struct deadline *b) {
        struct deadline *earlier = b->time_ns < a->time_ns ? b : a;
        struct deadline *later = earlier == a ? b : a;

        deadline_attach(&later->next, earlier->child);
        deadline_attach(&earlier->child, later);
        return earlier;
}

/*
 * Makes one tree of a list of siblings: pairs from left to right, then the pairs from
 * right to left.
 */
static struct deadline *deadline_merge_siblings(struct deadline *sibling) {
        struct deadline *pairs = NULL, *tree = NULL;

        while (sibling) {
                struct deadline *a = sibling, *b = a->next;

                sibling = b ? b->next : NULL;
                a->next = NULL;
                if (b) {
                        b->next = NULL;
                        a = deadline_merge(a, b);
                }
                a->next = pairs;
                pairs = a;
        }
        while (pairs) {
                struct deadline *next = pairs->next;

                pairs->next = NULL;
                tree = tree ? deadline_merge(tree, pairs) : pairs;
                pairs = next;
        }
        return tree;
}

static void deadlines_add_tree(struct deadlines *deadlines, struct deadline *tree) {
        if (!tree)
                return;
        tree->next = NULL;
        if (deadlines->first)
                tree = deadline_merge(deadlines->first, tree);
        deadline_attach(&deadlines->first, tree);
}

void deadlines_set(struct deadlines *deadlines, struct deadline *deadline, uint64_t time_ns) {
        deadlines_remove(deadlines, deadline);
        *deadline = (struct deadline){ .time_ns = time_ns };
        deadlines_add_tree(deadlines, deadline);
}

void deadlines_remove(struct deadlines *deadlines, struct deadline *deadline) {
        if (!deadline_is_set(deadline))
                return;
        deadline_attach(deadline->link, deadline->next);
        deadlines_add_tree(deadlines, deadline_merge_siblings(deadline->child));
        *deadline = (struct deadline){ 0 };
}
