#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The man pages against what they are about: gcasyncd(8) against the daemon's help, gcasync-client(3) against client.h,
# gcasync-runtime(3) against the headers for programs.
# (gcasyncctl(1) stands beside the completions in ctl/test-ctl-completion.sh.)
set -euo pipefail

daemon_page=$GCASYNC_SRCDIR/man/gcasyncd.8
library_page=$GCASYNC_SRCDIR/man/gcasync-client.3
header=$GCASYNC_SRCDIR/include/gcasync/client.h
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$GCASYNC_BUILDDIR/src/daemon/gcasyncd" --help >"$folder/help"

n=0 n_failed=0
# same WHAT LEFT RIGHT: two sorted lists, which must not be empty.
same() {
        n=$((n + 1))
        if [ -s "$2" ] && diff -u "$2" "$3" >"$folder/diff"; then
                echo "ok $n - $1"
        else
                echo "not ok $n - $1"
                sed 's/^/# /' "$folder/diff"
                n_failed=$((n_failed + 1))
        fi
}

echo 1..6
sed '/^Limits/,$d' "$folder/help" | sed -nE 's/^ +(-. *, *)?--([a-z-]+).*/\2/p' | sort >"$folder/options"
sed -nE '/^\.It /{s/.*Fl Fl ([a-z-]+).*/\1/p}' "$daemon_page" | sort -u >"$folder/page-options"
same "gcasyncd(8) has the daemon's options" "$folder/options" "$folder/page-options"

sed '1,/^Limits/d' "$folder/help" | sed -nE 's/^ +([a-z-]+) +[0-9]+ .*/\1/p' | sort >"$folder/limits"
sed '1,/^\.Sh LIMITS/d; /^\.Sh SIGNALS/,$d' "$daemon_page" | sed -nE 's/^\.It Cm ([a-z-]+).*/\1/p' | sort >"$folder/page-limits"
same "gcasyncd(8) has the daemon's limits" "$folder/limits" "$folder/page-limits"

# Of a request's three faces the page lists the blocking one, and says once how the others are named.
gcc -fpreprocessed -dD -E -P "$header" | grep -v 'static inline' | grep -oE '\bgcasync_[a-z0-9_]+\(' | tr -d '(' |
        grep -vE '_(async|finish)$' | sort -u >"$folder/functions"
sed -nE 's/^\.F[no] (gcasync_[a-z0-9_]+).*/\1/p' "$library_page" | grep -vE '_(async|finish)$' | sort -u >"$folder/page-functions"
same "gcasync-client(3) has the functions of client.h" "$folder/functions" "$folder/page-functions"

sed -nE 's/^ +X\(([A-Z_]+), [0-9]+, ".*/GCASYNC_E_\1/p' "$header" | grep -vx GCASYNC_E_OK | sort >"$folder/errors"
sed -nE 's/^\.It Dv (GCASYNC_E_[A-Z_]+).*/\1/p' "$library_page" | sort -u >"$folder/page-errors"
same "gcasync-client(3) has the errors of client.h" "$folder/errors" "$folder/page-errors"
runtime_page=$GCASYNC_SRCDIR/man/gcasync-runtime.3
for name in main program tracker; do
        sed -E ':a; /\\$/{N; s/\\\n//; ba}' "$GCASYNC_SRCDIR/include/gcasync/$name.h" |
                grep -v '^ *# *\(define\|pragma\)' | gcc -fpreprocessed -dD -E -P -xc -
done | grep -oE '\bgca_[a-z0-9_]+\(' | tr -d '(' | sort -u >"$folder/functions"
sed -nE 's/^\.F[no] (gca_[a-z0-9_]+).*/\1/p' "$runtime_page" | sort -u >"$folder/page-functions"
same "gcasync-runtime(3) has the functions of main.h, program.h and tracker.h" "$folder/functions" "$folder/page-functions"

{ echo flavor; echo thread_name; sed -nE 's/^#define GCA_ROW_([a-z_]+) .*/\1/p' "$GCASYNC_SRCDIR/include/gcasync/option.h"; } |
        sort >"$folder/options"
sed -nE 's/^\.It Cm ([a-z_]+) Ns \(.*/\1/p' "$runtime_page" | sort >"$folder/page-options"
same "gcasync-runtime(3) has the options of option.h" "$folder/options" "$folder/page-options"
[ $n_failed = 0 ]
