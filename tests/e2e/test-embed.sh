#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# usage: tests/e2e/test-embed.sh
#
# examples/embed.c is built as a stranger builds a program: a copy of it, with pkg-config and an installed libgcasync-runtime,
# nothing else, by each compiler there is; it has less than 60 lines, runs, and counts all its links.
set -euo pipefail

build=${GCASYNC_BUILDDIR:?}
source=${GCASYNC_SRCDIR:?}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
        printf '%s\n' "$@" >&2
        exit 1
}

if [ -n "${GCASYNC_SANITIZED:-}" ]; then
        echo "# skip: test-embed.sh: the program is built without the sanitizer of the library"
        exit 77
fi
env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make --silent --directory="$build" DESTDIR="$scratch/root" \
        install-libLTLIBRARIES install-pkgincludeHEADERS install-pkgconfigDATA >"$scratch/install.log" 2>&1 ||
        fail "make install failed" "$(cat "$scratch/install.log")"
pc=$(find "$scratch/root" -name libgcasync-runtime.pc)
[ -n "$pc" ] || fail "libgcasync-runtime.pc was not installed"
export PKG_CONFIG_SYSROOT_DIR=$scratch/root PKG_CONFIG_LIBDIR=${pc%/*}
export LD_LIBRARY_PATH=${pc%/*/*}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
cp "$source/examples/embed.c" "$scratch/"
[ "$(wc -l <"$scratch/embed.c")" -lt 60 ] || fail "examples/embed.c has 60 lines or more"
read -r -a flags < <(pkg-config --cflags --libs libgcasync-runtime)
n=0
for compiler in gcc clang; do
        command -v "$compiler" >/dev/null || continue
        "$compiler" -std=c11 -O2 -Wall -Wextra -Wshadow -Werror -o "$scratch/embed" "$scratch/embed.c" "${flags[@]}" ||
                fail "examples/embed.c was not built by $compiler"
        output=$("$scratch/embed") || fail "embed failed: $?" "$output"
        [ "$output" = "1000 links, 1 root" ] || fail "embed says: $output"
        n=$((n + 1))
done
[ $n -gt 0 ] || fail "there is no compiler"
