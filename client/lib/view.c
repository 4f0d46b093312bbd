/* SPDX-License-Identifier: MIT */

/*
 * Views: nodes of an opened graph, which is walked without checks but for a view that is
 * not ours.
 */

#include <string.h>

#include "gcasync/client.h"
#include "wire/graph.h"

static const gcasync_type view_types[] = {
        [GRAPH_NIL] = GCASYNC_TYPE_NIL,     [GRAPH_FALSE] = GCASYNC_TYPE_BOOL,
        [GRAPH_TRUE] = GCASYNC_TYPE_BOOL,   [GRAPH_INT] = GCASYNC_TYPE_INT,
        [GRAPH_FLOAT] = GCASYNC_TYPE_FLOAT, [GRAPH_STRING] = GCASYNC_TYPE_STRING,
        [GRAPH_BYTES] = GCASYNC_TYPE_BYTES, [GRAPH_LIST] = GCASYNC_TYPE_LIST,
        [GRAPH_MAP] = GCASYNC_TYPE_MAP,
};

/* What an empty view leads to. */
static const struct graph_node view_nil = { .type = GRAPH_NIL };

static const struct graph_node *view_node(gcasync_view view) {
        const struct graph *graph = view.graph;

        if (!graph || view.node >= graph->n_nodes)
                return &view_nil;
        return &graph->nodes[view.node];
}

static gcasync_view view_child(gcasync_view view, const struct graph_node *node, size_t index) {
        return (gcasync_view){ .graph = view.graph, .node = node->children[index] };
}

gcasync_type gcasync_view_get_type(gcasync_view view) {
        return view_types[view_node(view)->type];
}

int gcasync_view_get_bool(gcasync_view view, bool *ret_value) {
        const struct graph_node *node = view_node(view);

        if (node->type != GRAPH_TRUE && node->type != GRAPH_FALSE)
                return GCASYNC_E_TYPE;
        *ret_value = node->type == GRAPH_TRUE;
        return 0;
}

int gcasync_view_get_int(gcasync_view view, int64_t *ret_value) {
        const struct graph_node *node = view_node(view);

        if (node->type != GRAPH_INT)
                return GCASYNC_E_TYPE;
        *ret_value = node->integer;
        return 0;
}

int gcasync_view_get_float(gcasync_view view, double *ret_value) {
        const struct graph_node *node = view_node(view);

        if (node->type != GRAPH_FLOAT && node->type != GRAPH_INT)
                return GCASYNC_E_TYPE;
        *ret_value = node->type == GRAPH_INT ? (double)node->integer : node->real;
        return 0;
}

int gcasync_view_get_string(gcasync_view view, const char **ret_text, size_t *ret_size) {
        const struct graph_node *node = view_node(view);

        if (node->type != GRAPH_STRING)
                return GCASYNC_E_TYPE;
        *ret_text = (const char *)node->chunk.data;
        *ret_size = node->chunk.size;
        return 0;
}

int gcasync_view_get_bytes(gcasync_view view, const void **ret_data, size_t *ret_size) {
        const struct graph_node *node = view_node(view);

        if (node->type != GRAPH_BYTES)
                return GCASYNC_E_TYPE;
        *ret_data = node->chunk.data;
        *ret_size = node->chunk.size;
        return 0;
}

size_t gcasync_view_get_count(gcasync_view view) {
        const struct graph_node *node = view_node(view);

        return node->type == GRAPH_LIST || node->type == GRAPH_MAP ? node->count : 0;
}

int gcasync_view_get_element(gcasync_view view, size_t index, gcasync_view *ret_element) {
        const struct graph_node *node = view_node(view);

        if (node->type != GRAPH_LIST && node->type != GRAPH_MAP)
                return GCASYNC_E_TYPE;
        if (index >= node->count)
                return GCASYNC_E_ABSENT;
        *ret_element = view_child(view, node, index);
        return 0;
}

int gcasync_view_get_key(gcasync_view map, size_t index, const char **ret_key, size_t *ret_size) {
        const struct graph_node *node = view_node(map);

        if (node->type != GRAPH_MAP)
                return GCASYNC_E_TYPE;
        if (index >= node->count)
                return GCASYNC_E_ABSENT;
        *ret_key = (const char *)node->keys[index].data;
        *ret_size = node->keys[index].size;
        return 0;
}

int gcasync_view_find(gcasync_view map, const char *key, gcasync_view *ret_value) {
        const struct graph_node *node = view_node(map);
        size_t size = strlen(key);

        if (node->type != GRAPH_MAP)
                return GCASYNC_E_TYPE;
        for (size_t i = 0; i < node->count; i++) {
                if (node->keys[i].size != size || memcmp(node->keys[i].data, key, size) != 0)
                        continue;
                *ret_value = view_child(map, node, i);
                return 0;
        }
        return GCASYNC_E_ABSENT;
}
