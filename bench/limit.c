/* SPDX-License-Identifier: MIT */

/*
 * The physical limit: an echo server of nothing but libevent and protobuf-c. It reads what is there,
 * unpacks every envelope, packs its reply and writes once; the client does the same with its window.
 */

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "envelope.pb-c.h"
#include "ipc.h"

enum {
        BUFFER_SIZE = 1 << 18
};

struct stream {
        struct event_base *base;
        uint8_t in[BUFFER_SIZE], out[2 * BUFFER_SIZE];
        size_t n_in;
};

static size_t
envelope_write(uint8_t *out, uint64_t id, uint32_t kind, const void *payload, size_t size) {
        Bench__Envelope envelope = BENCH__ENVELOPE__INIT;
        uint32_t length;

        envelope.id = id;
        envelope.kind = kind;
        envelope.payload =
                (ProtobufCBinaryData){ .len = size, .data = (uint8_t *)(uintptr_t)payload };
        length = (uint32_t)bench__envelope__pack(&envelope, out + sizeof(length));
        memcpy(out, &length, sizeof(length));
        return sizeof(length) + length;
}

/* Consumes the whole messages in the stream; answers them in out (server) or checks them. */
static size_t stream_step(struct stream *stream, bool is_server, size_t *ret_out) {
        size_t at = 0, n = 0, n_out = 0;
        uint32_t length;

        while (stream->n_in - at >= sizeof(length)) {
                Bench__Envelope *envelope;

                memcpy(&length, stream->in + at, sizeof(length));
                if (stream->n_in - at < sizeof(length) + length)
                        break;
                envelope = bench__envelope__unpack(NULL, length, stream->in + at + sizeof(length));
                if (!envelope)
                        bench_die("unpack");
                if (is_server)
                        n_out += envelope_write(stream->out + n_out,
                                                envelope->id,
                                                2,
                                                envelope->payload.data,
                                                envelope->payload.len);
                else if (envelope->payload.len != BENCH_PAYLOAD_SIZE ||
                         memcmp(envelope->payload.data, bench_payload, BENCH_PAYLOAD_SIZE) != 0)
                        bench_die("wrong reply");
                bench__envelope__free_unpacked(envelope, NULL);
                at += sizeof(length) + length;
                n++;
        }
        memmove(stream->in, stream->in + at, stream->n_in - at);
        stream->n_in -= at;
        *ret_out = n_out;
        return n;
}

static void server_readable(evutil_socket_t fd, short events, void *data) {
        struct stream *stream = data;
        ssize_t n = read(fd, stream->in + stream->n_in, BUFFER_SIZE - stream->n_in);
        size_t n_out;

        (void)events;
        if (n <= 0) {
                (void)event_base_loopbreak(stream->base);
                return;
        }
        stream->n_in += (size_t)n;
        (void)stream_step(stream, true, &n_out);
        if (n_out > 0)
                bench_write_all(fd, stream->out, n_out);
}

static void server_run(void *data) {
        struct stream *stream = calloc(1, sizeof(*stream));
        struct event *event;

        stream->base = event_base_new();
        event = event_new(
                stream->base, *(int *)data, EV_READ | EV_PERSIST, server_readable, stream);
        if (!event || event_add(event, NULL) < 0)
                bench_die("event");
        (void)event_base_dispatch(stream->base);
}

struct bench_sample limit_run(size_t n, size_t depth) {
        struct stream *stream = calloc(1, sizeof(*stream));
        double *latencies = depth == 1 ? calloc(n, sizeof(*latencies)) : NULL;
        struct bench_sample sample = { 0 };
        size_t n_warm = n / 20, n_sent = 0, n_done = 0, n_timed = 0;
        uint64_t begin = 0, cpu = 0, sent_at = 0;
        int pair[2];
        pid_t pid;

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
                bench_die("socketpair");
        pid = bench_fork(server_run, &pair[1], true);
        (void)close(pair[1]);
        while (n_done < n + n_warm) {
                size_t n_free = depth - (n_sent - n_done), n_left = n + n_warm - n_sent, n_out;
                ssize_t n_read;

                if (n_free > n_left)
                        n_free = n_left;
                if (n_free > 0 && (2 * n_free >= depth || n_free == n_left)) {
                        size_t size = 0;

                        for (size_t i = 0; i < n_free; i++)
                                size += envelope_write(stream->out + size,
                                                       n_sent++,
                                                       1,
                                                       bench_payload,
                                                       BENCH_PAYLOAD_SIZE);
                        sent_at = bench_now_ns();
                        bench_write_all(pair[0], stream->out, size);
                }
                n_read = read(pair[0], stream->in + stream->n_in, BUFFER_SIZE - stream->n_in);
                if (n_read <= 0)
                        bench_die("read");
                stream->n_in += (size_t)n_read;
                n_done += stream_step(stream, false, &n_out);
                if (latencies && begin > 0 && n_timed < n)
                        latencies[n_timed++] = (double)(bench_now_ns() - sent_at) / 1e3;
                if (begin == 0 && n_done >= n_warm) {
                        n_warm = n_done;
                        begin = bench_now_ns();
                        cpu = bench_cpu_ns(pid);
                }
        }
        sample.rate = (double)(n_done - n_warm) * 1e9 / (double)(bench_now_ns() - begin);
        sample.server_us = (double)(bench_cpu_ns(pid) - cpu) / 1e3 / (double)(n_done - n_warm);
        if (latencies)
                sample.p50_us = bench_quantile(latencies, n_timed, 0.5);
        (void)close(pair[0]);
        bench_reap(pid);
        free(latencies);
        free(stream);
        return sample;
}
