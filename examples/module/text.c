/* SPDX-License-Identifier: MIT */

/*
 * A task module of one's own: "text", with the kind "text.count", which counts the lines, words and bytes of a text
 * or a file and tells the most frequent words.
 *
 * It shows what most kinds need: a schema; state that lives as long as the task; working in slices, so that the
 * worker's other tasks get their turn; progress; memory that goes with the task; a failure that says what to
 * do. See gcasync/module.h for the interface and the Makefile beside this for how to build it.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gcasync/module.h>

enum {
        SLICE_SIZE = 64 * 1024, /* what one poll looks at: about 200 us of work */
        WORD_SIZE_MAX = 64,     /* of a longer word the beginning counts */
        TABLE_SIZE_MIN = 1024,
};

enum {
        ARGUMENT_TEXT,
        ARGUMENT_PATH,
        ARGUMENT_TOP
};

static const gca_argument_spec count_arguments[] = {
        [ARGUMENT_TEXT] = { .name = "text", .type = GCA_TYPE_BYTES, .doc = "the text" },
        [ARGUMENT_PATH] = { .name = "path",
                            .type = GCA_TYPE_STRING,
                            .doc = "or: the absolute path of a regular file that holds it" },
        [ARGUMENT_TOP] = { .name = "top",
                           .type = GCA_TYPE_INT,
                           .default_text = "10",
                           .doc = "how many of the most frequent words to tell" },
};

struct word {
        const char *text; /* NULL: a free place of the table */
        size_t length;
        uint64_t hash, n;
};

/* A hash table with open addressing, in the task's region: nothing of it has to be freed. */
struct table {
        struct word *places;
        size_t n_places, n_words;
};

/* The kind's state: zeroed before the first poll. */
struct count {
        bool is_started;
        int fd;           /* of a file, else -1 */
        const char *text; /* or a text */
        uint64_t size, n_done;
        uint64_t n_lines, n_words;
        char word[WORD_SIZE_MAX]; /* the one that we are in */
        size_t word_length;
        struct table table;
};

/* ---- the table ---- */

static uint64_t hash_word(const char *text, size_t length) {
        uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

        for (size_t i = 0; i < length; i++)
                hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
        return hash;
}

/* The word's place, or the free one where it would go. */
static struct word *
find_place(const struct table *table, const char *text, size_t length, uint64_t hash) {
        size_t i = hash & (table->n_places - 1);

        for (;; i = (i + 1) & (table->n_places - 1)) {
                struct word *place = &table->places[i];
                if (place->text == NULL || (place->hash == hash && place->length == length &&
                                            memcmp(place->text, text, length) == 0))
                        return place;
        }
}

static bool table_grow(struct table *table, gca_region *region) {
        struct table larger = { .n_words = table->n_words };

        larger.n_places = table->n_places > 0 ? table->n_places * 2 : TABLE_SIZE_MIN;
        larger.places = gca_region_allocate(region, larger.n_places * sizeof(larger.places[0]));
        if (larger.places == NULL)
                return false;
        for (size_t i = 0; i < table->n_places; i++) {
                const struct word *word = &table->places[i];
                if (word->text != NULL)
                        *find_place(&larger, word->text, word->length, word->hash) = *word;
        }
        *table = larger;
        return true;
}

static bool table_count(struct table *table, gca_region *region, const char *text, size_t length) {
        uint64_t hash = hash_word(text, length);

        if (table->n_words >= table->n_places / 2 && !table_grow(table, region))
                return false;

        struct word *place = find_place(table, text, length, hash);
        if (place->text == NULL) {
                char *copy = gca_region_allocate(region, length);
                if (copy == NULL)
                        return false;
                memcpy(copy, text, length);
                *place = (struct word){ .text = copy, .length = length, .hash = hash };
                table->n_words++;
        }
        place->n++;
        return true;
}

/* ---- the text ---- */

static bool is_word_character(unsigned char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80;
}

