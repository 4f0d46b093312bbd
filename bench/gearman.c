/* SPDX-License-Identifier: MIT */

/*
 * gearmand without I/O threads (-t 0, its fastest here), its binary protocol written directly and in batches: what
 * the server can do when no client library is in the way.
 */

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc.h"

enum packet {
        PACKET_CAN_DO = 1,
        PACKET_PRE_SLEEP = 4,
        PACKET_NOOP = 6,
        PACKET_SUBMIT_JOB = 7,
        PACKET_GRAB_JOB = 9,
        PACKET_NO_JOB = 10,
        PACKET_JOB_ASSIGN = 11,
        PACKET_WORK_COMPLETE = 13,
        PACKET_ERROR = 19,
};

enum {
        HEADER_SIZE = 12
};

static const char function_name[] = "echo";

static struct {
        pid_t pid;
        int port;
} server;

struct peer {
        int fd;
        char in[1 << 17];
        size_t begin, end;
        char out[1 << 17];
        size_t n_out;
};

static struct peer *peer_open(void) {
        struct peer *peer = calloc(1, sizeof(*peer));

        peer->fd = bench_connect_loopback(server.port, bench_now_ns() + UINT64_C(10000000000));
        return peer;
}

static void peer_close(struct peer *peer) {
        (void)close(peer->fd);
        free(peer);
}

static void peer_put(struct peer *peer, enum packet type, const void *data, size_t size) {
        uint32_t header[2] = { htonl(type), htonl((uint32_t)size) };

        if (peer->n_out + HEADER_SIZE + size > sizeof(peer->out))
                bench_die("window too large");
        memcpy(peer->out + peer->n_out, "\0REQ", 4);
        memcpy(peer->out + peer->n_out + 4, header, sizeof(header));
        if (size > 0)
                memcpy(peer->out + peer->n_out + HEADER_SIZE, data, size);
        peer->n_out += HEADER_SIZE + size;
}

static void peer_flush(struct peer *peer) {
        if (peer->n_out > 0)
                bench_write_all(peer->fd, peer->out, peer->n_out);
        peer->n_out = 0;
}

static char *peer_need(struct peer *peer, size_t size) {
        while (peer->end - peer->begin < size) {
                ssize_t n;

                if (peer->begin > 0) {
                        memmove(peer->in, peer->in + peer->begin, peer->end - peer->begin);
                        peer->end -= peer->begin;
                        peer->begin = 0;
                }
                n = read(peer->fd, peer->in + peer->end, sizeof(peer->in) - peer->end);
                if (n <= 0)
                        bench_die("gearmand closed");
                peer->end += (size_t)n;
        }
        return peer->in + peer->begin;
}

static enum packet peer_get(struct peer *peer, char **ret_body, size_t *ret_size) {
        char *p = peer_need(peer, HEADER_SIZE);
        uint32_t header[2];

        memcpy(header, p + 4, sizeof(header));
        *ret_size = ntohl(header[1]);
        *ret_body = peer_need(peer, HEADER_SIZE + *ret_size) + HEADER_SIZE;
        peer->begin += HEADER_SIZE + *ret_size;
        if (ntohl(header[0]) == PACKET_ERROR)
                bench_die("gearmand: %.*s", (int)*ret_size, *ret_body);
        return ntohl(header[0]);
}

/* "handle\0function\0payload" becomes "handle\0payload". */
static void worker_complete(struct peer *peer, const char *job, size_t size) {
        char body[512];
        size_t handle_size = strlen(job) + 1;
        const char *payload = job + handle_size + sizeof(function_name);
        size_t payload_size = size - handle_size - sizeof(function_name);

        if (handle_size + payload_size > sizeof(body))
                bench_die("job too large");
        memcpy(body, job, handle_size);
        memcpy(body + handle_size, payload, payload_size);
        peer_put(peer, PACKET_WORK_COMPLETE, body, handle_size + payload_size);
}

/* Keeps a window of grabs out; sleeps when all of it came back empty. Killed by the client. */
static void worker_run(void *data) {
        size_t window = *(size_t *)data, n_out = 0, size;
        struct peer *peer = peer_open();
        bool is_dry = false;
        char *body;

        peer_put(peer, PACKET_CAN_DO, function_name, sizeof(function_name) - 1);
        for (;;) {
                enum packet type;

                if (is_dry && n_out == 0) {
                        peer_put(peer, PACKET_PRE_SLEEP, NULL, 0);
                        peer_flush(peer);
                        while (peer_get(peer, &body, &size) != PACKET_NOOP)
                                continue;
                        is_dry = false;
                }
                for (; !is_dry && n_out < window; n_out++)
                        peer_put(peer, PACKET_GRAB_JOB, NULL, 0);
                peer_flush(peer);
                do {
                        type = peer_get(peer, &body, &size);
                        if (type == PACKET_NOOP)
                                continue;
                        n_out--;
                        if (type == PACKET_JOB_ASSIGN)
                                worker_complete(peer, body, size);
                        is_dry = is_dry || type == PACKET_NO_JOB;
                } while (n_out > 0 && peer->begin < peer->end);
        }
}

bool gearman_open(void) {
        char port[16];

        if (access("/usr/sbin/gearmand", X_OK) < 0)
                return false;
        server.port = bench_find_port();
        (void)snprintf(port, sizeof(port), "%d", server.port);
        server.pid = bench_spawn((char *[]){ (char *)"/usr/sbin/gearmand",
                                             (char *)"-t",
                                             (char *)"0",
                                             (char *)"-L",
                                             (char *)"127.0.0.1",
                                             (char *)"-p",
                                             port,
                                             (char *)"-l",
                                             (char *)"stderr",
                                             NULL },
                                 true);
        return true;
}

struct bench_sample gearman_run(size_t n, size_t depth) {
        char body[sizeof(function_name) + 1 + BENCH_PAYLOAD_SIZE];
        size_t window = depth / 2, n_sent = 0, n_done = 0, size;
        struct bench_sample sample = { 0 };
        pid_t worker = bench_fork(worker_run, &window, true);
        struct peer *peer = peer_open();
        uint64_t begin, cpu;
        char *reply;

        memcpy(body, function_name, sizeof(function_name));
        body[sizeof(function_name)] = '\0';
        memcpy(body + sizeof(function_name) + 1, bench_payload, BENCH_PAYLOAD_SIZE);
        begin = bench_now_ns();
        cpu = bench_cpu_ns(server.pid);
        while (n_done < n) {
                size_t n_free = depth - (n_sent - n_done);

                if (n_free > n - n_sent)
                        n_free = n - n_sent;
                if (n_free > 0 && (2 * n_free >= depth || n_free == n - n_sent)) {
                        for (size_t i = 0; i < n_free; i++)
                                peer_put(peer, PACKET_SUBMIT_JOB, body, sizeof(body));
                        peer_flush(peer);
                        n_sent += n_free;
                }
                do
                        n_done += peer_get(peer, &reply, &size) == PACKET_WORK_COMPLETE;
                while (peer->begin < peer->end);
        }
        sample.rate = (double)n * 1e9 / (double)(bench_now_ns() - begin);
        sample.server_us = (double)(bench_cpu_ns(server.pid) - cpu) / 1e3 / (double)n;
        bench_reap(worker);
        peer_close(peer);
        return sample;
}

void gearman_close(void) {
        bench_reap(server.pid);
}
