# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by the tests of gcasyncctl. Each function of a test file, but those whose names begin with "_", is one
# test: it runs in a shell of its own, at the first command that fails it has failed. run_tests runs them in the
# order of the file and writes TAP. The daemon is a real one, on a socket in a fresh folder.

set -uo pipefail
export LC_ALL=C.UTF-8
unset NO_COLOR GCASYNC_SOCKET XDG_RUNTIME_DIR
# What a background shell hands on as ignored, and what tests of signals want not to be.
defaults=(env --default-signal=INT --default-signal=TERM --default-signal=PIPE)

folder=$(mktemp -d)
export GCASYNC_SOCKET=$folder/socket
ctl=$GCASYNC_BUILDDIR/client/ctl/gcasyncctl
daemon_pid=

# The file "stopping" is left by a test that has told the daemon to stop.
_stop_daemon() {
        [ -n "$daemon_pid" ] || return 0
        [ -e "$folder/stopping" ] || kill "$daemon_pid"
        wait "$daemon_pid"
        daemon_status=$?
        daemon_pid=
        [ "$daemon_status" = 0 ] || { sed 's/^/# /' "$folder/daemon.log"; return 1; }
}

_clean_up() {
        _stop_daemon
        rm -rf "$folder"
}
trap _clean_up EXIT

# _start_daemon OPTION...: returns when it listens.
_start_daemon() {
        local options=(--socket "$GCASYNC_SOCKET" --module-dir "$GCASYNC_BUILDDIR/src/kinds/.libs" --output-dir "$folder" --grace 2)
        [ "$(id -u)" != 0 ] || options+=(--allow-root)
        mkfifo "$folder/ready"
        "$GCASYNC_BUILDDIR/src/daemon/gcasyncd" "${options[@]}" "$@" --ready-fd 3 3>"$folder/ready" 2>"$folder/daemon.log" &
        daemon_pid=$!
        if ! read -r -t 60 <"$folder/ready"; then
                sed 's/^/# /' "$folder/daemon.log"
                echo "Bail out! the daemon did not start"
                exit 1
        fi
        rm "$folder/ready"
}

# _ctl WORD...: runs gcasyncctl; its outputs are then in $folder/out and $folder/err, its status in $status.
_ctl() {
        status=0
        "${defaults[@]}" "$ctl" "$@" >"$folder/out" 2>"$folder/err" </dev/null || status=$?
}

_show() {
        echo "status $status; stdout and stderr:"
        head -c 2000 "$folder/out"
        head -c 2000 "$folder/err"
        return 1
}

_expect_status() {
        [ "$status" = "$1" ] || { echo "expected status $1"; _show; }
}

# _expect_out TEXT: all of stdout, but for a last newline.
_expect_out() {
        [ "$(cat "$folder/out")" = "$1" ] || { echo "expected on stdout: $1"; _show; }
}

_expect_err() {
        grep -qF -- "$1" "$folder/err" || { echo "expected on stderr: $1"; _show; }
}

_expect_quiet() {
        [ ! -s "$folder/err" ] || { echo "expected nothing on stderr"; _show; }
}

# _expect_json FILTER: jq finds that true of stdout.
_expect_json() {
        jq -e "$1" "$folder/out" >/dev/null || { echo "expected of the JSON: $1"; _show; }
}

# _wait_for_line FILE: the first line that something writes to a FIFO: an event to wait for.
_wait_for_line() {
        local line
        read -r -t 60 line <"$1" || { echo "nothing was written to $1 in time"; return 1; }
        printf '%s\n' "$line"
}

run_tests() {
        local name n=0 n_failed=0 result names
        mapfile -t names < <(sed -n 's/^\([a-z][a-z0-9_]*\)() {$/\1/p' "$0")
        echo "1..${#names[@]}"
        for name in "${names[@]}"; do
                n=$((n + 1))
                rm -rf "$folder/work"
                mkdir "$folder/work"
                (
                        trap - EXIT
                        cd "$folder/work" || exit 1
                        set -e
                        "$name"
                ) >"$folder/log" 2>&1
                result=$?
                if [ $result = 77 ]; then
                        echo "ok $n - $name # SKIP $(tail -n 1 "$folder/log")"
                elif [ $result = 0 ]; then
                        echo "ok $n - $name"
                else
                        echo "not ok $n - $name"
                        sed 's/^/# /' "$folder/log"
                        n_failed=$((n_failed + 1))
                fi
        done
        if ! _stop_daemon; then
                echo "# the daemon ended with $daemon_status"
                n_failed=$((n_failed + 1))
        fi
        [ $n_failed = 0 ] || exit 1
        exit 0
}
