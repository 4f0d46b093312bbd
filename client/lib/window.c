/* SPDX-License-Identifier: MIT */

#include "lib/window.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/fault.h"
#include "lib/call.h"

enum {
        N_SLOTS_MIN = 256
};

static struct gcasync_call **window_slot(const struct window *window, uint64_t id) {
        return &window->slots[id & (window->n_slots - 1)];
}

int window_init(struct window *window) {
        *window = (struct window){ .n_slots = N_SLOTS_MIN, .next_id = 1 };
        window->slots = calloc(window->n_slots, sizeof(*window->slots));
        if (!window->slots)
                return fault_raise(-ENOMEM);
        return 0;
}

void window_deinit(struct window *window) {
        free(window->slots);
        window->slots = NULL;
        window->n_slots = 0;
}

static int window_grow(struct window *window) {
        struct window bigger = *window;

        bigger.n_slots *= 2;
        bigger.slots = calloc(bigger.n_slots, sizeof(*bigger.slots));
        if (!bigger.slots)
                return fault_raise(-ENOMEM);
        for (size_t i = 0; i < window->n_slots; i++)
                if (window->slots[i])
                        *window_slot(&bigger, window->slots[i]->id) = window->slots[i];
        free(window->slots);
        *window = bigger;
        return 0;
}

int window_add(struct window *window, struct gcasync_call *call) {
        int r;

        if (window->n_used == window->n_slots / 2) {
                r = window_grow(window);
                if (r)
                        return fault_pass(r);
        }
        while (*window_slot(window, window->next_id))
                window->next_id++;
        call->id = window->next_id++;
        *window_slot(window, call->id) = call;
        window->n_used++;
        return 0;
}

void window_remove(struct window *window, struct gcasync_call *call) {
        assert(*window_slot(window, call->id) == call);

        *window_slot(window, call->id) = NULL;
        window->n_used--;
}

struct gcasync_call *window_find(const struct window *window, uint64_t id) {
        struct gcasync_call *call = *window_slot(window, id);

        return call && call->id == id ? call : NULL;
}
