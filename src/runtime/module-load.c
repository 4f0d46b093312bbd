/* SPDX-License-Identifier: MIT */

/*
 * Loads modules from a directory. Whoever can write a module, or put one into the directory, runs code
 * as the daemon's user, so both are checked, on descriptors: what was checked is what is loaded, whatever
 * becomes of the names meanwhile.
 *
 * Descriptor note. The checked file is handed to the dynamic linker as /proc/self/fd/N. The linker knows its
 * objects by the name they were loaded under, so N must never name another file later: once a file is loaded,
 * registered or refused, it is never unloaded and its descriptor stays open. (Debuggers and sanitizers
 * find the file by it, too.) A file that is loaded already is recognised by device and inode; its second
 * descriptor is closed.
 */

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fault.h"
#include "runtime/registry.h"

enum {
        MODULE_LOAD_E_REFUSED = 1, /* told */
};

static const char *const bundled_names[] = { "core", "exec" };

/* A descriptor of another interface is told by the check; its name is not where it is looked for here. */
static bool is_bundled(const gca_module *module) {
        if (module->size < sizeof(*module) || module->abi != GCA_MODULE_ABI || module->name == NULL)
                return false;
        for (size_t i = 0; i < sizeof(bundled_names) / sizeof(bundled_names[0]); i++)
                if (strcmp(module->name, bundled_names[i]) == 0)
                        return true;
        return false;
}

/* Whether only root and this user can change what the descriptor is open on. Each reason is told. */
static int check_trust(int fd, mode_t type, const char *type_text, struct fault_teller *teller) {
        size_t n_told = teller->n_told;
        struct stat status;

        if (fstat(fd, &status) < 0)
                return fault_raise(-errno);
        if ((status.st_mode & S_IFMT) != type)
                fault_teller_tell(teller, NULL, "not loaded: it is not a %s", type_text);
        if (status.st_uid != 0 && status.st_uid != geteuid())
                fault_teller_tell(
                        teller,
                        NULL,
                        "not loaded: the %s belongs to uid %u, neither to root nor to uid %u",
                        type_text,
                        (unsigned)status.st_uid,
                        (unsigned)geteuid());
        if (status.st_mode & (S_IWGRP | S_IWOTH))
                fault_teller_tell(
                        teller,
                        NULL,
                        "not loaded: the %s can be written by others than its owner (mode "
                        "%04o); remedy: chmod go-w",
                        type_text,
                        (unsigned)(status.st_mode & 07777));
        return teller->n_told == n_told ? 0 : MODULE_LOAD_E_REFUSED;
}

static int
open_module(int directory_fd, const char *name, struct fault_teller *teller, int *ret_fd) {
        cleanup_(closep) int fd = -1;
        int r;

        /* Non-blocking: a FIFO of that name must not hold us up. */
        fd = openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0) {
                fault_teller_tell(teller,
                                  NULL,
                                  "not loaded: %s",
                                  errno == ELOOP ? "it is a symbolic link" : strerror(errno));
                return MODULE_LOAD_E_REFUSED;
        }

        r = check_trust(fd, S_IFREG, "regular file", teller);
        if (r != 0)
                return fault_pass(r);
        *ret_fd = steal_fd(&fd);
        return 0;
}

/* What the linker says, without the name that only we know. */
static const char *get_linker_error(const char *path) {
        const char *text = dlerror();
        size_t length = strlen(path);

        if (text == NULL)
                return "the dynamic linker gave no reason";
        if (strncmp(text, path, length) == 0 && strncmp(text + length, ": ", 2) == 0)
                return text + length + 2;
        return text;
}

