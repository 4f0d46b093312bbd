#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The command line itself: help, mistakes, the hints where no daemon answers. No daemon runs.

# shellcheck disable=SC2016,SC2119,SC2164,SC2317 # run_tests calls the functions, with set -e
. "$(dirname "$0")/common.sh"

no_command_is_a_mistake_with_help() {
        _ctl
        _expect_status 2
        _expect_out ''
        _expect_err 'Usage: gcasyncctl'
}

help_lists_the_commands_on_stdout() {
        _ctl --help
        _expect_status 0
        _expect_quiet
        grep -q '^  kind show  *show a kind' "$folder/out"
        _ctl help
        _expect_status 0
        grep -q '^  run ' "$folder/out"
}

each_command_explains_itself() {
        local name words
        "$ctl" help -o json | jq -r '.commands[].name' >names
        [ "$(wc -l <names)" = 15 ]
        while read -r name; do
                read -ra words <<<"$name"
                _ctl "${words[@]}" --help
                _expect_status 0
                grep -q "^Usage: gcasyncctl $name" "$folder/out"
                cp "$folder/out" by-option
                _ctl help "${words[@]}"
                _expect_status 0
                cmp by-option "$folder/out"
        done <names
}

unknown_command_is_told_with_the_nearest() {
        _ctl sumbit
        _expect_status 2
        _expect_err 'did you mean "gcasyncctl submit"?'
        _ctl deamon status
        _expect_status 2
        _expect_err 'did you mean "gcasyncctl daemon"?'
        _ctl frobnicate
        _expect_status 2
        _expect_err '"gcasyncctl help" lists the commands'
}

second_words_are_told() {
        _ctl kind
        _expect_status 2
        _expect_err '"kind" needs a second word'
        _ctl kind lss
        _expect_status 2
        _expect_err 'gcasyncctl kind ls: '
}

unknown_option_is_told_with_the_nearest() {
        _ctl run --lable x -- true
        _expect_status 2
        _expect_err 'did you mean --label?'
        _ctl ps -Z
        _expect_status 2
        _expect_err 'unknown option -Z'
        _ctl --tiemout 3 ps
        _expect_status 2
        _expect_err 'did you mean --timeout?'
}

options_want_their_values() {
        _ctl ps --label
        _expect_status 2
        _expect_err '--label needs a value: TEXT'
        _ctl ps --all-uids=yes
        _expect_status 2
        _expect_err '--all-uids takes no value'
        _ctl ps --timeout soon
        _expect_status 2
        _expect_err '--timeout takes a duration'
        _ctl ps -o yaml
        _expect_status 2
        _expect_err 'unknown output format "yaml"'
        _ctl log -o id t1
        _expect_status 2
        _expect_err '"log" has no output as id'
        _ctl ps --color sometimes
        _expect_status 2
        _ctl ps --state runing
        _expect_status 2
        _expect_err 'did you mean running?'
        _ctl log --stream both t1
        _expect_status 2
        _ctl run --on-interrupt ignore -- true
        _expect_status 2
}

ids_are_taken_whole_or_not_at_all() {
        local word
        for word in x12 t12x '' 0; do
                _ctl show "$word"
                _expect_status 2
                _expect_err "\"$word\" is no task id; ids look like t12 or 12"
        done
        for word in wait abort rm show log get; do
                _ctl "$word" t12x
                _expect_status 2
        done
        _ctl wait t1 x2
        _expect_status 2
        _expect_err '"x2" is no task id'
}

operands_are_counted() {
        _ctl show
        _expect_status 2
        _expect_err '"show" needs: ID'
        _ctl show 1 2
        _expect_status 2
        _ctl ps 1
        _expect_status 2
        _ctl daemon ping 1
        _expect_status 2
}

run_wants_a_kind_or_a_program() {
        _ctl run
        _expect_status 2
        _ctl run --
        _expect_status 2
        _expect_err 'no program after "--"'
        _ctl run core.echo -- true
        _expect_status 2
        _expect_err 'a KIND or a program, not both'
        _ctl run -E A=1 core.echo
        _expect_status 2
        _expect_err '--env is for a program'
        _ctl run --json '{}' -- true
        _expect_status 2
        _ctl submit --umask 999 -- true
        _expect_status 2
        _ctl submit --rlimit nofile -- true
        _expect_status 2
        _ctl submit -E =x -- true
        _expect_status 2
}

texts_are_bounded() {
        _ctl submit --label "$(printf '%129s' x)" -- true
        _expect_status 2
        _expect_err 'the label is 129 bytes long; 128 are allowed'
        _ctl ps --label "$(printf '\377')"
        _expect_status 2
        _expect_err 'is not UTF-8'
        _ctl abort --reason "$(printf '%129s' x)" t1
        _expect_status 2
        _ctl kind show ''
        _expect_status 2
        _expect_err "the kind's name is empty"
        _ctl run "$(printf 'a\377')"
        _expect_status 2
}

missing_daemon_is_told_with_how_to_start_one() {
        _ctl ps
        _expect_status 4
        _expect_err "no gcasyncd answers at $GCASYNC_SOCKET (no-daemon)"
        _expect_err "gcasyncd --socket $GCASYNC_SOCKET"
        unset GCASYNC_SOCKET
        export XDG_RUNTIME_DIR=$PWD
        _ctl --user ps
        _expect_status 4
        _expect_err "$PWD/gcasync/socket"
        _expect_err 'gcasyncd --user (or: systemctl --user start gcasyncd)'
        _ctl -s "$PWD/nowhere" ps
        _expect_status 4
        _expect_err "gcasyncd --socket $PWD/nowhere"
        unset XDG_RUNTIME_DIR
        _ctl --user ps
        _expect_status 4
        _expect_err 'XDG_RUNTIME_DIR'
}

run_and_wait_without_a_daemon_are_not_started() {
        _ctl run -- true
        _expect_status 125
        _ctl wait t1
        _expect_status 125
        _ctl wait t1 t2
        _expect_status 4
        _ctl run -o json -- true
        _expect_status 125
        _expect_json '.schema == "gcasync.run.v1" and .exit == 125 and .error.code == "no-daemon" and .state == null'
}

stale_socket_is_no_daemon() {
        # What a daemon that was killed leaves behind: a socket that nobody listens to.
        python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$PWD/stale"
        _ctl -s "$PWD/stale" daemon ping
        _expect_status 4
        _ctl -s "$(printf '%0200d' 0)" ps
        _expect_status 2
        _expect_err 'too long'
}

version_needs_no_daemon() {
        _ctl --version
        _expect_status 0
        grep -q '^gcasyncctl [0-9]' "$folder/out"
        _ctl version
        _expect_status 0
        grep -q '^gcasyncd *none answers$' "$folder/out"
        _ctl version -o json
        _expect_status 0
        _expect_json '.schema == "gcasync.version.v1" and .gcasyncd == null'
}

run_tests
