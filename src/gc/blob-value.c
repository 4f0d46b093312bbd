/* SPDX-License-Identifier: MIT */
/* Blobs as values; what they are made of is in blob.h. Their bytes are the heap's: they count as its other bytes do. */
#include <errno.h>

#include "base/fault.h"
#include "gc/birth.h"
#include "gc/blob.h"
#include "gc/heap.h"

static gca_value blob_fail(gca_region *region, int r) {
        if (r == -EMFILE || r == -ENFILE)
                return region_fail(region, GCA_REGION_NO_DESCRIPTORS);
        return region_fail(region, r == -ENOSPC ? GCA_REGION_HEAP_LIMIT : GCA_REGION_NO_MEMORY);
}

/* The object for a blob, whose bytes are counted; it takes the blob over, unless it is no value. */
static gca_value blob_bear(gca_region *region, struct blob *blob) {
        struct object *object;
        struct birth birth;

        object = birth_begin(
                &birth, region, GCA_TYPE_BLOB, 0, OBJECT_HEADER_SIZE + sizeof(struct blob *));
        if (!object)
                return GCA_NO_VALUE;
        object->blob[0] = blob;
        /* The collector takes the bytes off this account when it frees the blob. */
        blob->account = region->account;
        special_register(region->thread, object);
        return birth_end(&birth, object);
}

/* The bytes are counted before they are there, and no longer when the blob is no value; past the soft limit this waits for a cycle. */
static int blob_count(gca_region *region, size_t size) {
        int r;

        r = store_add_blob(region->thread, size, region->account);
        if (r != 0)
                return fault_pass(r);
        collector_note_growth(region->thread->heap);
        return 0;
}

static void blob_uncount(gca_region *region, size_t size) {
        store_remove_blob(&region->thread->heap->store, size, region->account);
}

/* Counted, its bytes are written. No value: it is not counted any more. */
static gca_value blob_write_and_bear(gca_region *region, const void *data, size_t size) {
        struct blob *blob = NULL;
        gca_value value = GCA_NO_VALUE;
        int r;

        r = blob_new(data, size, &blob);
        if (r == 0)
                value = blob_bear(region, blob);
        else
                value = blob_fail(region, r);
        if (gca_is_value(value))
                return value;
        (void)blob_free(blob);
        blob_uncount(region, size);
        return GCA_NO_VALUE;
}

gca_value gca_blob_new(gca_region *region, const void *data, size_t size) {
        int r;

        if (!birth_is_possible(region))
                return GCA_NO_VALUE;
        r = blob_count(region, size);
        if (r != 0)
                return blob_fail(region, r);
        return blob_write_and_bear(region, data, size);
}

/* No value: the descriptor stays the caller's. */
static gca_value blob_count_and_bear(gca_region *region, struct blob *blob) {
        gca_value value;
        int r;

        r = blob_count(region, blob->size);
        if (r != 0)
                return blob_fail(region, r);
        value = blob_bear(region, blob);
        if (!gca_is_value(value))
                blob_uncount(region, blob->size);
        return value;
}

gca_value gca_blob_new_from_fd(gca_region *region, int fd) {
        struct blob *blob;
        gca_value value;
        int r;

        errno = ENOMEM;
        if (!birth_is_possible(region))
                return GCA_NO_VALUE;
        r = blob_new_from_fd(fd, &blob);
        errno = -r;
        if (r != 0)
                return r == -EINVAL ? GCA_NO_VALUE : blob_fail(region, r);
        value = blob_count_and_bear(region, blob);
        if (gca_is_value(value))
                return value;
        blob->fd = -1;
        (void)blob_free(blob);
        errno = ENOMEM;
        return GCA_NO_VALUE;
}

int gca_blob_get_fd(gca_value blob) {
        return value_get_object_of(blob, GCA_TYPE_BLOB)->blob[0]->fd;
}