/* The descriptor that a module exports, if it is an object large enough to begin with its size. */
static const gca_module *find_descriptor(void *handle, struct fault_teller *teller) {
        const gca_module *module = dlsym(handle, "gcasync_module");
        const ElfW(Sym) *symbol = NULL;
        Dl_info info;

        if (module == NULL) {
                fault_teller_tell(teller, NULL, "not loaded: it does not export gcasync_module");
                return NULL;
        }
        if (dladdr1(module, &info, (void **)&symbol, RTLD_DL_SYMENT) == 0 || symbol == NULL ||
            ELF64_ST_TYPE(symbol->st_info) != STT_OBJECT ||
            symbol->st_size < sizeof(module->size) || symbol->st_size < module->size) {
                fault_teller_tell(
                        teller,
                        NULL,
                        "not loaded: its gcasync_module is not a module's descriptor of the "
                        "size it says");
                return NULL;
        }
        return module;
}

/* Whether the linker knows the module by this name, and not by an earlier one. */
static bool is_loaded_as(void *handle, const char *path) {
        struct link_map *map = NULL;

        return dlinfo(handle, RTLD_DI_LINKMAP, &map) < 0 || strcmp(map->l_name, path) == 0;
}

static int load_module(gca_registry *registry,
                       int directory_fd,
                       const char *name,
                       struct fault_teller *teller) {
        cleanup_(closep) int fd = -1;
        char path[sizeof("/proc/self/fd/") + 16];
        int r;

        r = open_module(directory_fd, name, teller, &fd);
        if (r != 0)
                return fault_pass(r);

        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (handle == NULL) {
                fault_teller_tell(teller, NULL, "not loaded: %s", get_linker_error(path));
                return MODULE_LOAD_E_REFUSED;
        }
        /* see descriptor note */
        if (is_loaded_as(handle, path))
                (void)steal_fd(&fd);

        const gca_module *module = find_descriptor(handle, teller);
        if (module == NULL)
                return MODULE_LOAD_E_REFUSED;

        r = registry_add(registry, module, is_bundled(module), teller);
        return r == -EINVAL ? MODULE_LOAD_E_REFUSED : fault_pass(r);
}

static int is_module_name(const struct dirent *entry) {
        size_t length = strlen(entry->d_name);

        return entry->d_name[0] != '.' && length > 3 &&
               strcmp(entry->d_name + length - 3, ".so") == 0;
}

struct name_list {
        struct dirent **entries;
        int n;
};

static void name_list_deinit(struct name_list *list) {
        for (int i = 0; i < list->n; i++)
                free(list->entries[i]);
        free(list->entries);
}

static int compare_entries(const struct dirent **a, const struct dirent **b) {
        return strcmp((*a)->d_name, (*b)->d_name);
}

static int load_modules(gca_registry *registry, int fd, struct fault_teller *teller) {
        cleanup_(name_list_deinit) struct name_list list = { 0 };
        const char *directory = teller->path;
        int r;

        list.n = scandirat(fd, ".", &list.entries, is_module_name, compare_entries);
        if (list.n < 0) {
                list.n = 0;
                return fault_raise(-errno);
        }
        for (int i = 0; i < list.n; i++) {
                cleanup_(freep) char *path = NULL;

                if (asprintf(&path, "%s/%s", directory, list.entries[i]->d_name) < 0) {
                        path = NULL;
                        return fault_raise(-ENOMEM);
                }
                teller->path = path;
                r = load_module(registry, fd, list.entries[i]->d_name, teller);
                teller->path = directory;
                if (r < 0)
                        return fault_pass(r);
        }
        return 0;
}

int gca_registry_load_directory(gca_registry *registry,
                                const char *path,
                                gca_fault_callback on_fault,
                                void *data) {
        struct fault_teller teller = { .path = path, .on_fault = on_fault, .data = data };
        cleanup_(closep) int fd = -1;
        int r;

        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return fault_raise(-errno);

        r = check_trust(fd, S_IFDIR, "directory", &teller);
        if (r == 0)
                r = load_modules(registry, fd, &teller);
        if (r < 0)
                return fault_pass(r);
        return teller.n_told == 0 ? 0 : fault_raise(-EINVAL);
}
