/* SPDX-License-Identifier: MIT */
#include "gc/special-walk.h"

#include "gc/heap.h"
#include "gc/mark.h"
#include "gc/memory.h"

void specials_init(struct specials *specials, struct gca_heap *heap) {
        *specials = (struct specials){ .heap = heap };
        specials->dead_last = &specials->dead_first;
        specials->due_last = &specials->due_first;
        lock_init(&specials->due_lock, LOCK_RANK_LEAF);
}

static void specials_free_list(struct gca_finalizer *finalizer) {
        while (finalizer) {
                struct gca_finalizer *next = finalizer->next;

                gca_finalizer_free(finalizer);
                finalizer = next;
        }
}

static void specials_free_blobs(struct blob *blob) {
        while (blob) {
                struct blob *next = blob->next;

                blob_free(blob);
                blob = next;
        }
}

/* ---- chunks ---- */

/* Those that threads filled become the collector's. */
static void specials_take_over(struct specials *specials) {
        /* Acquire: pairs with the release in special_push_full(). */
        struct special_chunk *chunk = atomic_exchange_explicit(
                &specials->heap->specials_full, NULL, memory_order_acquire);

        while (chunk) {
                struct special_chunk *next = chunk->next;

                chunk->next = specials->chunks;
                specials->chunks = chunk;
                chunk = next;
        }
}

void specials_deinit(struct specials *specials) {
        specials_take_over(specials);
        /* Relaxed: there is no other thread. */
        atomic_store_explicit(
                &specials->heap->specials_full, specials->chunks, memory_order_relaxed);
        specials->chunks = NULL;
        specials_free_list(specials->dead_first);
        specials_free_list(specials->due_first);
        specials_free_blobs(specials->dead_blobs);
        lock_deinit(&specials->due_lock);
}

/* The chunks that threads are filling, where they are; then takes over what is full. */
static void specials_visit_threads(struct specials *specials,
                                   void (*visit)(struct special_chunk *chunk, void *data),
                                   void *data) {
        struct gca_heap *heap = specials->heap;
        struct gca_thread *thread;

        {
                LOCK_SCOPE(&heap->threads_lock);

                list_for_each(thread, &heap->threads, siblings) {
                        /* Acquire: pairs with the release in special_register(); a chunk that was replaced has
                         * been pushed, so that it is taken over below. */
                        struct special_chunk *chunk =
                                atomic_load_explicit(&thread->specials.chunk, memory_order_acquire);

                        if (chunk)
                                visit(chunk, data);
                }
        }
        specials_take_over(specials);
}

/* ---- ephemerons ---- */

struct specials_push {
        struct marker *marker;
        bool is_pushed;
};

static void specials_push_chunk(struct special_chunk *chunk, void *data) {
        struct specials_push *push = data;
        size_t n = special_chunk_get_n(chunk);

        for (size_t i = 0; i < n; i++) {
                struct object *object = chunk->objects[i];

                if (object && object_get_type(object) == GCA_TYPE_WEAK &&
                    object_get_count(object) == 2 && ephemeron_push_value(push->marker, object))
                        push->is_pushed = true;
        }
}

bool specials_push_values(struct specials *specials, struct marker *marker) {
        struct specials_push push = { marker, false };

        specials_visit_threads(specials, specials_push_chunk, &push);
        for (struct special_chunk *chunk = specials->chunks; chunk; chunk = chunk->next)
                specials_push_chunk(chunk, &push);
        return push.is_pushed;
}

/* ---- closing ---- */

static void specials_clear(struct object *weak) {
        /* Relaxed: a word of nobody's; who reads the old one finds its target unmarked and the upgrades closed. */
        for (size_t i = 0; i < object_get_count(weak); i++)
                atomic_store_explicit(
                        (_Atomic uintptr_t *)&weak->slots[i].word, VALUE_NIL, memory_order_relaxed);
}

static void
specials_check_target(struct specials *specials, const struct marker *marker, struct object *weak) {
        gca_value target = { atomic_load_explicit((_Atomic uintptr_t *)&weak->slots[0].word,
                                                  memory_order_relaxed) };

        if (!value_is_object(target) || !marker_is_dead(marker, value_get_object(target)))
                return;
        specials_clear(weak);
        specials->n_weaks_cleared++;
}

