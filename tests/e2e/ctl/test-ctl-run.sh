#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# gcasyncctl run: output, exit codes, what is passed to a program, signals.

# shellcheck disable=SC2016,SC2119,SC2164,SC2317 # run_tests calls the functions, with set -e
. "$(dirname "$0")/common.sh"
_start_daemon

program_gives_output_and_status() {
        _ctl run -- sh -c 'echo out; echo err >&2; exit 3'
        _expect_status 3
        _expect_out out
        [ "$(cat "$folder/err")" = err ]
}

each_way_to_end_has_its_code() {
        _ctl run -- true
        _expect_status 0
        _ctl run -- sh -c 'exit 255'
        _expect_status 255
        _ctl run -- sh -c 'kill -KILL $$'
        _expect_status 137
        _expect_err 'ended by SIGKILL'
        _ctl run -q -- sh -c 'kill -TERM $$'
        _expect_status 143
        _expect_quiet
        _ctl run -- /etc/passwd
        _expect_status 126
        _expect_err '(exec-not-executable)'
        _ctl run -- no-such-program
        _expect_status 127
        _expect_err '(exec-not-found)'
        _ctl run --rlimit nosuch=1 -- true
        _expect_status 125
        _expect_err '(invalid-argument)'
}

other_kinds_end_with_0_or_1() {
        _ctl run core.echo value=x
        _expect_status 0
        _ctl run core.fail code=my-code message='it had to'
        _expect_status 1
        _expect_err 'failed: it had to (my-code)'
        _ctl run core.nosuch
        _expect_status 125
        _expect_err 'there is no kind "core.nosuch"'
        _ctl run nosuch
        _expect_status 125
        _expect_err 'gcasyncctl run -- nosuch'
}

deadlines_are_the_tasks_or_ours() {
        _ctl run --task-timeout 50ms -- sleep 60
        _expect_status 124
        _expect_err 'timed-out'
        _ctl run --timeout 300ms -- sleep 60
        _expect_status 124
        _expect_err '--timeout passed; the task is aborted'
        _ctl -o json run --task-timeout 50ms -- sleep 60
        _expect_status 124
        _expect_json '.state == "timed-out" and .exit == 124 and .error == null'
        _ctl -o json run --timeout 300ms -- sleep 60
        _expect_status 124
        _expect_json '.state == null and .error.code == "timed-out"'
}

results_are_printed_by_their_type() {
        _ctl run core.echo value='some text'
        _expect_out 'some text'
        _ctl run core.echo value:=9223372036854775807
        _expect_out 9223372036854775807
        _ctl run core.echo value:=null
        _expect_out ''
        _ctl run core.echo 'value:={"a": [1, 2.5, null]}'
        _expect_json '. == {"a": [1, 2.5, null]}'
        _ctl run core.echo 'value:={"base64": "AAH/"}'
        printf '\0\001\377' | cmp - "$folder/out"
}

bytes_and_control_characters_stay_off_a_terminal() {
        script -qec "$ctl run core.echo value:='{\"base64\": \"AAH/\"}'" typescript >/dev/null && false
        grep -q 'bytes, which are not for a terminal' typescript
        script -qec "$ctl run core.echo value:='\"a\\u001b[31mb\"'" typescript >/dev/null
        grep -qF 'a\x1b[31mb' typescript
}

program_gets_our_surroundings() {
        mkdir here
        cd here
        umask 027
        SOME_VARIABLE='some value' _ctl run -- sh -c 'pwd; umask; echo "$SOME_VARIABLE"; cat'
        _expect_status 0
        _expect_out "$PWD
0027
some value"
}

process_left_behind_is_not_waited_for_but_told() {
        _ctl run -- sh -c 'sleep 60 & echo out'
        _expect_status 0
        _expect_out out
        _expect_err 'a process that it left behind still has its output open'
        _ctl -q run -- sh -c 'sleep 60 & echo out'
        _expect_quiet
        _ctl run -- sh -c 'sleep 60 >/dev/null 2>&1 & echo out'
        _expect_quiet
}

