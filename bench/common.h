/* SPDX-License-Identifier: MIT */
#pragma once

/* What the benchmark programs share: clocks, placement, processes, medians. Any failure ends the program. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
        BENCH_PAYLOAD_SIZE = 64
};

extern const uint8_t bench_payload[BENCH_PAYLOAD_SIZE];

#define bench_die(...) bench_die_at(__FILE__, __LINE__, __VA_ARGS__)
_Noreturn void bench_die_at(const char *file, int line, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

uint64_t bench_now_ns(void);

/* CPU time of a whole process, all its threads. */
uint64_t bench_cpu_ns(pid_t pid);

/* Pins the calling process (and what it starts) to CPU 0, or lets the kernel place it. */
void bench_pin(bool is_pinned);

/* The p-th part (0.5: the median) of n figures, which are sorted. */
double bench_quantile(double *figures, size_t n, double p);

/* Starts a program pinned or not, its output discarded unless it fails; it dies with this process. */
pid_t bench_spawn(char *const argv[], bool is_pinned);
void bench_reap(pid_t pid);

/* Runs a function in a child that dies with this process. */
pid_t bench_fork(void (*run)(void *data), void *data, bool is_pinned);

void bench_write_all(int fd, const void *data, size_t size);
int bench_connect_unix(const char *path, uint64_t deadline_ns);
int bench_connect_loopback(int port, uint64_t deadline_ns);
int bench_listen_unix(const char *path);
int bench_find_port(void);

/* A fresh folder, removed with its files at exit. */
const char *bench_folder(void);
/* "FOLDER/name"; the caller frees it. */
char *bench_path(const char *name);

/* One measurement. */
struct bench_sample {
        double rate;      /* jobs a second */
        double p50_us;    /* depth 1 */
        double server_us; /* CPU of the server a job */
};
