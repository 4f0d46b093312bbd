#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Real work, from outside: hashes a tree of files by exec and by core.hash and compares with sha256sum run directly; then
# many thousand calls over four connections, every answer checked. Less of both where a sanitizer slows things down.
set -euo pipefail

echo 1..3
folder=$(mktemp -d)
export GCASYNC_SOCKET=$folder/socket
daemon=
finish() {
        [ -z "$daemon" ] || kill -KILL "$daemon" 2>/dev/null || true
        rm -rf "$folder"
}
trap finish EXIT

options=(--user --socket "$GCASYNC_SOCKET" --module-dir "$GCASYNC_BUILDDIR/src/kinds/.libs")
[ "$(id -u)" -ne 0 ] || options+=(--allow-root)
mkfifo "$folder/ready"
"$GCASYNC_BUILDDIR/src/daemon/gcasyncd" "${options[@]}" --ready-fd 3 3>"$folder/ready" &
daemon=$!
read -r -t 60 <"$folder/ready" || { echo "Bail out! the daemon does not start"; exit 1; }

tree=/usr/include
n_calls=100000
if [ -n "${GCASYNC_SANITIZED-}" ]; then
        tree=/usr/include/linux
        n_calls=5000
fi
find "$tree" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum >"$folder/direct"
echo "# $(wc -l <"$folder/direct") files below $tree"

n=0 failed=0
# run_case NAME COMMAND...
run_case() {
        local name=$1
        shift
        n=$((n + 1))
        if "$@"; then
                echo "ok $n - $name"
        else
                echo "not ok $n - $name"
                failed=1
        fi
}

hash_by() {
        "$GCASYNC_BUILDDIR/examples/hash-files" --kind "$1" --in-flight 64 "$tree" >"$folder/hashed" &&
                cmp "$folder/direct" "$folder/hashed"
}

run_case "every file hashed by exec as by sha256sum" hash_by exec
run_case "every file hashed by core.hash as by sha256sum" hash_by core.hash
run_case "$n_calls calls over four connections, each answered with its own value" \
        "$GCASYNC_BUILDDIR/examples/echo-load" $n_calls 4 256

kill -TERM "$daemon"
wait "$daemon"
daemon=
[ $failed = 0 ]
