/* SPDX-License-Identifier: MIT */
/* Blobs as values; what they are made of is in blob.h. Their bytes are the heap's: they count as its other bytes do. */
#include <errno.h>

#include "gc/birth.h"
#include "gc/blob.h"
#include "gc/heap.h"

static gca_value blob_fail(gca_region *region, int r) {
        if (r == -EMFILE || r == -ENFILE)
                return region_fail(region, GCA_REGION_NO_DESCRIPTORS);
        return region_fail(region, r == -ENOSPC ? GCA_REGION_HEAP_LIMIT : GCA_REGION_NO_MEMORY);
}

/* The object for a blob, which it takes over; unless it is no value. */
static gca_value blob_publish(gca_region *region, struct blob *blob) {
        gca_heap *heap = region->thread->heap;
        struct object *object;
        struct birth birth;
        gca_value value;
        int r;

        r = store_check_limit(region->thread, blob->size);
        if (r != 0)
                return blob_fail(region, r);
        object = birth_begin(
                &birth, region, GCA_TYPE_BLOB, 0, OBJECT_HEADER_SIZE + sizeof(struct blob *));
        if (!object)
                return GCA_NO_VALUE;
        object->blob[0] = blob;
        special_register(region->thread, object);
        value = birth_end(&birth, object);
        /* The collector takes the bytes off when it frees the blob, which it cannot do while the entry holds it. */
        blob->account = region->account;
        store_add_blob(&heap->store, blob->size, blob->account);
        collector_note_growth(heap);
        return value;
}

gca_value gca_blob_new(gca_region *region, const void *data, size_t size) {
        struct blob *blob;
        gca_value value;
        int r;

        if (!birth_is_possible(region))
                return GCA_NO_VALUE;
        r = blob_new(data, size, &blob);
        if (r != 0)
                return blob_fail(region, r);
        value = blob_publish(region, blob);
        if (!gca_is_value(value))
                (void)blob_free(blob);
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
        value = blob_publish(region, blob);
        if (gca_is_value(value))
                return value;
        /* The descriptor stays the caller's. */
        blob->fd = -1;
        (void)blob_free(blob);
        errno = ENOMEM;
        return GCA_NO_VALUE;
}

int gca_blob_get_fd(gca_value blob) {
        return value_get_object_of(blob, GCA_TYPE_BLOB)->blob[0]->fd;
}
