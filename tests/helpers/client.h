/* SPDX-License-Identifier: MIT */
#pragma once

/* What tests of the client library do over and over. */

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "gcasync/client.h"
#include "helpers/fake-daemon.h"

/* Far enough for any machine; what is waited for comes at once. */
static inline uint64_t soon(void) {
        return clock_add_ns(clock_monotonic_ns(), 20 * NS_PER_S);
}

static inline gcasync_client_options options_for(const struct fake_daemon *daemon) {
        return (gcasync_client_options){
                .size = sizeof(gcasync_client_options),
                .socket_path = fake_daemon_get_path(daemon),
                .connect_deadline_ns = soon(),
        };
}

static inline gcasync_client *open_client(const struct fake_daemon *daemon) {
        gcasync_client_options options = options_for(daemon);
        gcasync_client *client = NULL;

        ck_assert_int_eq(gcasync_client_open(&options, &client), 0);
        return client;
}

static inline gcasync_submit_options kind(const char *name) {
        return (gcasync_submit_options){ .size = sizeof(gcasync_submit_options), .kind = name };
}

/* Submits without arguments or callback. */
static inline gcasync_call *submit(gcasync_client *client, const char *name) {
        gcasync_submit_options options = kind(name);
        gcasync_call *call = NULL;

        ck_assert_int_eq(gcasync_submit_async(client, &options, NULL, NULL, &call), 0);
        return call;
}

/* Notes calls in the order in which their callbacks run. */
struct record {
        gcasync_call *calls[64];
        int errors[64];
        size_t n;
};

static inline void record_call(gcasync_call *call, void *data) {
        struct record *record = data;

        ck_assert_uint_lt(record->n, 64);
        record->errors[record->n] = gcasync_call_get_error(call, NULL);
        record->calls[record->n++] = call;
}

/* Submits with a callback that records. */
static inline gcasync_call *
submit_recorded(gcasync_client *client, const char *name, struct record *record) {
        gcasync_submit_options options = kind(name);
        gcasync_call *call = NULL;

        ck_assert_int_eq(gcasync_submit_async(client, &options, record_call, record, &call), 0);
        return call;
}

/* Waits until nothing is pending and every callback has run. */
static inline void drain(gcasync_client *client) {
        while (gcasync_client_get_pending(client) > 0)
                ck_assert_int_eq(gcasync_client_wait(client, soon()), 0);
}
