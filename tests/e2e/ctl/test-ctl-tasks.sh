#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Detached tasks: submit, wait, abort, rm, get, log, ps, show.

# shellcheck disable=SC2016,SC2119,SC2164,SC2317 # run_tests calls the functions, with set -e
. "$(dirname "$0")/common.sh"
_start_daemon

submit_prints_the_id() {
        _ctl submit -- true
        _expect_status 0
        grep -qE '^t[1-9][0-9]*$' "$folder/out"
        _ctl -o json submit --label x core.echo value=1
        _expect_json '.schema == "gcasync.submit.v1" and .kind == "core.echo" and (.task | test("^t"))'
        _ctl submit core.nosuch
        _expect_status 3
}

wait_for_one_exits_as_it_did() {
        _ctl wait "$("$ctl" submit -- sh -c 'exit 3')"
        _expect_status 3
        grep -qE '^t[0-9]+  succeeded     3  -$' "$folder/out"
        _ctl wait "$("$ctl" submit -- sh -c 'kill -KILL $$')"
        _expect_status 137
        _ctl wait "$("$ctl" submit -- no-such-program)"
        _expect_status 127
        _ctl wait "$("$ctl" submit core.fail)"
        _expect_status 1
        _ctl wait "$("$ctl" submit --task-timeout 10ms core.sleep ms=60000)"
        _expect_status 124
        _ctl -q wait "$("$ctl" submit core.echo value=1)"
        _expect_status 0
        _expect_out ''
}

wait_for_several_is_all_or_nothing() {
        local good bad
        good=$("$ctl" submit -- true)
        bad=$("$ctl" submit -- sh -c 'exit 3')
        _ctl wait "$good" "$good"
        _expect_status 0
        _ctl wait "$good" "$bad"
        _expect_status 1
        _ctl -o json wait "$bad" "$good"
        _expect_status 1
        _expect_json '.schema == "gcasync.wait.v1" and [.tasks[].exit] == [3, 0] and .exit == 1'
        _ctl -o jsonl wait "$good" "$bad"
        jq -se 'length == 2 and (map(.schema) | unique) == ["gcasync.task-end.v1"]' "$folder/out" >/dev/null
        _ctl -o id wait "$good" "$bad"
        _expect_out "$good
$bad"
        _ctl wait "$good" t999999
        _expect_status 1
        _expect_err 't999999'
}

wait_for_any_ends_with_the_first() {
        local long quick
        long=$("$ctl" submit core.sleep ms=60000)
        quick=$("$ctl" submit -- sh -c 'exit 8')
        _ctl wait --any "$long" "$quick"
        _expect_status 8
        _ctl wait --any --all "$long"
        _expect_status 2
        "$ctl" abort "$long"
}

wait_gives_up_at_its_timeout() {
        local id
        id=$("$ctl" submit core.sleep ms=60000)
        _ctl wait --timeout 50ms "$id"
        _expect_status 124
        _expect_err 'the tasks go on'
        "$ctl" abort "$id"
        _ctl wait "$id"
        _expect_status 130
}

abort_tells_whether_it_did_anything() {
        local id other
        id=$("$ctl" submit core.sleep ms=60000)
        other=$("$ctl" submit core.sleep ms=60000)
        _ctl -o id abort --reason 'not needed' "$id" "$other"
        _expect_status 0
        _expect_out "$id
$other"
        _ctl wait "$id"
        _expect_status 130
        grep -q 'not needed' "$folder/out"
        _ctl abort "$id"
        _expect_status 0
        _expect_err 'has ended, or is being aborted already'
        _ctl -o json abort "$id" t999999
        _expect_status 3
        _expect_json '.tasks[0].changed == false and .tasks[0].error == null and .tasks[1].error.code == "not-found"'
}

program_is_killed_at_once_with_now() {
        local id
        mkfifo started
        id=$("$ctl" submit -- sh -c 'trap "" TERM; echo >started; while :; do sleep 0.05; done')
        _wait_for_line started >/dev/null
        _ctl abort --now "$id"
        _expect_status 0
        _ctl wait --timeout 4s "$id"
        _expect_status 130
}

removed_tasks_are_gone() {
        local id long
        id=$("$ctl" submit core.echo value=1)
        long=$("$ctl" submit core.sleep ms=60000)
        "$ctl" wait -q "$id"
        _ctl rm "$long" "$id"
        _expect_status 6
        _expect_err "$long has not finished (conflict)"
        _ctl show "$id"
        _expect_status 3
        _expect_err '(gone)'
        _ctl rm "$id"
        _expect_status 3
        _ctl log "$id"
        _expect_status 3
        _ctl get "${id#t}"
        _expect_status 3
        _ctl wait "$id"
        _expect_status 125
        "$ctl" abort "$long"
}

get_fetches_what_has_succeeded() {
        local id
        id=$("$ctl" submit core.echo value='a result')
        "$ctl" wait -q "$id"
        _ctl get "$id"
        _expect_status 0
        _expect_out 'a result'
        _ctl get "${id#t}" -o json
        _expect_json '.schema == "gcasync.get.v1" and .value == "a result" and .state == "succeeded"'
        id=$("$ctl" submit core.fail message=oops)
        "$ctl" wait -q "$id" || true
        _ctl get "$id"
        _expect_status 1
        _expect_err 'oops'
        id=$("$ctl" submit core.sleep ms=60000)
        _ctl get "$id"
        _expect_status 6
        "$ctl" abort "$id"
        _ctl get t999999
        _expect_status 3
}