environment_can_be_chosen() {
        A=1 B=2 _ctl run --clean-env -E A -E C=3 -E NOT_SET -- env
        _expect_status 0
        [ "$(sort "$folder/out" | tr '\n' ' ')" = 'A=1 C=3 ' ]
        A=1 _ctl run -E A=2 -E A=3 -- sh -c 'echo $A'
        _expect_out 3
        _ctl run -E "BYTES=$(printf '\377')" -- sh -c 'printf %s "$BYTES"'
        [ "$(od -An -tx1 "$folder/out" | tr -d ' ')" = ff ]
}

folder_mask_and_limits_can_be_chosen() {
        _ctl run -C / --umask 077 --rlimit nofile=64:128 --rlimit core=0 -- sh -c 'pwd; umask; ulimit -n; ulimit -Hn; ulimit -c'
        _expect_status 0
        _expect_out '/
0077
64
128
0'
        _ctl run -C /no/such/folder -- true
        _expect_status 125
        _expect_err 'cannot find the working directory /no/such/folder'
}

standard_input_is_passed_when_asked_for() {
        echo hello | "$ctl" run -i -- cat >out
        [ "$(cat out)" = hello ]
        head -c 100000 /dev/urandom >file
        _ctl run --stdin=file -- cat
        _expect_status 0
        cmp file "$folder/out"
        _ctl run --stdin=no-such-file -- cat
        _expect_status 125
        _expect_err 'cannot read no-such-file'
        head -c 17000000 /dev/zero >large
        _ctl run --stdin=large -- cat
        _expect_status 125
        _expect_err 'is larger than the'
}

output_comes_as_it_is_written() {
        mkfifo go said
        "$ctl" run -- sh -c 'echo first; read line <go; echo second' >said &
        exec 5<said
        read -r -t 60 line <&5
        [ "$line" = first ]
        echo >go
        read -r -t 60 line <&5
        [ "$line" = second ]
        wait $!
}

much_output_arrives_whole() {
        seq 1 200000 >expected
        _ctl run -- seq 1 200000
        _expect_status 0
        cmp expected "$folder/out"
}

reader_that_pauses_gets_everything() {
        seq 1 200000 >expected
        mkfifo out ended
        "$ctl" run -- sh -c 'seq 1 200000; echo >ended' >out &
        exec 5<out
        _wait_for_line ended >/dev/null
        cat <&5 | cmp - expected
        wait $!
}

reader_that_leaves_ends_us_quietly() {
        mkfifo out
        "${defaults[@]}" "$ctl" run -- sh -c 'while echo y; do :; done' >out 2>err &
        exec 5<out
        read -r -t 60 line <&5
        exec 5<&-
        local status=0
        wait $! || status=$?
        [ "$status" = 141 ]
        [ ! -s err ]
        # The task was attached: it goes with the session.
        [ -z "$("$ctl" ps --state unfinished -o id)" ] || _until_none_is_left
}

_until_none_is_left() {
        local ids
        mapfile -t ids < <("$ctl" ps --state unfinished -o id)
        "$ctl" wait --timeout 60s "${ids[@]}" || true
        [ -z "$("$ctl" ps --state unfinished -o id)" ]
}

reader_that_leaves_is_a_failure_where_pipes_do_not_kill() {
        mkfifo out
        (
                trap '' PIPE
                exec "$ctl" run -- sh -c 'while echo y; do :; done' >out 2>err
        ) &
        exec 5<out
        read -r -t 60 line <&5
        exec 5<&-
        local status=0
        wait $! || status=$?
        [ "$status" = 1 ]
        [ ! -s err ]
}

full_disk_is_told() {
        local status=0
        "$ctl" run -- echo x >/dev/full 2>err || status=$?
        [ "$status" = 1 ]
        grep -q 'cannot write to stdout: No space left on device' err
        status=0
        "$ctl" run core.echo value=x >/dev/full 2>err || status=$?
        [ "$status" = 1 ]
        grep -q 'cannot write to stdout: No space left on device' err
}

closed_streams_are_not_mistaken_for_the_connection() {
        local status=0
        "$ctl" run -- echo x >&- 2>err || status=$?
        [ "$status" = 1 ]
        grep -q 'cannot write to stdout' err
        [ "$("$ctl" run -- echo x <&- 2>&-)" = x ]
}

