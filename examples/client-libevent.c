/* SPDX-License-Identifier: MIT */

/*
 * A client of gcasyncd in a libevent loop: hashes the files that its arguments name, each
 * by a core.hash task, 16 at a time, and prints "HASH  FILE" as the answers come; a timer
 * of the loop tells how far it is.
 *
 *     client-libevent FILE...
 *
 * One event serves the client: watch() arms it anew, for what the client waits for then,
 * after everything that may have changed it.
 */

#include <event2/event.h>
#include <gcasync/client.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
        N_IN_FLIGHT_MAX = 16,
};

static struct event_base *base;
static struct event *client_event;
static gcasync_client *client;
static gcasync_builder *builder;
static char **files; /* those that have not been submitted, up to a NULL */
static size_t n_done, n_failed;

static void die(const char *what, int error) {
        fprintf(stderr, "client-libevent: %s: %s\n", what, gcasync_strerror(error));
        exit(1);
}

static void submit_files(void);

/* An answer: data is the file's name. */
static void file_hashed(gcasync_call *call, void *data) {
        gcasync_result *result = NULL;
        gcasync_view value, hex;
        const char *text;
        size_t size;
        int r = gcasync_submit_finish(call, &result);

        if (r != 0)
                die(data, r);
        if (gcasync_result_get_value(result, &value) == 0 &&
            gcasync_view_find(value, "hex", &hex) == 0 &&
            gcasync_view_get_string(hex, &text, &size) == 0) {
                printf("%.*s  %s\n", (int)size, text, (const char *)data);
        } else {
                fprintf(stderr,
                        "%s: %s\n",
                        (char *)data,
                        gcasync_result_get_failure_message(result));
                n_failed++;
        }
        gcasync_result_unref(result);
        n_done++;
        submit_files();
}

static void submit_files(void) {
        gcasync_submit_options options = { .size = sizeof(options),
                                           .kind = "core.hash",
                                           .arguments = builder };
        int r;

        for (; *files && gcasync_client_get_pending(client) < N_IN_FLIGHT_MAX; files++) {
                gcasync_builder_reset(builder);
                gcasync_builder_open_map(builder);
                gcasync_builder_key(builder, "path");
                gcasync_builder_string(builder, *files);
                gcasync_builder_close_map(builder);
                r = gcasync_submit_async(client, &options, file_hashed, *files, NULL);
                if (r != 0)
                        die(*files, r);
        }
}

static void watch(void) {
        uint64_t time_ns = gcasync_client_get_timeout_ns(client), now_ns;
        struct timeval timeout = { 0 };
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        now_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
        if (time_ns > now_ns) {
                timeout.tv_sec = (time_t)((time_ns - now_ns) / 1000000000);
                timeout.tv_usec = (suseconds_t)((time_ns - now_ns) % 1000000000 / 1000 + 1);
        }
        event_add(client_event, time_ns == GCASYNC_NO_DEADLINE ? NULL : &timeout);
}

static void client_ready(evutil_socket_t fd, short what, void *data) {
        int r = gcasync_client_process(client);

        (void)fd;
        (void)what;
        (void)data;
        if (r != 0)
                die("the daemon", r);
        if (gcasync_client_get_pending(client) == 0)
                event_base_loopbreak(base);
        watch();
}

static void tell_progress(evutil_socket_t fd, short what, void *data) {
        (void)fd;
        (void)what;
        (void)data;
        fprintf(stderr, "%zu files done\n", n_done);
}

int main(int argc, char **argv) {
        const struct timeval second = { .tv_sec = 1 };
        struct event *timer;
        int r = gcasync_client_open(NULL, &client);

        if (r != 0)
                die("cannot reach the daemon", r);
        builder = gcasync_builder_new();
        files = argv + (argc > 0);
        submit_files();
        base = event_base_new();
        /*
         * The client is ready to read or to be looked at; gcasync_client_get_events() is
         * POLLIN or nothing.
         */
        client_event = event_new(base, gcasync_client_get_fd(client), EV_READ, client_ready, NULL);
        timer = event_new(base, -1, EV_PERSIST, tell_progress, NULL);
        event_add(timer, &second);
        watch();
        if (argc > 1)
                event_base_dispatch(base);
        event_free(timer);
        event_free(client_event);
        event_base_free(base);
        gcasync_builder_free(builder);
        gcasync_client_unref(client);
        return n_failed > 0;
}
