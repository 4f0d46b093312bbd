#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The clients of examples/, in their loops, against a real daemon: what they hash is what sha256sum does.

# shellcheck disable=SC2119,SC2164,SC2317 # run_tests calls the functions, with set -e
. "$(dirname "$0")/ctl/common.sh"
_start_daemon

# _hash_lines FILE: "HASH  LINE" of each line, sorted.
_hash_lines() {
        local line
        while IFS= read -r line || [ -n "$line" ]; do
                printf '%s  %s\n' "$(printf %s "$line" | sha256sum | cut -d' ' -f1)" "$line"
        done <"$1" | sort
}

lines_are_hashed_in_a_poll_loop() {
        {
                seq 300
                printf '\nno newline at the end'
        } >lines
        _hash_lines lines >expected
        "$GCASYNC_BUILDDIR/examples/client-poll" <lines | sort | cmp - expected
        [ -z "$("$GCASYNC_BUILDDIR/examples/client-poll" </dev/null)" ]
}

line_that_is_too_long_is_told() {
        head -c 100000 /dev/zero | tr '\0' x >long
        if "$GCASYNC_BUILDDIR/examples/client-poll" <long 2>err; then false; fi
        grep -q 'a line of more than' err
}

files_are_hashed_in_a_libevent_loop() {
        local i status=0
        for i in $(seq 50); do
                echo "$i" >"file$i"
        done
        "$GCASYNC_BUILDDIR/examples/client-libevent" "$PWD"/file* | sort | cmp - <(sha256sum "$PWD"/file* | sort)
        "$GCASYNC_BUILDDIR/examples/client-libevent" "$PWD/file1" "$PWD/none" >out 2>err || status=$?
        [ "$status" = 1 ]
        [ "$(wc -l <out)" = 1 ]
        grep -q 'No such file' err
}

client_without_a_daemon_says_so() {
        local program
        for program in client-poll client-libevent; do
                if GCASYNC_SOCKET=$PWD/none "$GCASYNC_BUILDDIR/examples/$program" file </dev/null 2>err; then false; fi
                grep -q 'cannot reach the daemon' err
        done
}

run_tests
