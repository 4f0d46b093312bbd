/* SPDX-License-Identifier: MIT */

/*
 * Runs a target over every file of its corpus, and over every beginning of the small ones: what is cut
 * short is the commonest kind of broken.
 */

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "fuzz/fuzz-target.h"

enum {
        SIZE_MAX_CUT = 4096,
};

static void file_closep(FILE **file) {
        if (*file)
                (void)fclose(*file);
}

static void dir_closep(DIR **dir) {
        if (*dir)
                (void)closedir(*dir);
}

/* Runs the target on a copy of exactly size bytes, so that AddressSanitizer sees every step past them. */
static void replay_bytes(const uint8_t *data, size_t size) {
        cleanup_(freep) uint8_t *copy = malloc(size > 0 ? size : 1);

        assert(copy);
        if (size > 0)
                memcpy(copy, data, size);
        (void)LLVMFuzzerTestOneInput(copy, size);
}

static int replay_file(const char *path) {
        cleanup_(file_closep) FILE *file = fopen(path, "re");
        cleanup_(freep) uint8_t *data = NULL;
        long size;

        if (!file || fseek(file, 0, SEEK_END) < 0 || (size = ftell(file)) < 0) {
                perror(path);
                return -1;
        }
        rewind(file);
        data = malloc((size_t)size + 1);
        if (!data || fread(data, 1, (size_t)size, file) != (size_t)size) {
                perror(path);
                return -1;
        }
        replay_bytes(data, (size_t)size);
        for (size_t cut = 0; size <= SIZE_MAX_CUT && cut < (size_t)size; cut++)
                replay_bytes(data, cut);
        return 0;
}

int main(void) {
        const char *source = getenv("GCASYNC_SRCDIR");
        cleanup_(dir_closep) DIR *dir = NULL;
        const struct dirent *entry;
        char path[PATH_MAX], folder[PATH_MAX / 2];
        size_t n_files = 0;

        (void)snprintf(
                folder, sizeof(folder), "%s/tests/fuzz/corpus/" FUZZ_NAME, source ? source : ".");
        dir = opendir(folder);
        if (!dir) {
                perror(folder);
                return 1;
        }
        while ((entry = readdir(dir))) {
                if (entry->d_name[0] == '.')
                        continue;
                (void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
                if (replay_file(path) < 0)
                        return 1;
                n_files++;
        }
        printf("%zu files\n", n_files);
        return n_files == 0;
}
