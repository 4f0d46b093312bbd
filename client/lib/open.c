/* SPDX-License-Identifier: MIT */

/* Opening a client: the socket, hello, welcome. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "lib/client.h"
#include "lib/connect.h"
#include "lib/options.h"

enum {
        VERSION_MIN = 1,
        VERSION_MAX = 1,
        NAME_SIZE_MAX = 64,
};

#define CONNECT_TIME_NS (5 * NS_PER_S)

/* How much of a program's name may go into hello: what fits, whole characters. */
static size_t open_measure_name(const char *name) {
        size_t size = 0, length;
        uint32_t character;

        while (name[size] != '\0') {
                length = utf8_decode(name + size, strlen(name + size), &character);
                if (length == 0 || size + length > NAME_SIZE_MAX)
                        break;
                size += length;
        }
        return size;
}

static int
open_say_hello(struct gcasync_client *client, const char *name, gcasync_call **ret_call) {
        const struct call_options options = { .type = CALL_TYPE_HELLO };
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Hello hello = GCASYNC__HELLO__INIT;

        hello.version_min = VERSION_MIN;
        hello.version_max = VERSION_MAX;
        hello.client_name = name ? message_text(name)
                                 : message_bytes(program_invocation_short_name,
                                                 open_measure_name(program_invocation_short_name));
        request.body_case = GCASYNC__REQUEST__BODY_HELLO;
        request.hello = &hello;
        return client_request(client, &options, &request, ret_call);
}

/* A session that ends instead of answering hello: what ended it says more than that it did. */
static int open_get_error(struct gcasync_client *client, gcasync_call *call) {
        int r = gcasync_call_get_error(call, NULL);

        return r == GCASYNC_E_DISCONNECTED ? gcasync_client_get_error(client, NULL) : r;
}

static int open_shake_hands(struct gcasync_client *client, const char *name, uint64_t deadline_ns) {
        cleanup_(gcasync_call_unrefp) gcasync_call *call = NULL;
        int r;

        r = open_say_hello(client, name, &call);
        if (r)
                return r;

        client_complete(call, deadline_ns);
        return open_get_error(client, call);
}

int gcasync_client_open(const gcasync_client_options *options, gcasync_client **ret_client) {
        static const gcasync_client_options options_default = { .size = sizeof(options_default) };
        cleanup_(gcasync_client_unrefp) gcasync_client *client = NULL;
        char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
        uint64_t deadline_ns;
        int r;

        if (!options)
                options = &options_default;
        r = gcasync_client_find_socket(options, path, sizeof(path));
        if (r)
                return r;
        if (!client_check_text(options->client_name, NAME_SIZE_MAX))
                return GCASYNC_E_INVALID;
        deadline_ns = options->connect_deadline_ns;
        if (deadline_ns == 0)
                deadline_ns = clock_add_ns(clock_monotonic_ns(), CONNECT_TIME_NS);

        r = client_new(&client);
        if (r)
                return r;

        r = connect_to(path, deadline_ns, &client->socket_fd);
        if (r)
                return r;

        r = open_shake_hands(client, options->client_name, deadline_ns);
        if (r)
                return r;

        *ret_client = steal(&client);
        return 0;
}
