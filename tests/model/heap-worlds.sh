# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
# The worlds that run-heap-model and run-heap-bugs both look at; sourced. heap.pml says what the switches are.

# Roots, entries and cells: taking, borrowing, dropping, overwriting, dying.
entries=(ROOT ENTRY_0=3)
three=(ROOT ENTRY_1=3 ACCESSES_0=1 ACCESSES_1=3)
borrow=(ROOT BORROW ENTRY_0=2 ACCESSES_0=3 ACCESSES_1=1)
# Births, in blocks that are owned for an epoch.
build=(ROOT BUILD)
# Publication in slices, built outside of sections and born late.
late=(PUBLISH ROOT ENTRY_0=1 ACCESSES_0=2 ACCESSES_1=1)
# Weak values.
weak=(WEAK ROOT ACCESSES_0=1 ACCESSES_1=1)