static bool end_word(struct count *count, gca_region *region) {
        bool is_counted = true;

        if (count->word_length > 0) {
                count->n_words++;
                is_counted = table_count(&count->table, region, count->word, count->word_length);
        }
        count->word_length = 0;
        return is_counted;
}

/* False when there is no memory. A word may begin in one slice and end in the next. */
static bool count_slice(struct count *count, gca_region *region, const char *data, size_t size) {
        for (size_t i = 0; i < size; i++) {
                unsigned char c = (unsigned char)data[i];

                count->n_lines += c == '\n';
                if (c >= 'A' && c <= 'Z')
                        c = (unsigned char)(c - 'A' + 'a');
                if (!is_word_character(c)) {
                        if (!end_word(count, region))
                                return false;
                } else if (count->word_length < sizeof(count->word))
                        count->word[count->word_length++] = (char)c;
        }
        count->n_done += size;
        return true;
}

/* ---- the result ---- */

static int compare_words(const void *a, const void *b) {
        const struct word *x = a, *y = b;

        if (x->n != y->n)
                return x->n < y->n ? 1 : -1;

        int order = memcmp(x->text, y->text, x->length < y->length ? x->length : y->length);
        return order != 0 ? order : (x->length > y->length) - (x->length < y->length);
}

static gca_value make_word(gca_region *region, const struct word *word) {
        gca_value text = gca_string(region, word->text, (ptrdiff_t)word->length);
        gca_builder map;

        if (!gca_is_value(text)) /* not UTF-8 */
                text = gca_bytes(region, word->text, word->length);
        gca_builder_begin_map(&map, region);
        gca_builder_set(&map, "word", text);
        gca_builder_set(&map, "count", gca_int(region, (int64_t)word->n));
        return gca_builder_end(&map);
}

/* Packs the table's words at its front and sorts them; it is no table afterwards. */
static gca_value make_top(gca_region *region, struct table *table, size_t n_top) {
        gca_builder list;
        size_t n = 0;

        for (size_t i = 0; i < table->n_places; i++)
                if (table->places[i].text != NULL)
                        table->places[n++] = table->places[i];
        if (n > 0)
                qsort(table->places, n, sizeof(table->places[0]), compare_words);
        gca_builder_begin_list(&list, region);
        for (size_t i = 0; i < n && i < n_top; i++)
                gca_builder_add(&list, make_word(region, &table->places[i]));
        return gca_builder_end(&list);
}

static gca_poll succeed(gca_task *task, struct count *count) {
        gca_region *region = gca_task_region(task);
        size_t n_top = (size_t)gca_get_int(gca_argument(task, ARGUMENT_TOP));
        gca_builder map;

        if (!end_word(count, region))
                return gca_succeed(task, GCA_NO_VALUE); /* fails with "memory-limit" */
        gca_builder_begin_map(&map, region);
        gca_builder_set(&map, "lines", gca_int(region, (int64_t)count->n_lines));
        gca_builder_set(&map, "words", gca_int(region, (int64_t)count->n_words));
        gca_builder_set(&map, "bytes", gca_int(region, (int64_t)count->n_done));
        gca_builder_set(&map, "distinct_words", gca_int(region, (int64_t)count->table.n_words));
        gca_builder_set(&map, "top", make_top(region, &count->table, n_top));
        return gca_succeed(task, gca_builder_end(&map));
}

/* ---- the kind ---- */

static gca_poll fail_file(gca_task *task, const char *path, const char *reason) {
        return gca_fail(task, "file-not-read", "%s: %s", path, reason);
}

