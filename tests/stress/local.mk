# SPDX-License-Identifier: MIT
# Threads against each other, from a printed seed; meant for ThreadSanitizer, and run in every build.

check_PROGRAMS += %D%/stress-heap
TESTS += %D%/stress-heap
%C%_stress_heap_SOURCES = \
	%D%/heap-model.c \
	%D%/heap-model.h \
	%D%/heap-mutator.c \
	%D%/heap-mutator.h \
	%D%/heap-node.c \
	%D%/heap-node.h \
	%D%/heap-operations.c \
	%D%/heap-operations.h \
	%D%/stress-heap.c
%C%_stress_heap_CFLAGS = $(AM_CFLAGS) -I$(top_srcdir)/tests
%C%_stress_heap_LDADD = src/gc/libgc.la src/base/libbase.la

check_PROGRAMS += %D%/stress-runtime
TESTS += %D%/stress-runtime
%C%_stress_runtime_SOURCES = %D%/stress-runtime.c
%C%_stress_runtime_CFLAGS = $(AM_CFLAGS) -I$(top_srcdir)/tests
%C%_stress_runtime_LDADD = src/runtime/libruntime.la src/gc/libgc.la src/base/libbase.la

# For longer than in `make check`: STRESS_MS, each; GCASYNC_SEED repeats a run.
STRESS_MS = 60000
.PHONY: stress
stress: %D%/stress-heap %D%/stress-runtime
	GCASYNC_STRESS_MS=$(STRESS_MS) ./%D%/stress-heap
	GCASYNC_STRESS_MS=$(STRESS_MS) ./%D%/stress-runtime
