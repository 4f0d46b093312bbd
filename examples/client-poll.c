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

static void line_submit(gcasync_client *client, gcasync_builder *builder, const char *line) {
        gcasync_submit_options options = { .size = sizeof(options),
                                           .kind = "core.hash",
                                           .arguments = builder };
        int r;

        gcasync_builder_reset(builder);
        gcasync_builder_open_map(builder);
        gcasync_builder_key(builder, "bytes");
        gcasync_builder_bytes(builder, line, strlen(line));
        gcasync_builder_close_map(builder);
        r = gcasync_submit_async(client, &options, line_hashed, strdup(line), NULL);
        if (r != 0)
                die("submit", r);
}

/* Reads what there is and submits the lines in it. False at the end of the file. */
static bool input_read(gcasync_client *client, gcasync_builder *builder) {
        static char buffer[64 << 10];
        static size_t n_kept;
        ssize_t n = read(STDIN_FILENO, buffer + n_kept, sizeof(buffer) - 1 - n_kept);
        char *line = buffer, *end;

        if (n <= 0)
                return false;
        buffer[n_kept + (size_t)n] = '\0';
        for (; (end = strchr(line, '\n')); line = end + 1) {
                *end = '\0';
                line_submit(client, builder, line);
        }
        n_kept = strlen(line);
        if (n_kept == sizeof(buffer) - 1)
                n_kept = 0; /* a line too long to hash */
        memmove(buffer, line, n_kept);
        return true;
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
        bool is_open = true;
        int r = gcasync_client_open(NULL, &client);

        if (r != 0)
                die("cannot reach the daemon", r);
        while (is_open || gcasync_client_get_pending(client) > 0) {
                bool has_room = gcasync_client_get_pending(client) < N_IN_FLIGHT_MAX;
                struct pollfd fds[] = {
                        { .fd = gcasync_client_get_fd(client),
                          .events = gcasync_client_get_events(client) },
                        { .fd = is_open && has_room ? STDIN_FILENO : -1, .events = POLLIN },
                };

                (void)poll(fds, 2, timeout_ms(client));
                if (fds[1].revents)
                        is_open = input_read(client, builder);
                r = gcasync_client_process(client);
                if (r != 0)
                        die("the daemon", r);
        }
        gcasync_builder_free(builder);
        gcasync_client_unref(client);
        return 0;
}
