/* SPDX-License-Identifier: MIT */

/*
 * A task module of one's own: "follow", whose kind of the same name waits until a line with a text is appended to a file.
 *
 * It is a coroutine (mode body): it reads as if it had a thread to itself, with its state in local variables, and waits
 * by calls that return when there is something to do. It shows what such kinds need: awaits, and what they return when
 * the task is aborted; what is to be given back however it ends (gca_defer()); progress. Beside it, text.c is written as a
 * state machine (mode poll).
 */

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <gcasync/module.h>

enum {
        LINE_SIZE_MAX =
                4096, /* of a longer line the beginning counts; on a stack, which is not large */
        PAUSE_NS = 20000000,
};

enum {
        ARGUMENT_PATH,
        ARGUMENT_TEXT
};

static const gca_argument_spec follow_arguments[] = {
        [ARGUMENT_PATH] = { .name = "path",
                            .type = GCA_TYPE_STRING,
                            .flags = GCA_ARGUMENT_REQUIRED,
                            .doc = "the absolute path of a regular file" },
        [ARGUMENT_TEXT] = { .name = "text",
                            .type = GCA_TYPE_STRING,
                            .flags = GCA_ARGUMENT_REQUIRED,
                            .doc = "what the line must contain" },
};

/* A file that grows, read a piece at a time. */
struct reader {
        int fd;
        char piece[LINE_SIZE_MAX];
        size_t n, at; /* bytes in the piece, and the next one */
};

struct line {
        char text[LINE_SIZE_MAX + 1];
        size_t length;
        int64_t number;
};

static void close_file(void *data) {
        (void)close((int)(intptr_t)data);
}

/* 0, or what kept us from having more to read: GCA_ABORTED or -errno. */
static int reader_fill(gca_task *task, struct reader *reader) {
        for (;;) {
                ssize_t n = read(reader->fd, reader->piece, sizeof(reader->piece));
                int r;

                if (n > 0) {
                        reader->n = (size_t)n;
                        reader->at = 0;
                        /* A file may be large: others get their turn. */
                        return gca_yield(task);
                }
                if (n < 0 && errno != EINTR)
                        return -errno;
                /* Files do not tell when they have grown. */
                r = gca_await_sleep(task, PAUSE_NS);
                if (r != 0)
                        return r;
        }
}

/* The next whole line. 0, GCA_ABORTED or -errno. */
static int read_line(gca_task *task, struct reader *reader, struct line *line) {
        line->length = 0;
        line->number++;
        for (;;) {
                char c;

                if (reader->at == reader->n) {
                        int r = reader_fill(task, reader);

                        if (r != 0)
                                return r;
                }
                c = reader->piece[reader->at++];
                if (c == '\n') {
                        line->text[line->length] = '\0';
                        return 0;
                }
                if (line->length < LINE_SIZE_MAX && c != '\0')
                        line->text[line->length++] = c;
        }
}

static gca_value make_result(gca_region *region, const struct line *line) {
        gca_value text = gca_string(region, line->text, (ptrdiff_t)line->length);
        gca_builder map;

        /* Strings are UTF-8; a file may be anything. */
        if (!gca_is_value(text))
                text = gca_bytes(region, line->text, line->length);
        gca_builder_begin_map(&map, region);
        gca_builder_set(&map, "line", gca_int(region, line->number));
        gca_builder_set(&map, "text", text);
        return gca_builder_end(&map);
}

static gca_value follow_body(gca_task *task, gca_region *region) {
        const char *path = gca_get_string(gca_argument(task, ARGUMENT_PATH), NULL);
        const char *text = gca_get_string(gca_argument(task, ARGUMENT_TEXT), NULL);
        struct reader reader = { .n = 0 };
        struct line line = { .number = 0 };
        int r;

        if (path[0] != '/')
                return gca_body_fail(task, "invalid-argument", "\"path\" must be an absolute path");
        /* The daemon reads it with its own rights. */
        if (!gca_task_may_execute(task))
                return gca_body_fail(task, "denied", "files are for those who may use exec");
        reader.fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (reader.fd < 0)
                return gca_body_fail(task, "file-not-read", "%s: %s", path, strerror(errno));
        (void)gca_defer(task, close_file, (void *)(intptr_t)reader.fd);

        do {
                r = read_line(task, &reader, &line);
                if (r < 0)
                        return gca_body_fail(task, "file-not-read", "%s: %s", path, strerror(-r));
                if (r == GCA_ABORTED)
                        return GCA_NO_VALUE;
                gca_report_progress(task, (uint64_t)line.number, 0, "lines");
        } while (strstr(line.text, text) == NULL);
        return make_result(region, &line);
}

static const gca_kind kinds[] = {
        {
                .size = sizeof(gca_kind),
                .name = "follow",
                .doc = "Waits until a line with a text is in a file, or is appended to it.",
                .result_doc = "the line's number and its text",
                .mode = GCA_MODE_BODY,
                .unreachable = GCA_UNREACHABLE_CANCEL,
                .arguments = follow_arguments,
                .n_arguments = sizeof(follow_arguments) / sizeof(follow_arguments[0]),
                .body = follow_body,
        },
};

const gca_module gcasync_module = {
        .size = sizeof(gca_module),
        .abi = GCA_MODULE_ABI,
        .name = "follow",
        .version = "1",
        .doc = "Waits for what is written to a file.",
        .kinds = kinds,
        .n_kinds = sizeof(kinds) / sizeof(kinds[0]),
};
