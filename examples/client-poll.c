/* SPDX-License-Identifier: MIT */

/*
 * A client of gcasyncd in a plain poll() loop: hashes each line of standard input by a
 * core.hash task, up to 64 at a time, while it goes on reading; prints "HASH  LINE" as
 * the answers come.
 *
 *     client-poll < FILE
 *
 * The whole of what a loop does for a client is in main(): poll its descriptor for its
 * events until its time, then process.
 */

#include <gcasync/client.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
        N_IN_FLIGHT_MAX = 64,
};

static void die(const char *what, int error) {
        fprintf(stderr, "client-poll: %s: %s\n", what, gcasync_strerror(error));
        exit(1);
}

/* An answer: data is the line. */
static void line_hashed(gcasync_call *call, void *data) {
        gcasync_result *result = NULL;
        gcasync_view value, hex;
        const char *text;
        size_t size;
        int r = gcasync_submit_finish(call, &result);

        if (r != 0)
                die("a task could not be run", r);
        if (gcasync_result_get_value(result, &value) == 0 &&
            gcasync_view_find(value, "hex", &hex) == 0 &&
            gcasync_view_get_string(hex, &text, &size) == 0)
                printf("%.*s  %s\n", (int)size, text, (const char *)data);
        else
                printf("%s: %s\n", gcasync_result_get_failure_message(result), (const char *)data);
        gcasync_result_unref(result);
        free(data);
}

static void
line_submit(gcasync_client *client, gcasync_builder *builder, const char *line, size_t size) {
        gcasync_submit_options options = { .size = sizeof(options),
                                           .kind = "core.hash",
                                           .arguments = builder };
        char *copy = strndup(line, size);
        int r;

        if (!copy)
                die("a line", GCASYNC_E_NO_MEMORY);
        gcasync_builder_reset(builder);
        gcasync_builder_open_map(builder);
        gcasync_builder_key(builder, "bytes");
        gcasync_builder_bytes(builder, line, size);
        gcasync_builder_close_map(builder);
        r = gcasync_submit_async(client, &options, line_hashed, copy, NULL);
        if (r != 0)
                die("submit", r);
}

/* Standard input, as far as it has been read and not submitted. */
static struct {
        char data[64 << 10];
        size_t size;
        bool is_at_end;
} input;

static void input_read(void) {
        ssize_t n = read(STDIN_FILENO, input.data + input.size, sizeof(input.data) - input.size);

        if (n < 0) {
                perror("client-poll: standard input");
                exit(1);
        }
        input.size += (size_t)n;
        input.is_at_end = n == 0;
}

/* Whether there is a whole line; the last one may lack its newline. */
static bool input_find_line(size_t *ret_size) {
        const char *end = memchr(input.data, '\n', input.size);

        *ret_size = end ? (size_t)(end - input.data) : input.size;
        return end || (input.is_at_end && input.size > 0);
}

static void lines_submit(gcasync_client *client, gcasync_builder *builder) {
        size_t size;

        while (gcasync_client_get_pending(client) < N_IN_FLIGHT_MAX) {
                if (!input_find_line(&size)) {
                        if (size < sizeof(input.data))
                                return;
                        fprintf(stderr, "client-poll: a line of more than %zu bytes\n", size);
                        exit(1);
                }
                line_submit(client, builder, input.data, size);
                size += size < input.size;
                input.size -= size;
                memmove(input.data, input.data + size, input.size);
        }
}

/* The client's time as poll() wants it. */
static int timeout_ms(gcasync_client *client) {
        uint64_t time_ns = gcasync_client_get_timeout_ns(client), now_ns;
        struct timespec now;

        if (time_ns == GCASYNC_NO_DEADLINE)
                return -1;
        clock_gettime(CLOCK_MONOTONIC, &now);
        now_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
        return time_ns <= now_ns ? 0 : (int)((time_ns - now_ns) / 1000000 + 1);
}

int main(void) {
        gcasync_builder *builder = gcasync_builder_new();
        gcasync_client *client = NULL;
        int r = gcasync_client_open(NULL, &client);

        if (r != 0)
                die("cannot reach the daemon", r);
        while (!input.is_at_end || gcasync_client_get_pending(client) > 0) {
                bool has_room = !input.is_at_end && input.size < sizeof(input.data);
                struct pollfd fds[] = {
                        { .fd = gcasync_client_get_fd(client),
                          .events = gcasync_client_get_events(client) },
                        { .fd = has_room ? STDIN_FILENO : -1, .events = POLLIN },
                };

                (void)poll(fds, 2, timeout_ms(client));
                if (fds[1].revents)
                        input_read();
                r = gcasync_client_process(client);
                if (r != 0)
                        die("the daemon", r);
                lines_submit(client, builder);
        }
        gcasync_builder_free(builder);
        gcasync_client_unref(client);
        return 0;
}