static gca_poll start_file(gca_task *task, struct count *count, const char *path) {
        struct stat status;

        if (path[0] != '/')
                return gca_fail(task, "invalid-argument", "\"path\" must be an absolute path");
        /* The daemon's rights are not the submitter's: a module that uses them has to ask. */
        if (!gca_task_may_execute(task))
                return gca_fail(task,
                                "denied",
                                "this daemon reads no files for you: use your own (gcasyncctl "
                                "--user)");
        count->fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (count->fd < 0 || fstat(count->fd, &status) < 0)
                return fail_file(task, path, strerror(errno));
        if (!S_ISREG(status.st_mode))
                return fail_file(task, path, "not a regular file");
        count->size = (uint64_t)status.st_size;
        return GCA_AGAIN;
}

static gca_poll start(gca_task *task, struct count *count) {
        gca_value text = gca_argument(task, ARGUMENT_TEXT);
        gca_value path = gca_argument(task, ARGUMENT_PATH);
        size_t size;

        count->is_started = true;
        count->fd = -1;
        if (gca_get_int(gca_argument(task, ARGUMENT_TOP)) < 0)
                return gca_fail(task, "invalid-argument", "\"top\" must not be below 0");
        if (gca_is_nil(text) == gca_is_nil(path))
                return gca_fail(task, "invalid-argument", "one of \"text\" and \"path\" is needed");
        if (!gca_is_nil(path))
                return start_file(task, count, gca_get_string(path, &size));
        /* Where bytes are accepted, so is a string. */
        if (gca_get_type(text) == GCA_TYPE_STRING)
                count->text = gca_get_string(text, &size);
        else
                count->text = gca_get_bytes(text, &size);
        count->size = size;
        return GCA_AGAIN;
}

/* The next slice: where it is, its size (0: the end), or -1 with errno. */
static ssize_t next_slice(struct count *count, char *buffer, const char **ret_data) {
        uint64_t n_left = count->size - count->n_done;

        if (count->fd < 0) {
                *ret_data = n_left > 0 ? count->text + count->n_done : "";
                return (ssize_t)(n_left < SLICE_SIZE ? n_left : SLICE_SIZE);
        }
        *ret_data = buffer;
        return read(count->fd, buffer, SLICE_SIZE);
}

static gca_poll count_poll(gca_task *task, void *state) {
        struct count *count = state;
        char buffer[SLICE_SIZE];
        const char *data;

        if (!count->is_started)
                return start(task, count);

        ssize_t n = next_slice(count, buffer, &data);
        if (n < 0)
                return gca_fail(task, "file-not-read", "%s", strerror(errno));
        if (n == 0)
                return succeed(task, count);
        if (!count_slice(count, gca_task_region(task), data, (size_t)n))
                return gca_succeed(task, GCA_NO_VALUE);
        gca_report_progress(task, count->n_done, count->size, "bytes");
        return GCA_AGAIN;
}

/* Called once, however the task ended: aborted in the middle, too. */
static void count_drop(gca_task *task, void *state) {
        struct count *count = state;

        (void)task;
        if (count->is_started && count->fd >= 0)
                (void)close(count->fd);
}

static const gca_kind text_kinds[] = {
        {
                .size = sizeof(gca_kind),
                .name = "count",
                .doc = "Counts the lines, words and bytes of a text or a file.\n"
                       "A word is a run of letters, digits and bytes above 127; upper and lower "
                       "case "
                       "are the same.",
                .result_doc =
                        "a map: \"lines\", \"words\", \"bytes\", \"distinct_words\", \"top\": a "
                        "list of maps with \"word\" and \"count\"",
                .mode = GCA_MODE_POLL,
                .unreachable = GCA_UNREACHABLE_CANCEL,
                .arguments = count_arguments,
                .n_arguments = sizeof(count_arguments) / sizeof(count_arguments[0]),
                .state_size = sizeof(struct count),
                .poll = count_poll,
                .drop = count_drop,
        },
};

const gca_module gcasync_module = {
        .size = sizeof(gca_module),
        .abi = GCA_MODULE_ABI,
        .name = "text",
        .version = "1.0",
        .doc = "Looks at texts.",
        .kinds = text_kinds,
        .n_kinds = sizeof(text_kinds) / sizeof(text_kinds[0]),
};
