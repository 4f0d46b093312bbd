#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# usage: tests/e2e/test-example-module.sh
#
# Modules are built as a stranger builds one: from a copy of examples/module, with pkg-config and an installed
# gcasync, nothing else. Then a daemon loads them and runs them.
set -euo pipefail

build=${GCASYNC_BUILDDIR:?}
source=${GCASYNC_SRCDIR:?}
scratch=$(mktemp -d)
daemon=

finish() {
        if [ -n "$daemon" ]; then
                kill "$daemon" 2>/dev/null || true
                wait "$daemon" || true
        fi
        rm -rf "$scratch"
}
trap finish EXIT

fail() {
        printf '%s\n' "$@" >&2
        [ ! -f "$scratch/log" ] || cat "$scratch/log" >&2
        exit 1
}

# Installs what a stranger needs. Not the bundled modules: libtool links these anew to install them, in the build's
# own folder, where other tests load them at the same time.
install_gcasync() {
        env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make --silent --directory="$build" DESTDIR="$scratch/root" \
                install-libLTLIBRARIES install-binPROGRAMS install-sbinPROGRAMS \
                install-pkgincludeHEADERS install-pkgconfigDATA >"$scratch/install.log" 2>&1 ||
                fail "make install failed" "$(cat "$scratch/install.log")"
}

# Sets prefix-dependent paths from the one file that has them.
find_installed() {
        local pc

        pc=$(find "$scratch/root" -name libgcasync-runtime.pc)
        [ -n "$pc" ] || fail "libgcasync-runtime.pc was not installed"
        export PKG_CONFIG_SYSROOT_DIR=$scratch/root PKG_CONFIG_LIBDIR=${pc%/*}
        export LD_LIBRARY_PATH=${pc%/*/*}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
        gcasyncd=$(find "$scratch/root" -name gcasyncd -type f)
        gcasyncctl=$(find "$scratch/root" -name gcasyncctl -type f)
}

build_module() {
        install -d -m 755 "$scratch/module"
        cp "$source/examples/module/"{Makefile,follow.c,text.c} "$scratch/module/"
        env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make --silent --directory="$scratch/module" \
                CFLAGS="-O2 -g -Wall -Wextra -Werror" || fail "the example modules were not built"
}

start_daemon() {
        local options=(--socket "$scratch/socket" --module-dir "$scratch/module" --output-dir "$scratch")

        [ "$(id -u)" != 0 ] || options+=(--allow-root)
        mkfifo "$scratch/ready"
        "$gcasyncd" "${options[@]}" --ready-fd 3 3>"$scratch/ready" 2>"$scratch/log" &
        daemon=$!
        read -r -t 60 <"$scratch/ready" || fail "the daemon did not start"
}

ctl() {
        "$gcasyncctl" --socket "$scratch/socket" "$@"
}

# expect TEXT COMMAND...: the command's output, without white space, has the text.
expect() {
        local text=$1 output
        shift
        output=$("$@" | tr -d '[:space:]') || fail "failed: $*"
        [[ $output == *"$text"* ]] || fail "not in the output of $*:" "$text" "but:" "$output"
}

install_gcasync
find_installed
build_module
start_daemon

printf 'The cat saw the dog.\nThe dog ran; THE cat did not.\n' >"$scratch/text"
seq 200000 >"$scratch/numbers"

expect 'text.count' ctl kind ls
expect 'themostfrequentwords' ctl kind show text.count
expect '"lines":2,"words":12,"bytes":51,"distinct_words":7,"top":[{"word":"the","count":4},{"word":"cat","count":2}]' \
        ctl --output json run text.count "path=$scratch/text" top=2
expect '"lines":0,"words":2,"bytes":7,"distinct_words":1' ctl --output json run text.count "text=One one"
expect '"lines":200000,"words":200000' ctl --output json run text.count "path=$scratch/numbers" top=0

if ctl run text.count "path=/nonexistent" >"$scratch/out" 2>&1; then
        fail "a file that is not there was counted"
fi
grep -q 'No such file or directory' "$scratch/out" || fail "the reason is missing:" "$(cat "$scratch/out")"
if ctl run text.count >"$scratch/out" 2>&1; then
        fail "nothing was counted"
fi
grep -q 'one of "text" and "path" is needed' "$scratch/out" || fail "the reason is missing:" "$(cat "$scratch/out")"

# look_until_suspended TASK: no client is told that a task has begun to wait, so this looks, each time at the daemon's answer.
look_until_suspended() {
        local deadline=$((SECONDS + 60))
        until [[ $(ctl show "$1" | tr -d '[:space:]') == *waitingfortimer* ]]; do
                [ $SECONDS -lt $deadline ] || fail "$1 does not come to wait:" "$(ctl show "$1")"
        done
}

# A coroutine: it waits in the middle, is seen there, goes on; is aborted there, and cleans up.
expect 'body' ctl kind show follow
echo 'nothing yet' >"$scratch/growing"
task=$(ctl submit follow "path=$scratch/growing" text=needle)
look_until_suspended "$task"
# Sanitizers want more of a stack, see checker.h.
stack_kib=$([ -n "${GCASYNC_SANITIZED-}" ] && echo 256 || echo 64)
expect "of$stack_kib.0KiB" ctl show "$task"
expect "\"stack_size\":$((stack_kib * 1024))" ctl --output json show "$task"
printf 'a hay\nstack, a needle in it\n' >>"$scratch/growing"
expect '{"line":3,"text":"stack,aneedleinit"}' ctl --output json wait "$task"
expect '{"line":1,' ctl --output json run follow "path=$scratch/growing" text=yet

task=$(ctl submit follow "path=$scratch/growing" text=absent)
look_until_suspended "$task"
count_open() {
        find "/proc/$daemon/fd" -lname "$scratch/growing" | wc -l
}
[ "$(count_open)" = 1 ] || fail "the file is not open"
ctl abort "$task"
status=0
ctl wait --timeout 60s "$task" || status=$?
[ $status = 130 ] || fail "an aborted task's exit status is $status"
[ "$(count_open)" = 0 ] || fail "the file is still open"
if ctl run --timeout 300ms follow "path=$scratch/growing" text=absent >"$scratch/out" 2>&1; then
        fail "what is not there was found"
fi
[ "$(count_open)" = 0 ] || fail "the file is still open after the deadline"