process_left_behind_is_told() {
        _ctl run -- sh -c 'sleep 5 & echo done'
        _expect_status 0
        _expect_out 'done'
        _expect_err 'a process that it left behind still has its output open'
}

# _run_in_background WORD...: a run that signals reach, whose program has written a line to "started".
_run_in_background() {
        mkfifo started
        "${defaults[@]}" "$ctl" run "$@" >out 2>err &
        pid=$!
        _wait_for_line started >/dev/null
}

first_signal_aborts_and_keeps_streaming() {
        local status=0 pid
        _run_in_background -- sh -c 'trap "echo cleaned up; exit 7" TERM; echo >started; while :; do sleep 0.05; done'
        kill -INT "$pid"
        wait "$pid" || status=$?
        [ "$status" = 130 ]
        [ "$(cat out)" = 'cleaned up' ]
        grep -q 'aborting the task; once more kills it' err
        grep -q 'aborted: interrupted' err
}

second_signal_kills() {
        local status=0 pid
        mkfifo told
        _run_in_background -- sh -c 'trap "echo >told" TERM; echo >started; while :; do sleep 0.05; done'
        kill -TERM "$pid"
        _wait_for_line told >/dev/null
        kill -INT "$pid"
        wait "$pid" || status=$?
        [ "$status" = 130 ]
        grep -q 'killing the task; once more leaves it' err
}

detached_run_is_left_alone() {
        local status=0 pid id
        mkfifo go
        _run_in_background --on-interrupt=detach --label mine -- sh -c 'echo first; echo >started; read line <go; echo second; exit 4'
        kill -INT "$pid"
        wait "$pid" || status=$?
        [ "$status" = 130 ]
        grep -q 'goes on; come back with: gcasyncctl wait t' err
        id=$("$ctl" ps --label mine -o id)
        echo >go
        _ctl wait "$id"
        _expect_status 4
        _ctl log "$id"
        _expect_out 'first
second'
}

detached_run_that_nobody_interrupts_is_as_any_other() {
        _ctl run --on-interrupt=detach -- sh -c 'echo out; echo err >&2; exit 5'
        _expect_status 5
        _expect_out out
        _expect_err err
        _ctl run --on-interrupt=detach core.echo value=x
        _expect_out x
}

progress_shows_on_a_terminal_only() {
        script -qec "$ctl run core.spin ms=1600" typescript >/dev/null
        grep -q 't[0-9]*: *[0-9]*%' typescript
        _ctl run core.spin ms=1
        _expect_quiet
}

document_embeds_the_output() {
        _ctl run -o json -- sh -c 'echo out; printf "\377" >&2; exit 9'
        _expect_status 9
        _expect_json '.schema == "gcasync.run.v1" and .kind == "exec" and .state == "succeeded" and .exit == 9'
        _expect_json '.value.status == 9 and .stdout == "out\n" and .stderr == {"base64": "/w=="}'
        _expect_json '(.task | test("^t[0-9]+$")) and .failure == null and .error == null'
        _expect_quiet
}

events_are_a_line_each() {
        _ctl run -o jsonl -- sh -c 'echo out; exit 2'
        _expect_status 2
        jq -se '.[0].type == "accepted" and .[-1].schema == "gcasync.run.v1" and .[-1].exit == 2' "$folder/out"
        [ "$(jq -r 'select(.type == "output") | .data' "$folder/out")" = out ]
}

documents_tell_failures_apart() {
        _ctl run -o json -- sh -c 'exit 125'
        _expect_status 125
        _expect_json '.state == "succeeded" and .value.status == 125'
        _ctl run -o json -- no-such-program
        _expect_status 127
        _expect_json '.state == "failed" and .failure.code == "exec-not-found"'
        _ctl run -o json core.nosuch
        _expect_status 125
        _expect_json '.state == null and .error.code == "not-found" or .error.code == "unknown-kind"'
        _ctl run -o json core.echo nosuch=1
        _expect_status 2
        _expect_json '.error.code == "usage"'
}

run_tests
