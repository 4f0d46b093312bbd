# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What run-models, run-heap-model and run-heap-bugs share; sourced. One line a run, as TAP; exit status 77 where spin is missing.
set -eu

if ! command -v spin >/dev/null; then
        echo "# skip: $(basename "$0"): spin is not installed"
        exit 77
fi
folder=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
failed=0

# run MODEL EXPECTED [SWITCH...]: builds and runs a verifier of the model with these switches; EXPECTED is the number of
# errors that it is to find, 0 or 1. No run needs a gigabyte.
run() {
        local model=$1 expected=$2 errors told
        shift 2
        told="$model${*:+ with $*}"
        rm -f pan pan.c pan.txt
        spin -a "${@/#/-D}" "$folder/$model.pml" >spin.txt 2>&1 || true
        # What is to end at a bug ends soon: optimizing takes longer. More than -O1 takes longer than it saves in any run, and
        # so does the compression of states.
        if ${CC:-cc} -O$((expected ? 0 : 1)) -w -DSAFETY -DMEMLIM=1000 -o pan pan.c >>spin.txt 2>&1; then
                ./pan -m1000000 >pan.txt 2>&1 || true
        fi
        errors=$(sed -n 's/.*errors: \([0-9]*\).*/\1/p' pan.txt 2>/dev/null) || true
        if [ "$errors" = "$expected" ] && ! grep -qE 'search not completed.*(depth|memory)|max search depth too small' pan.txt; then
                echo "ok - $told: $errors errors, $(sed -n 's/^ *\([0-9.e+]*\) states, stored$/\1/p' pan.txt) states"
        else
                echo "not ok - $told: ${errors:-no} errors, $expected expected"
                cat spin.txt pan.txt 2>/dev/null || true
                failed=1
        fi
}

# finish: the last word of a script.
finish() {
        exit $failed
}
