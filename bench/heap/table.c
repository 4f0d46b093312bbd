/* SPDX-License-Identifier: MIT */
#include "table.h"

#include "histogram.h"
#include "workload.h"

enum {
        TABLE_FILL_SEED = 7,
        TABLE_CHURN_SEED = 11,
};

void table_fill(void (*fill)(void *data, uint32_t slot, uint64_t counter), void *data) {
        uint32_t *slots = permutation_new(TABLE_SLOTS, TABLE_FILL_SEED);
        uint64_t begin = bench_now_ns();

        for (uint32_t i = 0; i < TABLE_SLOTS; i++)
                fill(data, slots[i], i);
        report("fill", (double)(bench_now_ns() - begin) / 1e9);
        permutation_free(slots, TABLE_SLOTS);
}

static void report_times(const struct histogram *times, const char *const names[3]) {
        report(names[0], (double)histogram_get_quantile(times, 0.5) / 1e6);
        report(names[1], (double)histogram_get_quantile(times, 0.9999) / 1e6);
        report(names[2], (double)times->max / 1e6);
}

void table_churn(unsigned seconds, table_operation operate, void *data) {
        static const char *const service_names[] = { "service", "service-p99.99", "service-max" };
        static const char *const response_names[] = { "response",
                                                      "response-p99.99",
                                                      "response-max" };
        static struct histogram service, response;
        uint64_t n = (uint64_t)seconds * TABLE_RATE, seed = TABLE_CHURN_SEED, check = 0;
        uint64_t first = bench_now_ns();

        for (uint64_t i = 0; i < n; i++) {
                uint64_t due = first + i * (UINT64_C(1000000000) / TABLE_RATE), begin, end;

                do
                        begin = bench_now_ns();
                while (begin < due);
                check += operate(data, random_next(&seed) % TABLE_SLOTS, i);
                end = bench_now_ns();
                histogram_add(&service, end - begin);
                histogram_add(&response, end - due);
        }
        report_times(&service, service_names);
        report_times(&response, response_names);
        report_check(check);
        report("memory-of-live", memory_get_peak_bytes() / TABLE_LIVE_BYTES);
}
