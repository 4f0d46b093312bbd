# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by the scripts beside it: they run at the top of the source tree, one locale for all.

set -euo pipefail
export LC_ALL=C
# The daemon loads no module that others than its user may write.
umask 022
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# list_files PATTERN...: the project's own files, tracked or about to be, or all in an unpacked release.
list_files() {
        if [ -e .git ]; then
                git ls-files --cached --others --exclude-standard --deduplicate -- "$@" |
                        while IFS= read -r file; do
                                if [ -f "$file" ]; then printf '%s\n' "$file"; fi
                        done
        else
                local pattern
                for pattern; do
                        find . \( -path './build*' -o -path ./m4 -o -path ./autom4te.cache \) -prune -o \
                                -type f -path "./$pattern" ! -name configure ! -name config.h.in \
                                ! -name aclocal.m4 ! -name Makefile.in -print | sed 's|^\./||'
                done | sort -u
        fi
}

# A gate that can list nothing would find nothing wrong: git may refuse to read another user's folder.
if [ -z "$(list_files configure.ac)" ]; then
        echo "$0: cannot list the project's files" >&2
        exit 1
fi
