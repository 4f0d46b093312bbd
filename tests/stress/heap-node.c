/* SPDX-License-Identifier: MIT */

#include "stress/heap-node.h"

#include <string.h>

#include "base/check.h"

enum {
        PATTERN_BYTES = 96,
        N_LOOKED_AT = 64, /* nodes of one walk */
};

int64_t node_mix(uint64_t id) {
        return (int64_t)((id * UINT64_C(0x9e3779b97f4a7c15)) >> 3);
}

static size_t pattern_size(uint64_t id) {
        return id % PATTERN_BYTES;
}

static gca_value pattern_make(gca_region *region, uint64_t id) {
        unsigned char bytes[PATTERN_BYTES];

        memset(bytes, (int)(id & 0xff), sizeof(bytes));
        return gca_bytes(region, bytes, pattern_size(id));
}

static void pattern_check(gca_value value, uint64_t id) {
        const unsigned char *bytes;
        size_t size;

        assert(gca_get_type(value) == GCA_TYPE_BYTES);
        bytes = gca_get_bytes(value, &size);
        assert(size == pattern_size(id));
        for (size_t i = 0; i < size; i++)
                assert(bytes[i] == (id & 0xff));
}

void node_begin(gca_builder *builder, gca_region *region, uint64_t id) {
        gca_builder_begin_list(builder, region);
        gca_builder_add(builder, gca_int(region, (int64_t)id));
        gca_builder_add(builder, gca_int(region, node_mix(id)));
        gca_builder_add(builder, pattern_make(region, id));
}

gca_value node_make(gca_region *region, uint64_t id, const gca_value *children, size_t n) {
        gca_builder builder;

        node_begin(&builder, region, id);
        for (size_t i = 0; i < n; i++)
                gca_builder_add(&builder, children[i]);
        return gca_builder_end(&builder);
}

void node_check(gca_value node) {
        uint64_t id;

        assert(gca_get_count(node) >= NODE_N_FIELDS);
        id = (uint64_t)gca_get_int(gca_get_element(node, 0));
        assert(gca_get_int(gca_get_element(node, 1)) == node_mix(id));
        pattern_check(gca_get_element(node, 2), id);
}

gca_value node_walk_down(struct random *random, gca_value value) {
        for (size_t i = 0; i < N_LOOKED_AT && gca_get_type(value) == GCA_TYPE_LIST; i++) {
                size_t n;

                node_check(value);
                n = gca_get_count(value) - NODE_N_FIELDS;
                if (n == 0 || random_one_in(random, 4))
                        return value;
                value = gca_get_element(value, NODE_N_FIELDS + random_below(random, n));
        }
        return value;
}
