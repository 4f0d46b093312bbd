/* SPDX-License-Identifier: MIT */
#pragma once

/* The contestants of bench/ipc. Each function runs n jobs with depth in flight and takes its figures. */

#include "common.h"

/* limit.c: a bare libevent + protobuf-c echo server, one write a batch; forked anew for each run. */
struct bench_sample limit_run(size_t n, size_t depth);

/* spawn.c: a bare posix_spawn loop, two children at a time. */
struct bench_sample spawn_run(size_t n);

/* redis.c, gearman.c: the peers. open() answers false where the server is not installed. */
bool redis_open(void);
struct bench_sample redis_run(size_t n, size_t depth);
void redis_close(void);
bool gearman_open(void);
struct bench_sample gearman_run(size_t n, size_t depth);
void gearman_close(void);

/* daemon.c: gcasyncd through the shipped client library. */
struct daemon;
struct daemon *daemon_open(bool is_pinned);
struct bench_sample
daemon_run_echo(struct daemon *daemon, const char *kind, size_t n, size_t depth);
struct bench_sample daemon_run_exec(struct daemon *daemon, size_t n, size_t depth);
/* System calls of the daemon a job, counted by strace in a run of its own. */
double daemon_count_calls(struct daemon *daemon, size_t n, size_t depth);
/* Makes the daemon hold at least size bytes of arguments of queued tasks. */
void daemon_hold(struct daemon *daemon, size_t size);
void daemon_close(struct daemon *daemon);
