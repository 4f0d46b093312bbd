/* SPDX-License-Identifier: MIT */

/*
 * Redis as a task queue: the client pushes jobs to one list and pops replies from another, a worker
 * process does the reverse; one command a job, pipelined. Requests are formatted by hand, replies are
 * parsed by hiredis' reader, so that the server and not the client is what is measured.
 */

#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc.h"

struct peer {
        int fd;
        redisReader *reader;
        char *out;
        size_t n_out, out_size;
        char in[1 << 16];
};

static struct {
        pid_t pid;
        char *path;
} server;

static char push_job[256], push_reply[256], pop_job[64], pop_reply[64];

static void format_push(char *command, size_t size, const char *list) {
        (void)snprintf(command,
                       size,
                       "*3\r\n$5\r\nLPUSH\r\n$%zu\r\n%s\r\n$%d\r\n%.*s\r\n",
                       strlen(list),
                       list,
                       BENCH_PAYLOAD_SIZE,
                       BENCH_PAYLOAD_SIZE,
                       (const char *)bench_payload);
}

static void format_pop(char *command, size_t size, const char *list) {
        (void)snprintf(command,
                       size,
                       "*3\r\n$5\r\nBRPOP\r\n$%zu\r\n%s\r\n$1\r\n0\r\n",
                       strlen(list),
                       list);
}

static struct peer *peer_open(void) {
        struct peer *peer = calloc(1, sizeof(*peer));

        peer->fd = bench_connect_unix(server.path, bench_now_ns() + UINT64_C(10000000000));
        peer->reader = redisReaderCreate();
        peer->out_size = 1 << 18;
        peer->out = malloc(peer->out_size);
        return peer;
}

static void peer_close(struct peer *peer) {
        (void)close(peer->fd);
        redisReaderFree(peer->reader);
        free(peer->out);
        free(peer);
}

static void peer_put(struct peer *peer, const char *command) {
        size_t size = strlen(command);

        if (peer->n_out + size > peer->out_size)
                bench_die("window too large");
        memcpy(peer->out + peer->n_out, command, size);
        peer->n_out += size;
}

static void peer_flush(struct peer *peer) {
        if (peer->n_out > 0)
                bench_write_all(peer->fd, peer->out, peer->n_out);
        peer->n_out = 0;
}

/* Waits for one reply and drops it. */
static void peer_skip(struct peer *peer) {
        void *reply = NULL;

        for (;;) {
                ssize_t n;

                if (redisReaderGetReply(peer->reader, &reply) != REDIS_OK)
                        bench_die("redis: %s", peer->reader->errstr);
                if (reply)
                        break;
                n = read(peer->fd, peer->in, sizeof(peer->in));
                if (n <= 0)
                        bench_die("redis closed");
                (void)redisReaderFeed(peer->reader, peer->in, (size_t)n);
        }
        if (((redisReply *)reply)->type == REDIS_REPLY_ERROR)
                bench_die("redis: %s", ((redisReply *)reply)->str);
        freeReplyObject(reply);
}

struct load {
        size_t n, depth;
};

/* Takes a window of jobs at a time, answers all of it in one write. */
static void worker_run(void *data) {
        struct load *load = data;
        struct peer *peer = peer_open();

        for (size_t n_done = 0; n_done < load->n;) {
                size_t n = load->n - n_done < load->depth ? load->n - n_done : load->depth;

                for (size_t i = 0; i < n; i++)
                        peer_put(peer, pop_job);
                peer_flush(peer);
                for (size_t i = 0; i < n; i++)
                        peer_skip(peer);
                for (size_t i = 0; i < n; i++)
                        peer_put(peer, push_reply);
                peer_flush(peer);
                for (size_t i = 0; i < n; i++)
                        peer_skip(peer);
                n_done += n;
        }
        peer_close(peer);
}

bool redis_open(void) {
        server.path = bench_path("redis");
        if (access("/usr/bin/redis-server", X_OK) < 0)
                return false;
        server.pid = bench_spawn((char *[]){ (char *)"redis-server",
                                             (char *)"--port",
                                             (char *)"0",
                                             (char *)"--unixsocket",
                                             server.path,
                                             (char *)"--save",
                                             (char *)"",
                                             (char *)"--appendonly",
                                             (char *)"no",
                                             (char *)"--dir",
                                             (char *)(uintptr_t)bench_folder(),
                                             NULL },
                                 true);
        format_push(push_job, sizeof(push_job), "jobs");
        format_push(push_reply, sizeof(push_reply), "replies");
        format_pop(pop_job, sizeof(pop_job), "jobs");
        format_pop(pop_reply, sizeof(pop_reply), "replies");
        return true;
}

struct bench_sample redis_run(size_t n, size_t depth) {
        struct load load = { .n = n, .depth = depth };
        struct peer *jobs = peer_open(), *replies = peer_open();
        struct bench_sample sample = { 0 };
        pid_t worker = bench_fork(worker_run, &load, true);
        uint64_t begin = bench_now_ns(), cpu = bench_cpu_ns(server.pid);

        /* Two windows are out, so that client and worker have something to do at the same time. */
        for (size_t n_sent = 0, n_done = 0; n_done < n;) {
                size_t n_pop = 0;

                while (n_sent < n && n_sent - n_done < 2 * depth) {
                        peer_put(jobs, push_job);
                        n_sent++;
                }
                peer_flush(jobs);
                while (n_pop < depth && n_done + n_pop < n) {
                        peer_put(replies, pop_reply);
                        n_pop++;
                }
                peer_flush(replies);
                for (size_t i = 0; i < n_pop; i++)
                        peer_skip(replies);
                n_done += n_pop;
        }
        sample.rate = (double)n * 1e9 / (double)(bench_now_ns() - begin);
        sample.server_us = (double)(bench_cpu_ns(server.pid) - cpu) / 1e3 / (double)n;
        if (waitpid(worker, NULL, 0) < 0)
                bench_die("waitpid");
        peer_close(jobs);
        peer_close(replies);
        return sample;
}

void redis_close(void) {
        bench_reap(server.pid);
        free(server.path);
}