/* The object is gone: what it owns waits for the grace period. */
static void specials_bury(struct specials *specials, struct object *object) {
        if (object_get_type(object) == GCA_TYPE_NATIVE) {
                struct gca_finalizer *finalizer = object_get_native_tail(object)->finalizer;

                finalizer->next = NULL;
                *specials->dead_last = finalizer;
                specials->dead_last = &finalizer->next;
        }
        if (object_get_type(object) == GCA_TYPE_BLOB) {
                struct blob *blob = object->blob[0];

                blob->next = specials->dead_blobs;
                specials->dead_blobs = blob;
        }
}

struct specials_close {
        struct specials *specials;
        const struct marker *marker;
};

static void specials_close_chunk(struct special_chunk *chunk, void *data) {
        const struct specials_close *close = data;
        size_t n = special_chunk_get_n(chunk);

        for (size_t i = 0; i < n; i++) {
                struct object *object = chunk->objects[i];

                if (!object)
                        continue;
                if (marker_is_dead(close->marker, object)) {
                        specials_bury(close->specials, object);
                        chunk->objects[i] = NULL;
                        continue;
                }
                if (object_get_type(object) == GCA_TYPE_WEAK)
                        specials_check_target(close->specials, close->marker, object);
        }
}

static size_t special_chunk_compact(struct special_chunk *chunk) {
        size_t n = special_chunk_get_n(chunk);
        uint32_t n_left = 0;

        for (size_t i = 0; i < n; i++)
                if (chunk->objects[i])
                        chunk->objects[n_left++] = chunk->objects[i];
        /* Relaxed: the chunk is the collector's. */
        atomic_store_explicit(&chunk->n, n_left, memory_order_relaxed);
        return n_left;
}

/* Moves what chunk holds to the one before it, if there is room. */
static bool special_chunk_merge(struct special_chunk *before, struct special_chunk *chunk) {
        size_t n_before = special_chunk_get_n(before), n = special_chunk_get_n(chunk);

        if (n_before + n > SPECIAL_CHUNK_OBJECTS)
                return false;
        for (size_t i = 0; i < n; i++)
                before->objects[n_before + i] = chunk->objects[i];
        atomic_store_explicit(&before->n, (uint32_t)(n_before + n), memory_order_relaxed);
        return true;
}

void specials_begin(struct specials *specials, const struct marker *marker) {
        struct specials_close close = { specials, marker };

        specials->n_weaks_cleared = 0;
        specials->n_finalizers = 0;
        specials_visit_threads(specials, specials_close_chunk, &close);
        specials->at = &specials->chunks;
        specials->before = NULL;
}

bool specials_walk(struct specials *specials, const struct marker *marker, size_t n) {
        struct specials_close close = { specials, marker };
        struct special_chunk *chunk;

        while (n-- > 0 && (chunk = *specials->at)) {
                specials_close_chunk(chunk, &close);
                if (special_chunk_compact(chunk) == 0 ||
                    (specials->before && special_chunk_merge(specials->before, chunk))) {
                        *specials->at = chunk->next;
                        memory_free(chunk);
                        continue;
                }
                specials->before = chunk;
                specials->at = &chunk->next;
        }
        return !*specials->at;
}

static size_t specials_make_due(struct specials *specials) {
        struct gca_finalizer *finalizer = specials->dead_first;
        size_t n = 0;

        specials->dead_first = NULL;
        specials->dead_last = &specials->dead_first;
        while (finalizer) {
                struct gca_finalizer *next = finalizer->next;

                finalizer->next = NULL;
                if (finalizer->type->finalize) {
                        LOCK_SCOPE(&specials->due_lock);
                        *specials->due_last = finalizer;
                        specials->due_last = &finalizer->next;
                        n++;
                } else {
                        gca_finalizer_free(finalizer);
                }
                finalizer = next;
        }
        return n;
}

size_t specials_release(struct specials *specials) {
        struct store *store = &specials->heap->store;

        for (struct blob *blob = specials->dead_blobs; blob; blob = blob->next)
                store_remove_blob(store, blob->size, blob->account);
        specials_free_blobs(specials->dead_blobs);
        specials->dead_blobs = NULL;
        specials->n_finalizers = specials_make_due(specials);
        return specials->n_finalizers;
}

struct gca_finalizer *specials_take_finalizer(struct specials *specials) {
        struct gca_finalizer *finalizer;
        LOCK_SCOPE(&specials->due_lock);

        finalizer = specials->due_first;
        if (!finalizer)
                return NULL;
        specials->due_first = finalizer->next;
        if (!specials->due_first)
                specials->due_last = &specials->due_first;
        finalizer->next = NULL;
        return finalizer;
}
