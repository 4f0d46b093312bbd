# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What bench/gc and bench/ipc share; sourced.
set -eu

# run_bench GOAL PROGRAM [ARGUMENT...]: installs what is missing, builds out of tree without debug checks, runs build/bench/PROGRAM.
run_bench() {
        top=$(cd "$(dirname "$0")/.." && pwd)
        build=$top/build/bench
        goal=$1
        program=$2
        shift 2

        "$top/scripts/setup" build bench
        [ -x "$top/configure" ] || (cd "$top" && autoreconf -fi) >/dev/null 2>&1
        mkdir -p "$build"
        [ -f "$build/Makefile" ] || (cd "$build" && ../../configure --quiet CFLAGS='-O2 -g')
        # One after the other: two goals at once would build what both need twice, at the same time.
        make --silent --directory="$build" -j2 all
        make --silent --directory="$build" -j2 "$goal"
        GCASYNC_BENCH_BUILD=$build exec "$build/$program" "$@"
}
