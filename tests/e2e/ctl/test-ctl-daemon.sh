#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# kind ls, kind show, daemon status, daemon ping, version; limits and a daemon that goes away.

# shellcheck disable=SC2016,SC2119,SC2164,SC2317 # run_tests calls the functions, with set -e
. "$(dirname "$0")/common.sh"
_start_daemon --limit tasks=2

kinds_are_listed() {
        _ctl kind ls
        _expect_status 0
        grep -qE '^core.echo +inline +' "$folder/out"
        grep -qE '^exec +service +' "$folder/out"
        _ctl -o id kind ls
        grep -qx core.hash "$folder/out"
        _ctl -o json kind ls
        _expect_json '.schema == "gcasync.kinds.v1" and (.kinds | map(.kind) | index("exec") != null)'
        _ctl -o jsonl kind ls
        jq -se 'all(.schema == "gcasync.kind.v1")' "$folder/out" >/dev/null
        _ctl -o wide kind ls
        head -n 1 "$folder/out" | grep -q 'UNREACHABLE'
}

kind_is_shown_with_its_arguments() {
        _ctl kind show core.sleep
        _expect_status 0
        grep -qE '^kind +core.sleep$' "$folder/out"
        grep -qE '^ms +int +-' "$folder/out"
        _ctl -o json kind show exec
        _expect_json '.schema == "gcasync.kind.v1" and .mode == "service"'
        _expect_json '.arguments[] | select(.name == "argv") | .required and .type == "list"'
        _ctl -o id kind show core.sleep
        _expect_out 'ms
seconds'
        _ctl kind show core.slep
        _expect_status 3
        _expect_err 'there is no kind "core.slep"'
}

daemon_tells_its_state() {
        _ctl daemon status
        _expect_status 0
        grep -qE "^gcasyncd [0-9.]+, running for .*process $daemon_pid of user " "$folder/out"
        _ctl -o json daemon status
        _expect_json '.schema == "gcasync.daemon-status.v1" and .state == "running" and .limits.tasks == 2'
        _expect_json ".pid == $daemon_pid and .workers >= 1 and .sessions >= 1"
        _ctl -o wide daemon status
        grep -qE '^LIMIT +VALUE$' "$folder/out"
        grep -qE '^hello-ms-reached +0$' "$folder/out"
        _ctl daemon ping
        _expect_status 0
        grep -qE '^gcasyncd answered in [0-9.]+ ms$' "$folder/out"
        _ctl -o json daemon ping
        _expect_json '.round_trip_ns > 0'
        _ctl version -o json
        _expect_json '.gcasyncctl == .gcasyncd'
}

limit_is_a_quota() {
        local first second
        first=$("$ctl" submit core.sleep ms=60000)
        second=$("$ctl" submit core.sleep ms=60000)
        _ctl submit core.sleep ms=60000
        _expect_status 7
        _expect_err '(limit)'
        _ctl run core.sleep ms=60000
        _expect_status 125
        _ctl abort "$first" "$second"
        _expect_status 0
        _ctl -q wait "$first" "$second"
        _expect_status 1
        _ctl daemon status
        grep -qE '^tasks-reached +2$' "$folder/out"
}

limits_that_were_not_reached_take_no_line() {
        _ctl daemon status
        if grep 'hello-ms-reached' "$folder/out"; then return 1; fi
        _ctl -o json daemon status
        _expect_json '.counters["hello-ms-reached"] == 0'
}

daemon_that_does_not_answer_is_timed_out() {
        kill -STOP "$daemon_pid"
        _ctl --timeout 200ms ps
        kill -CONT "$daemon_pid"
        _expect_status 124
        _ctl daemon ping
        _expect_status 0
}

lost_connection_is_told() {
        local status=0 pid
        mkfifo started
        "$ctl" run -o json -- sh -c 'echo >started; exec sleep 60' >out 2>err &
        pid=$!
        _wait_for_line started >/dev/null
        touch "$folder/stopping"
        kill "$daemon_pid"
        wait "$pid" || status=$?
        # It is aborted while the daemon drains, or the connection is lost first.
        [ "$status" = 130 ] || [ "$status" = 125 ]
        jq -e '.exit == 130 or .error.code == "disconnected"' out >/dev/null
}

run_tests
