/* SPDX-License-Identifier: MIT */

#include "runtime/fair.h"

#include <stdlib.h>

#include "base/check.h"

static void fair_line_init(struct fair_line *line, uint32_t uid) {
        *line = (struct fair_line){ .uid = uid };
        list_init(&line->turns);
        list_init(&line->bucket);
        list_init(&line->items);
}

static void fair_line_free(struct fair_line *line) {
        assert(list_is_empty(&line->items));
        list_remove(&line->turns);
        list_remove(&line->bucket);
        free(line);
}

void fair_init(struct fair *fair) {
        *fair = (struct fair){ 0 };
        list_init(&fair->active);
        list_init(&fair->idle);
        for (size_t i = 0; i < FAIR_N_BUCKETS; i++)
                list_init(&fair->buckets[i]);
        fair_line_init(&fair->spare, 0);
}

void fair_deinit(struct fair *fair) {
        struct fair_line *line;

        assert(fair->n == 0);
        list_for_each(line, &fair->idle, turns) {
                fair_line_free(line);
        }
        fair->n_idle = 0;
}

static struct fair_line *fair_find_line(struct fair *fair, uint32_t uid) {
        struct list *bucket = &fair->buckets[uid % FAIR_N_BUCKETS];
        struct fair_line *line;

        list_for_each(line, bucket, bucket) {
                if (line->uid == uid)
                        return line;
        }
        line = malloc(sizeof(*line));
        if (!line)
                return &fair->spare;
        fair_line_init(line, uid);
        list_push_back(bucket, &line->bucket);
        list_push_back(&fair->idle, &line->turns);
        fair->n_idle++;
        return line;
}

/* The item stands at the end of its line; the one that stands FAIR_AHEAD places before it learns where it is. */
static void fair_note_ahead(struct fair_line *line, struct fair_item *item) {
        struct fair_item **place = &line->newest[line->n_pushed++ % FAIR_AHEAD];

        /* As long as so many wait, that one does: others that do were before it, or are fewer. */
        if (line->n >= FAIR_AHEAD && *place)
                (*place)->ahead = item;
        *place = item;
        item->ahead = NULL;
}

void fair_push(struct fair *fair, struct fair_item *item) {
        struct fair_line *line = fair_find_line(fair, item->uid);

        assert(!item->line && item->cost > 0);
        if (list_is_empty(&line->items)) {
                if (line != &fair->spare) {
                        list_remove(&line->turns);
                        fair->n_idle--;
                }
                line->deficit = FAIR_QUANTUM;
                list_push_back(&fair->active, &line->turns);
        }
        list_push_back(&line->items, &item->link);
        item->line = line;
        fair_note_ahead(line, item);
        line->n++;
        fair->n++;
}

/* An empty line gives its turn up, and what it has saved. */
static void fair_retire_line(struct fair *fair, struct fair_line *line) {
        list_remove(&line->turns);
        if (line == &fair->spare)
                return;
        list_push_back(&fair->idle, &line->turns);
        if (++fair->n_idle <= FAIR_N_IDLE_MAX)
                return;
        fair_line_free(list_entry(fair->idle.next, struct fair_line, turns));
        fair->n_idle--;
}

static void fair_take(struct fair *fair, struct fair_item *item) {
        struct fair_line *line = item->line;

        list_remove(&item->link);
        item->line = NULL;
        line->n--;
        fair->n--;
        if (list_is_empty(&line->items))
                fair_retire_line(fair, line);
}

struct fair_item *fair_pop(struct fair *fair) {
        while (!list_is_empty(&fair->active)) {
                struct fair_line *line = list_entry(fair->active.next, struct fair_line, turns);
                struct fair_item *item = list_entry(line->items.next, struct fair_item, link);

                if (item->cost <= line->deficit) {
                        __builtin_prefetch(item->ahead, 1);
                        line->deficit -= item->cost;
                        fair_take(fair, item);
                        return item;
                }
                line->deficit += FAIR_QUANTUM;
                list_remove(&line->turns);
                list_push_back(&fair->active, &line->turns);
        }
        return NULL;
}

bool fair_remove(struct fair *fair, struct fair_item *item) {
        if (!item->line)
                return false;
        for (size_t i = 0; i < FAIR_AHEAD; i++)
                if (item->line->newest[i] == item)
                        item->line->newest[i] = NULL;
        fair_take(fair, item);
        return true;
}

static size_t fair_verify_line(const struct fair_line *line) {
        struct fair_item *item;
        size_t n = 0;

        list_for_each(item, &line->items, link) {
                assert(item->line == line && item->cost > 0);
                n++;
        }
        assert(n == line->n);
        return n;
}

void fair_verify(const struct fair *fair) {
        struct fair_line *line;
        size_t n = 0, n_idle = 0;

        list_for_each(line, &fair->active, turns) {
                assert(!list_is_empty(&line->items));
                n += fair_verify_line(line);
        }
        list_for_each(line, &fair->idle, turns) {
                assert(list_is_empty(&line->items));
                n_idle++;
        }
        assert(n == fair->n && n_idle == fair->n_idle && n_idle <= FAIR_N_IDLE_MAX + 1);
}
