/* SPDX-License-Identifier: MIT */

/*
 * Several connections in one thread and one poll() loop, each with many calls in flight; every answer is
 * checked against what was sent.
 *
 *     echo-load [CALLS [CONNECTIONS [IN-FLIGHT]]]
 */

#include <gcasync/client.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
        CONNECTIONS_MAX = 64
};

struct connection {
        gcasync_client *client;
        gcasync_builder *builder;
        size_t number, n_calls, n_sent, n_done;
};

/* One call: it carries what its answer must be. */
struct echo {
        struct connection *connection;
        size_t number;
};

static void die(const char *what, const char *why) {
        fprintf(stderr, "echo-load: %s: %s\n", what, why);
        exit(1);
}

static size_t echo_text(const struct echo *echo, char *buffer, size_t size) {
        return (size_t)snprintf(
                buffer, size, "connection %zu, call %zu", echo->connection->number, echo->number);
}

static void echo_done(gcasync_call *call, void *data) {
        struct echo *echo = data;
        char expected[64];
        gcasync_result *result = NULL;
        gcasync_view value;
        const char *text;
        size_t length;
        int r = gcasync_submit_finish(call, &result);

        if (r != 0)
                die("a call failed", gcasync_strerror(r));
        if (gcasync_result_get_value(result, &value) != 0 ||
            gcasync_view_get_string(value, &text, &length) != 0 ||
            length != echo_text(echo, expected, sizeof(expected)) ||
            memcmp(text, expected, length) != 0)
                die("wrong answer", gcasync_result_get_failure_message(result));
        gcasync_result_unref(result);
        echo->connection->n_done++;
        free(echo);
}

static void echo_submit(struct connection *connection) {
        gcasync_submit_options options = { .size = sizeof(options), .kind = "core.echo" };
        struct echo *echo = malloc(sizeof(*echo));
        char text[64];
        int r;

        if (!echo)
                die("submit", "out of memory");
        *echo = (struct echo){ .connection = connection, .number = connection->n_sent++ };
        gcasync_builder_reset(connection->builder);
        gcasync_builder_open_map(connection->builder);
        gcasync_builder_key(connection->builder, "value");
        gcasync_builder_string_n(connection->builder, text, echo_text(echo, text, sizeof(text)));
        gcasync_builder_close_map(connection->builder);
        options.arguments = connection->builder;
        r = gcasync_submit_async(connection->client, &options, echo_done, echo, NULL);
        if (r != 0)
                die("submit", gcasync_strerror(r));
}

static void connection_open(struct connection *connection, size_t number, size_t n_calls) {
        int r = gcasync_client_open(NULL, &connection->client);

        if (r != 0)
                die("cannot reach the daemon", gcasync_strerror(r));
        connection->builder = gcasync_builder_new();
        connection->number = number;
        connection->n_calls = n_calls;
}

static bool connection_has_room(const struct connection *connection, size_t n_in_flight) {
        return connection->n_sent < connection->n_calls &&
               connection->n_sent - connection->n_done < n_in_flight;
}

/* One turn: queue what there is room for, write and read what can be. False: all is answered. */
static bool connection_turn(struct connection *connection, size_t n_in_flight) {
        int r;

        while (connection_has_room(connection, n_in_flight))
                echo_submit(connection);
        r = gcasync_client_process(connection->client);
        if (r != 0)
                die("the connection is lost", gcasync_strerror(r));
        return connection->n_done < connection->n_calls;
}

static void connections_run(struct connection *connections, size_t n, size_t n_in_flight) {
        struct pollfd fds[CONNECTIONS_MAX];
        size_t n_open;

        do {
                int timeout_ms = -1;

                n_open = 0;
                for (size_t i = 0; i < n; i++) {
                        struct connection *connection = &connections[i];

                        n_open += connection_turn(connection, n_in_flight);
                        fds[i].fd = gcasync_client_get_fd(connection->client);
                        fds[i].events = gcasync_client_get_events(connection->client);
                        /* What was answered inside the turn made room: there is more to do at once. */
                        if (connection_has_room(connection, n_in_flight) ||
                            gcasync_client_get_timeout_ns(connection->client) !=
                                    GCASYNC_NO_DEADLINE)
                                timeout_ms = 0;
                }
                if (n_open > 0 && poll(fds, n, timeout_ms) < 0)
                        die("poll", "failed");
        } while (n_open > 0);
}

int main(int argc, char *argv[]) {
        size_t n_calls = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
        size_t n_connections = argc > 2 ? strtoul(argv[2], NULL, 10) : 4;
        size_t n_in_flight = argc > 3 ? strtoul(argv[3], NULL, 10) : 256;
        struct connection connections[CONNECTIONS_MAX] = { 0 };
        struct timespec begin, end;
        double seconds;

        if (n_calls == 0 || n_connections == 0 || n_connections > CONNECTIONS_MAX ||
            n_in_flight == 0) {
                fprintf(stderr,
                        "usage: echo-load [CALLS [CONNECTIONS (1..%d) [IN-FLIGHT]]]\n",
                        CONNECTIONS_MAX);
                return 2;
        }
        for (size_t i = 0; i < n_connections; i++)
                connection_open(&connections[i],
                                i,
                                n_calls / n_connections + (i < n_calls % n_connections));
        (void)clock_gettime(CLOCK_MONOTONIC, &begin);
        connections_run(connections, n_connections, n_in_flight);
        (void)clock_gettime(CLOCK_MONOTONIC, &end);
        seconds = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
        printf("%zu calls over %zu connections, %zu in flight each: every answer right, %.0f calls "
               "a second\n",
               n_calls,
               n_connections,
               n_in_flight,
               (double)n_calls / (seconds + 1e-9));
        for (size_t i = 0; i < n_connections; i++) {
                gcasync_builder_free(connections[i].builder);
                gcasync_client_unref(connections[i].client);
        }
        return 0;
}
