/* SPDX-License-Identifier: MIT */

/*
 * Hashes every regular file below some folders, many tasks in flight, and prints "HASH  PATH" lines in
 * the order of the paths, as sha256sum would.
 *
 *     hash-files --kind exec|core.hash [--in-flight N] FOLDER...
 *
 * With exec each file is a child process of the daemon, sha256sum, whose output comes back as events;
 * with core.hash it is a task on the daemon's threads, whose result is a map. The daemon is found as gcasyncctl finds
 * it: GCASYNC_SOCKET or the usual places.
 */

#include <errno.h>
#include <ftw.h>
#include <gcasync/client.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct file {
        char *path;
        char hash[65];
        size_t hash_length;
};

static struct file *files;
static size_t n_files, n_files_max, n_done, n_failed;

static void die(const char *what, const char *why) {
        fprintf(stderr, "hash-files: %s: %s\n", what, why);
        exit(1);
}

static int file_found(const char *path, const struct stat *status, int type, struct FTW *walk) {
        (void)status;
        (void)walk;
        if (type != FTW_F || !S_ISREG(status->st_mode))
                return 0;
        if (n_files == n_files_max) {
                n_files_max = n_files_max > 0 ? 2 * n_files_max : 1024;
                files = reallocarray(files, n_files_max, sizeof(*files));
                if (!files)
                        die(path, "out of memory");
        }
        files[n_files] = (struct file){ .path = strdup(path) };
        if (!files[n_files++].path)
                die(path, "out of memory");
        return 0;
}

static int file_compare(const void *a, const void *b) {
        return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

/* What sha256sum prints: the hash is its first 64 characters, in one event or several. */
static void file_output(gcasync_call *call, const gcasync_event *event, void *data) {
        struct file *file = data;

        (void)call;
        if (event->type != GCASYNC_EVENT_OUTPUT)
                return;
        if (event->stream == STDERR_FILENO)
                fprintf(stderr, "%.*s", (int)event->data_size, (const char *)event->data);
        for (size_t i = 0;
             event->stream == STDOUT_FILENO && i < event->data_size && file->hash_length < 64;
             i++)
                file->hash[file->hash_length++] = ((const char *)event->data)[i];
}

static void file_take_hash(struct file *file, gcasync_result *result) {
        gcasync_view value, hex;
        const char *text;
        size_t length;

        if (file->hash_length == 64 || gcasync_result_get_value(result, &value) != 0 ||
            gcasync_view_find(value, "hex", &hex) != 0 ||
            gcasync_view_get_string(hex, &text, &length) != 0 || length != 64)
                return;
        memcpy(file->hash, text, length);
        file->hash_length = length;
}

static void file_done(gcasync_call *call, void *data) {
        struct file *file = data;
        gcasync_result *result = NULL;
        int r = gcasync_submit_finish(call, &result);

        n_done++;
        if (r != 0)
                die(file->path, gcasync_strerror(r));
        file_take_hash(file, result);
        if (file->hash_length != 64) {
                fprintf(stderr,
                        "hash-files: %s: %s\n",
                        file->path,
                        gcasync_result_get_failure_message(result));
                n_failed++;
        }
        gcasync_result_unref(result);
}

static void
file_submit(gcasync_client *client, gcasync_builder *builder, const char *kind, struct file *file) {
        gcasync_submit_options options = { .size = sizeof(options),
                                           .kind = kind,
                                           .arguments = builder };
        int r;

        gcasync_builder_reset(builder);
        gcasync_builder_open_map(builder);
        if (strcmp(kind, "exec") == 0) {
                gcasync_builder_key(builder, "argv");
                gcasync_builder_open_list(builder);
                gcasync_builder_string(builder, "sha256sum");
                gcasync_builder_string(builder, "--");
                gcasync_builder_string(builder, file->path);
                gcasync_builder_close_list(builder);
                options.want_output = true;
                options.on_event = file_output;
        } else {
                gcasync_builder_key(builder, "path");
                gcasync_builder_string(builder, file->path);
        }
        gcasync_builder_close_map(builder);
        r = gcasync_submit_async(client, &options, file_done, file, NULL);
        if (r != 0)
                die(file->path, gcasync_strerror(r));
}

static double now_s(void) {
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void progress_print(double begin_s, bool is_last) {
        static double next_s;
        double seconds = now_s();

        if (seconds < next_s && !is_last)
                return;
        next_s = seconds + 0.5;
        fprintf(stderr,
                "%s  %zu of %zu files, %.0f a second%s",
                isatty(STDERR_FILENO) ? "\r" : "",
                n_done,
                n_files,
                (double)n_done / (seconds - begin_s + 1e-9),
                is_last || !isatty(STDERR_FILENO) ? "\n" : "");
}

static void files_hash(gcasync_client *client, const char *kind, size_t n_in_flight) {
        gcasync_builder *builder = gcasync_builder_new();
        double begin_s = now_s();

        for (size_t n_sent = 0; n_done < n_files;) {
                int r;

                for (; n_sent < n_files && n_sent - n_done < n_in_flight; n_sent++)
                        file_submit(client, builder, kind, &files[n_sent]);
                r = gcasync_client_wait(client, GCASYNC_NO_DEADLINE);
                if (r != 0)
                        die("the daemon", gcasync_strerror(r));
                progress_print(begin_s, false);
        }
        progress_print(begin_s, true);
        gcasync_builder_free(builder);
}

int main(int argc, char *argv[]) {
        const char *kind = "core.hash";
        size_t n_in_flight = 64;
        gcasync_client *client;
        int r, i;

        for (i = 1; i + 1 < argc && argv[i][0] == '-'; i += 2)
                if (strcmp(argv[i], "--kind") == 0)
                        kind = argv[i + 1];
                else if (strcmp(argv[i], "--in-flight") == 0)
                        n_in_flight = strtoul(argv[i + 1], NULL, 10);
                else
                        break;
        if (i >= argc || argv[i][0] == '-' || n_in_flight == 0) {
                fprintf(stderr,
                        "usage: hash-files [--kind exec|core.hash] [--in-flight N] FOLDER...\n");
                return 2;
        }
        for (; i < argc; i++)
                if (nftw(argv[i], file_found, 32, FTW_PHYS) < 0)
                        die(argv[i], strerror(errno));
        if (n_files > 0)
                qsort(files, n_files, sizeof(*files), file_compare);
        r = gcasync_client_open(NULL, &client);
        if (r != 0)
                die("cannot reach the daemon", gcasync_strerror(r));
        files_hash(client, kind, n_in_flight);
        gcasync_client_unref(client);
        for (size_t n = 0; n < n_files; n++) {
                printf("%.*s  %s\n", (int)files[n].hash_length, files[n].hash, files[n].path);
                free(files[n].path);
        }
        free(files);
        return n_failed > 0 ? 1 : 0;
}
