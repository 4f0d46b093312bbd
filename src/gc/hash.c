/* SPDX-License-Identifier: MIT */
/*
 * Hashes, bottom up with a stack of our own. A list's is chained over its elements, a map's a sum over its
 * entries, for their order does not matter. What has an identity is hashed by its address: it lies in the store, where
 * nothing moves. What was hashed is entered in a table: see the sharing note in object-table.h.
 */
#include <string.h>

#include "gc/map.h"
#include "gc/memory.h"
#include "gc/object-table.h"
#include "gc/siphash.h"

enum {
        FRAMES_INLINE = 32,
};

/* A list or map that is being hashed. */
struct frame {
        const struct object *object;
        uint64_t state;
        uint64_t index : 62; /* the next element */
        bool is_branching : 1;
        bool is_remembered : 1;
};

struct hashing {
        const struct siphash_key *key;
        struct frame *frames;
        size_t n, n_max;
        size_t cost;
        struct object_table hashes;
        bool has_failed; /* out of memory */
        struct frame frames_inline[FRAMES_INLINE];
};

static void hashing_deinit(struct hashing *hashing) {
        if (hashing->frames != hashing->frames_inline)
                memory_free(hashing->frames);
        object_table_deinit(&hashing->hashes);
}

static bool hashing_grow(struct hashing *hashing) {
        bool is_inline = hashing->frames == hashing->frames_inline;
        size_t size = 2 * hashing->n_max * sizeof(struct frame);
        struct frame *frames = memory_reallocate(is_inline ? NULL : hashing->frames, size);

        if (!frames)
                return false;
        if (is_inline)
                memcpy(frames, hashing->frames_inline, sizeof(hashing->frames_inline));
        hashing->frames = frames;
        hashing->n_max *= 2;
        return true;
}

static uint64_t hashing_mix(const struct hashing *hashing, uint64_t a, uint64_t b) {
        uint64_t words[2] = { a, b };

        return siphash(hashing->key, words, sizeof(words));
}

static uint64_t hashing_hash_text(struct hashing *hashing, const struct object *text) {
        bool is_light = walk_is_light_text(text);
        const uint64_t *known = is_light ? NULL : object_table_find(&hashing->hashes, text);
        uint64_t hash;

        if (known)
                return *known;
        hash = siphash(hashing->key, text->bytes, object_get_count(text));
        hashing->cost += walk_get_text_cost(text);
        if (!is_light && hashing->cost >= WALK_COST_FREE &&
            object_table_add(&hashing->hashes, text, hash) != 0)
                hashing->has_failed = true;
        return hash;
}

static uint64_t hashing_hash_leaf(struct hashing *hashing, gca_value value) {
        gca_type type = gca_get_type(value);
        uint64_t word = value.word;

        if (type == GCA_TYPE_INT)
                word = (uint64_t)gca_get_int(value);
        else if (type == GCA_TYPE_FLOAT)
                word = (uint64_t)value_get_object(value)->integer[0];
        else if (type == GCA_TYPE_STRING || type == GCA_TYPE_BYTES)
                word = hashing_hash_text(hashing, value_get_object(value));
        return hashing_mix(hashing, type, word);
}

static void hashing_push(struct hashing *hashing, const struct object *object, bool is_remembered) {
        if (hashing->n == hashing->n_max && !hashing_grow(hashing)) {
                hashing->has_failed = true;
                return;
        }
        hashing->frames[hashing->n++] = (struct frame){
                .object = object,
                .is_branching = walk_is_branching(object),
                .is_remembered = is_remembered,
        };
}

/* The element's hash is known: into its parent's. */
static void hashing_absorb(struct hashing *hashing, struct frame *frame, uint64_t hash) {
        const struct object *key;

        hashing->cost++;
        if (object_get_type(frame->object) == GCA_TYPE_MAP) {
                key = value_get_object(map_get_key(frame->object, frame->index));
                frame->state += hashing_mix(hashing, hashing_hash_text(hashing, key), hash);
        } else {
                frame->state = hashing_mix(hashing, frame->state, hash);
        }
        frame->index++;
}

/* The frame's next element: hashed at once or, if it is a list or map whose hash is not known, pushed. */
static void hashing_step(struct hashing *hashing, struct frame *frame) {
        bool is_map = object_get_type(frame->object) == GCA_TYPE_MAP;
        gca_value value = is_map ? map_get_value(frame->object, frame->index)
                                 : frame->object->slots[frame->index];
        const struct object *object;
        const uint64_t *known = NULL;
        bool is_remembered;

        if (!value_is_object(value) || !object_is_container(value_get_object(value))) {
                hashing_absorb(hashing, frame, hashing_hash_leaf(hashing, value));
                return;
        }
        object = value_get_object(value);
        is_remembered = hashing->cost >= WALK_COST_FREE &&
                        (frame->is_branching || hashing->n % WALK_CHAIN_STEPS == 0 ||
                         !walk_is_light_container(object));
        if (is_remembered)
                known = object_table_find(&hashing->hashes, object);
        if (known)
                hashing_absorb(hashing, frame, *known);
        else
                hashing_push(hashing, object, is_remembered);
}

/* The frame's elements are all hashed. */
static uint64_t hashing_pop(struct hashing *hashing) {
        struct frame frame = hashing->frames[--hashing->n];
        uint64_t hash = hashing_mix(hashing,
                                    (uint64_t)object_get_count(frame.object) << 8 |
                                            object_get_type(frame.object),
                                    frame.state);

        if (frame.is_remembered && object_table_add(&hashing->hashes, frame.object, hash) != 0)
                hashing->has_failed = true;
        return hash;
}

static uint64_t hashing_run(struct hashing *hashing) {
        for (;;) {
                struct frame *frame = &hashing->frames[hashing->n - 1];
                uint64_t hash;

                if (frame->index < object_get_count(frame->object)) {
                        hashing_step(hashing, frame);
                } else {
                        hash = hashing_pop(hashing);
                        if (hashing->n == 0)
                                return hash;
                        hashing_absorb(hashing, &hashing->frames[hashing->n - 1], hash);
                }
                if (hashing->has_failed)
                        return 0;
        }
}

uint64_t gca_hash(gca_value value) {
        struct hashing hashing;
        uint64_t hash;

        hashing.key = siphash_get_key();
        hashing.frames = hashing.frames_inline;
        hashing.n = 0;
        hashing.n_max = FRAMES_INLINE;
        hashing.cost = 0;
        hashing.hashes = (struct object_table){ 0 };
        hashing.has_failed = false;
        if (value_is_object(value) && object_is_container(value_get_object(value))) {
                hashing_push(&hashing, value_get_object(value), false);
                hash = hashing_run(&hashing);
        } else {
                hash = hashing_hash_leaf(&hashing, value);
        }
        /* 0 is for what could not be hashed. */
        hash += hash == 0 && !hashing.has_failed;
        hashing_deinit(&hashing);
        return hash;
}
