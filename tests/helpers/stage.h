/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A heap with something of each kind in it, and with nothing in reserve where a test wants that: what is asked for next needs
 * memory. At the end nothing is left but what was there at the beginning, and of that nothing that was not given back.
 */

#include "gc/root-set.h"
#include "helpers/collect.h"

enum {
        STAGE_POOLS = 5
};

struct stage {
        struct site site;
        gca_region *kept; /* what is there from the beginning to the end */
        gca_value list, other, cell, native, weak, ephemeron, blob;
        gca_root root;
        gca_census census; /* of that */
        struct {
                void *first;
                size_t n;
        } drained[STAGE_POOLS];

        gca_value value; /* private, to be published */
        gca_scope scope;
        gca_root_owner *owner;
        gca_thread *thread;
        gca_heap *heap;
        gca_region *region;
        int fd;
};

static inline void stage_finalize(void *payload) {
        (void)payload;
}

static const gca_native_type stage_native_type = {
        .size = sizeof(stage_native_type),
        .name = "stage",
        .payload_bytes = 100,
        .n_slots = 2,
        .finalize = stage_finalize,
};

static inline struct slab_pool *stage_get_pool(struct stage *stage, size_t index) {
        gca_heap *heap = stage->site.heap;
        struct slab_pool *pools[STAGE_POOLS] = {
                &heap->entry_chunks, &heap->records,       &heap->record_segments,
                &heap->log_chunks,   &heap->roots->owners,
        };

        return pools[index];
}

static inline void stage_drain(struct stage *stage) {
        gca_thread *thread = stage->site.thread;

        publication_settle(thread);
        entry_release_spare(thread);
        publication_detach(thread);
        store_release(thread);
        region_cache_deinit(&thread->cache);
        region_cache_init(&thread->cache);
        for (size_t i = 0; i < STAGE_POOLS; i++)
                stage->drained[i].n = slab_take(stage_get_pool(stage, i),
                                                stage_get_pool(stage, i)->n_free,
                                                &stage->drained[i].first);
}

static inline void stage_refill(struct stage *stage) {
        for (size_t i = 0; i < STAGE_POOLS; i++) {
                slab_give(stage_get_pool(stage, i), stage->drained[i].first, stage->drained[i].n);
                stage->drained[i].n = 0;
        }
}

static inline gca_value stage_make_list(gca_region *region, int64_t integer) {
        return gca_list(region,
                        (gca_value[]){ gca_int(region, integer), gca_string(region, "text", -1) },
                        2);
}

static inline void stage_collect(struct stage *stage) {
        for (int i = 0; i < 2; i++)
                gca_heap_collect_now(stage->site.heap);
        heap_verify(stage->site.heap);
}

static inline void stage_begin(struct stage *stage) {
        gca_region *kept;

        *stage = (struct stage){ .fd = -1 };
        site_begin_with(&stage->site,
                        (gca_heap_options){ .is_manual = true, .reserve_bytes = 64 << 20 });
        kept = stage->kept = gca_region_new_on(stage->site.thread, 0);
        stage->list = gca_publish(kept, stage_make_list(kept, 1));
        stage->other = gca_publish(kept, stage_make_list(kept, 2));
        stage->cell = gca_cell_new(kept, stage->list);
        stage->native = gca_native_new(kept, &stage_native_type, NULL);
        stage->weak = gca_weak_new(kept, stage->list);
        stage->ephemeron = gca_ephemeron_new(kept, stage->list, stage->other);
        stage->blob = gca_blob_new(kept, "bytes", 5);
        ck_assert(gca_is_value(stage->blob) && gca_is_value(stage->ephemeron));
        stage->root = site_root(&stage->site, stage->list);
        stage_collect(stage);
        gca_heap_get_census(stage->site.heap, &stage->census);
}

/* What was there before is there, and nothing else. */
static inline void stage_end(struct stage *stage) {
        gca_census census;

        stage->site.region = gca_region_free(stage->site.region);
        stage_refill(stage);
        stage_collect(stage);
        root_set_verify(stage->site.heap);
        gca_heap_get_census(stage->site.heap, &census);
        ck_assert_mem_eq(&census, &stage->census, sizeof(census));
        ck_assert_uint_eq(gca_heap_count_roots(stage->site.heap), 1);
        (void)gca_region_free(stage->kept);
        (void)gca_root_owner_free(stage->site.thread, stage->site.owner);
        stage_collect(stage);
        (void)gca_thread_detach(stage->site.thread);
        gca_heap_collect_now(stage->site.heap);
        for (size_t i = 0; i < STAGE_POOLS; i++)
                ck_assert_uint_eq(stage_get_pool(stage, i)->n_free,
                                  stage_get_pool(stage, i)->n_items);
        (void)gca_heap_free(stage->site.heap);
}