log_prints_each_stream_to_its_own() {
        local id
        id=$("$ctl" submit -- sh -c 'echo out; echo err >&2')
        "$ctl" wait -q "$id"
        _ctl log "$id"
        _expect_status 0
        _expect_out out
        [ "$(cat "$folder/err")" = err ]
        _ctl log --stream stderr "$id"
        _expect_out err
        _ctl log --stream stdout "$id"
        _expect_out out
        _ctl -o json log "$id"
        _expect_json '.schema == "gcasync.log.v1" and .stdout == "out\n" and .stderr == "err\n" and .stdout_bytes == 4'
        _ctl -o jsonl log "$id"
        jq -se '.[-1].schema == "gcasync.log.v1" and (map(select(.type == "output")) | length) == 2' "$folder/out" >/dev/null
}

log_follows_until_the_end() {
        local id line
        mkfifo go out
        id=$("$ctl" submit -- sh -c 'echo first; read line <go; echo second')
        "$ctl" log -f "$id" >out &
        exec 5<out
        read -r -t 60 line <&5
        [ "$line" = first ]
        echo >go
        read -r -t 60 line <&5
        [ "$line" = second ]
        wait $!
}

log_follows_no_longer_than_its_timeout() {
        local id
        id=$("$ctl" submit -- sleep 60)
        _ctl log -f --timeout 50ms "$id"
        _expect_status 124
        "$ctl" abort "$id"
}

ps_lists_and_filters() {
        local long quick
        long=$("$ctl" submit --label one core.sleep ms=60000)
        quick=$("$ctl" submit --label two core.echo value=1)
        "$ctl" wait -q "$quick"
        _ctl ps --label one
        head -n 1 "$folder/out" | grep -qE '^ID +KIND +STATE +AGE +TIME +USER +LABEL +ARGUMENTS$'
        tail -n 1 "$folder/out" | grep -qE "^$long +core.sleep +suspended .* one +ms=60000\$"
        _ctl ps --label two -o id
        _expect_out "$quick"
        _ctl ps --state finished --label one -o id
        _expect_out ''
        _ctl ps --state running,suspended --label one -o id
        _expect_out "$long"
        _ctl ps --kind core.echo --label two -o id
        _expect_out "$quick"
        _ctl ps --kind core. --label one --no-legend
        [ "$(wc -l <"$folder/out")" = 1 ]
        _ctl ps --all-uids --label one -o id
        _expect_out "$long"
        "$ctl" abort "$long"
}

ps_has_every_format() {
        local id
        id=$("$ctl" submit --label formats core.echo value=1)
        "$ctl" wait -q "$id"
        _ctl -o json ps --label formats
        _expect_json '.schema == "gcasync.ps.v1" and (.tasks | length) == 1'
        _expect_json '.tasks[0] | .state == "succeeded" and .detached and .label == "formats" and .failure == null'
        _expect_json '.tasks[0].submitted_at | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{6}Z$")'
        _ctl -o jsonl ps --label formats
        _expect_json '.schema == "gcasync.task.v1"'
        [ "$(wc -l <"$folder/out")" = 1 ]
        _ctl -o wide ps --label formats
        head -n 1 "$folder/out" | grep -q 'SUBMITTED'
}

ps_reads_every_page() {
        local i
        for i in $(seq 1 30); do
                echo "$i"
        done | xargs -P 4 -I N "$ctl" submit --label many core.echo value=N >ids
        _ctl ps --label many -o id
        sort "$folder/out" | cmp - <(sort ids)
}

labels_cannot_steer_the_terminal() {
        local id
        id=$("$ctl" submit --label "$(printf 'a\033[31mb')" core.echo value=1)
        _ctl ps
        grep -qF 'a\x1b[31mb' "$folder/out"
        _ctl show "$id"
        grep -qF 'a\x1b[31mb' "$folder/out"
        _ctl -o json show "$id"
        _expect_json '.label == "a\u001b[31mb"'
        grep -qF 'a\u001b[31mb' "$folder/out"
}

colour_is_for_terminals() {
        local id
        id=$("$ctl" submit --label colour core.echo value=1)
        "$ctl" wait -q "$id"
        _ctl ps --label colour
        grep -q $'\033' "$folder/out" && false
        _ctl --color always ps --label colour
        grep -qF $'\033[32msucceeded\033[0m' "$folder/out"
        TERM=xterm script -qec "$ctl ps --label colour" typescript >/dev/null
        grep -qF $'\033[32m' typescript
        NO_COLOR=1 TERM=xterm script -qec "$ctl ps --label colour" typescript >/dev/null
        grep -qF $'\033[32m' typescript && false
        true
}

show_tells_everything() {
        local id
        id=$("$ctl" submit --label mine -- sh -c 'echo 1234; exit 2')
        "$ctl" wait -q "$id" || true
        _ctl show "$id"
        _expect_status 0
        grep -qE "^task +$id\$" "$folder/out"
        grep -qE '^state +succeeded$' "$folder/out"
        grep -qE '^stdout +5 B$' "$folder/out"
        _ctl -o json show "$id"
        _expect_json '.schema == "gcasync.show.v1" and .stdout_bytes == 5 and .label == "mine" and .client == "gcasyncctl"'
        grep -q "HOME=" "$folder/out" && false
        true
}

run_tests
