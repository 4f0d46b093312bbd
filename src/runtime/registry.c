/* SPDX-License-Identifier: MIT */

/*
 * The registry: an array of entries, sorted by full name. It is filled before the runtime starts, by one
 * thread, and only read afterwards, by any. An entry stays where it is, so that tasks can point to it.
 */

#include "runtime/registry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/cleanup.h"
#include "base/fault.h"

struct registry_entry {
        gca_kind_entry public;
        char name[MODULE_FULL_NAME_SIZE];
        char path[]; /* the module's file, or empty */
};

struct gca_registry {
        struct registry_entry **entries;
        size_t n_entries, n_entries_max;
};

static struct registry_entry *registry_entry_new(const gca_module *module,
                                                 const gca_kind *kind,
                                                 const char *path,
                                                 bool is_bundled) {
        size_t path_size = path != NULL ? strlen(path) + 1 : 1;
        struct registry_entry *entry = calloc(1, sizeof(*entry) + path_size);

        if (entry == NULL)
                return NULL;
        if (path != NULL)
                memcpy(entry->path, path, path_size);

        bool has_name = module_print_full_name(module, kind, entry->name);
        assert(has_name); /* the module was checked */
        entry->public = (gca_kind_entry){
                .module = module,
                .kind = kind,
                .full_name = entry->name,
                .is_inline_allowed = is_bundled && kind->mode == GCA_MODE_INLINE,
        };
        return entry;
}

gca_registry *gca_registry_new(void) {
        return calloc(1, sizeof(gca_registry));
}

gca_registry *gca_registry_free(gca_registry *registry) {
        if (registry == NULL)
                return NULL;
        for (size_t i = 0; i < registry->n_entries; i++)
                free(registry->entries[i]);
        free(registry->entries);
        free(registry);
        return NULL;
}

/* Like strcmp(), for a name that is not NUL-terminated. */
static int compare_names(const char *name, size_t length, const char *other) {
        size_t other_length = strlen(other);
        int order = memcmp(name, other, length < other_length ? length : other_length);

        if (order != 0)
                return order;
        return (length > other_length) - (length < other_length);
}

/* Where the name is, or where it would have to be inserted. */
static size_t
find_position(const gca_registry *registry, const char *name, size_t length, bool *ret_is_found) {
        size_t low = 0, high = registry->n_entries;

        *ret_is_found = false;
        while (low < high) {
                size_t middle = low + (high - low) / 2;
                int order = compare_names(name, length, registry->entries[middle]->name);
                if (order == 0) {
                        *ret_is_found = true;
                        return middle;
                }
                if (order < 0)
                        high = middle;
                else
                        low = middle + 1;
        }
        return low;
}

static struct registry_entry *
find_entry(const gca_registry *registry, const char *name, size_t length) {
        bool is_found;
        size_t position = find_position(registry, name, length, &is_found);

        return is_found ? registry->entries[position] : NULL;
}

const gca_kind_entry *
gca_registry_find(const gca_registry *registry, const char *name, size_t length) {
        struct registry_entry *entry = find_entry(registry, name, length);

        return entry != NULL ? &entry->public : NULL;
}

const gca_kind_entry *gca_registry_get(const gca_registry *registry, size_t index) {
        return index < registry->n_entries ? &registry->entries[index]->public : NULL;
}

int gca_registry_allow_inline(gca_registry *registry, const char *full_name) {
        struct registry_entry *entry = find_entry(registry, full_name, strlen(full_name));

        if (entry == NULL)
                return fault_raise(-ENOENT);
        if (entry->public.kind->mode != GCA_MODE_INLINE)
                return fault_raise(-EINVAL);
        entry->public.is_inline_allowed = true;
        return 0;
}

static int registry_reserve(gca_registry *registry, size_t n_more) {
        size_t n_max = registry->n_entries_max;

        if (registry->n_entries + n_more <= n_max)
                return 0;
        while (n_max < registry->n_entries + n_more)
                n_max = n_max == 0 ? 16 : n_max * 2;

        struct registry_entry **entries =
                reallocarray(registry->entries, n_max, sizeof(registry->entries[0]));
        if (entries == NULL)
                return fault_raise(-ENOMEM);
        registry->entries = entries;
        registry->n_entries_max = n_max;
        return 0;
}

static void registry_insert(gca_registry *registry, struct registry_entry *entry) {
        bool is_found;
        size_t position = find_position(registry, entry->name, strlen(entry->name), &is_found);

        assert(!is_found && registry->n_entries < registry->n_entries_max);
        memmove(registry->entries + position + 1,
                registry->entries + position,
                (registry->n_entries - position) * sizeof(registry->entries[0]));
        registry->entries[position] = entry;
        registry->n_entries++;
}

static void
tell_duplicates(gca_registry *registry, const gca_module *module, struct fault_teller *teller) {
        for (size_t i = 0; i < module->n_kinds; i++) {
                char name[MODULE_FULL_NAME_SIZE];

                if (!module_print_full_name(module, module_get_kind(module, i), name))
                        continue; /* told by the check */
                const struct registry_entry *other = find_entry(registry, name, strlen(name));
                if (other != NULL)
                        fault_teller_tell(teller,
                                          NULL,
                                          "kind \"%s\" is there already, from %s",
                                          name,
                                          other->path[0] != '\0' ? other->path : "this program");
        }
}

struct entry_list {
        struct registry_entry **entries;
        size_t n;
};

static void entry_list_deinit(struct entry_list *list) {
        for (size_t i = 0; i < list->n; i++)
                free(list->entries[i]);
        free(list->entries);
}

/* All of a module's entries, or none. */
static int
add_entries(gca_registry *registry, const gca_module *module, bool is_bundled, const char *path) {
        cleanup_(entry_list_deinit) struct entry_list list = { 0 };
        int r;

        list.entries = calloc(module->n_kinds, sizeof(list.entries[0]));
        if (list.entries == NULL)
                return fault_raise(-ENOMEM);
        for (; list.n < module->n_kinds; list.n++) {
                list.entries[list.n] = registry_entry_new(
                        module, module_get_kind(module, list.n), path, is_bundled);
                if (list.entries[list.n] == NULL)
                        return fault_raise(-ENOMEM);
        }

        r = registry_reserve(registry, list.n);
        if (r < 0)
                return fault_pass(r);
        for (size_t i = 0; i < list.n; i++)
                registry_insert(registry, steal(&list.entries[i]));
        return 0;
}

int registry_add(gca_registry *registry,
                 const gca_module *module,
                 bool is_bundled,
                 struct fault_teller *teller) {
        size_t n_told = teller->n_told;
        int r;

        r = module_check(module, is_bundled, teller);
        if (r < 0)
                return fault_pass(r);
        if (r == 0)
                tell_duplicates(registry, module, teller);
        if (teller->n_told != n_told)
                return fault_raise(-EINVAL);
        return fault_pass(add_entries(registry, module, is_bundled, teller->path));
}

int gca_registry_add(gca_registry *registry,
                     const gca_module *module,
                     const char *path,
                     bool is_bundled,
                     gca_fault_callback on_fault,
                     void *data) {
        struct fault_teller teller = { .path = path, .on_fault = on_fault, .data = data };

        return fault_pass(registry_add(registry, module, is_bundled, &teller));
}
