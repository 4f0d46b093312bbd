/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the relacy-*.cc share. Each plays the threads of one protocol of src/gc/ or src/runtime/ in relacy, a simulator of the C11 memory
 * model: every load may return what the model allows it to, in thousands of schedules, and plain data that two threads touch
 * unordered is an error. The protocol's orders are in variables; it is run as the code has it, which must hold, and
 * with each of them weakened, which must not. One TAP line a run.
 */

#include <cstdio>
#include <ostream>

#include <relacy/relacy.hpp>

namespace {

bool has_failed;

/* One order of the protocol, and what it is weakened to. */
struct weakening {
        rl::memory_order *order;
        rl::memory_order weaker;
        const char *name;
};

template <typename protocol> bool holds(unsigned long n_iterations) {
        rl::test_params params;
        std::ostream nowhere(
                nullptr); /* relacy replaces operator new, which a stream with a buffer would call */

        params.output_stream = &nowhere;
        params.progress_stream = &nowhere;
        params.search_type = rl::sched_random;
        params.iteration_count = n_iterations;
        return rl::simulate<protocol>(params);
}

void tell(bool is_right, const char *name, const char *weakened) {
        std::printf("%s - relacy: %s%s%s\n",
                    is_right ? "ok" : "not ok",
                    name,
                    weakened ? ", found: " : " holds",
                    weakened ? weakened : "");
        has_failed = has_failed || !is_right;
}

template <typename protocol, size_t n_weakenings>
void check(const char *name, const weakening (&weakenings)[n_weakenings]) {
        const unsigned long n_iterations = 500000;

        tell(holds<protocol>(n_iterations), name, nullptr);
        for (size_t i = 0; i < n_weakenings; i++) {
                const weakening *weakening = &weakenings[i];
                rl::memory_order order = *weakening->order;

                *weakening->order = weakening->weaker;
                tell(!holds<protocol>(n_iterations), name, weakening->name);
                *weakening->order = order;
        }
}

} // namespace
