# SPDX-License-Identifier: MIT
# What bench/gc runs: built by "make bench-heap-programs", never installed, no part of "make check".

if HAVE_HEAP_PEERS

%C%_programs = \
	%D%/gc-arena \
	%D%/gc-bench \
	%D%/gc-boehm \
	%D%/gc-jemalloc \
	%D%/gc-limit \
	%D%/gc-mimalloc \
	%D%/gc-ours
EXTRA_PROGRAMS += $(%C%_programs)
CLEANFILES += $(%C%_programs)

# The driver.
%C%_gc_bench_SOURCES = \
	bench/common.c \
	bench/common.h \
	bench/driver.c \
	bench/driver.h \
	bench/figures.c \
	bench/figures.h \
	%D%/contest.c \
	%D%/contest.h \
	%D%/main.c

# What every contestant has.
%C%_contestant = \
	bench/common.c \
	bench/common.h \
	%D%/workload.c \
	%D%/workload.h

%C%_gc_limit_SOURCES = \
	$(%C%_contestant) \
	%D%/limit-mark.c \
	%D%/limit-roots.c \
	%D%/limit.c \
	%D%/limit.h

# One source for all peers; what they allocate from is chosen when they are compiled and linked.
%C%_peer = \
	$(%C%_contestant) \
	%D%/histogram.h \
	%D%/peer-objects.c \
	%D%/peer-requests.c \
	%D%/peer-table.c \
	%D%/peer-trees.c \
	%D%/peer.c \
	%D%/peer.h \
	%D%/table.c \
	%D%/table.h

%C%_gc_arena_SOURCES = $(%C%_peer)
%C%_gc_arena_CPPFLAGS = $(AM_CPPFLAGS) -DPEER_ARENA
%C%_gc_boehm_SOURCES = $(%C%_peer)
%C%_gc_boehm_CPPFLAGS = $(AM_CPPFLAGS) -DPEER_BOEHM
%C%_gc_boehm_CFLAGS = $(AM_CFLAGS) $(BOEHM_CFLAGS)
%C%_gc_boehm_LDADD = $(BOEHM_LIBS)
%C%_gc_jemalloc_SOURCES = $(%C%_peer)
%C%_gc_jemalloc_CPPFLAGS = $(AM_CPPFLAGS)
%C%_gc_jemalloc_LDFLAGS = $(AM_LDFLAGS) -Wl,--no-as-needed
%C%_gc_jemalloc_LDADD = $(JEMALLOC_LIBS)
%C%_gc_mimalloc_SOURCES = $(%C%_peer)
%C%_gc_mimalloc_CPPFLAGS = $(AM_CPPFLAGS)
%C%_gc_mimalloc_LDFLAGS = $(AM_LDFLAGS) -Wl,--no-as-needed
%C%_gc_mimalloc_LDADD = $(MIMALLOC_LIBS)

# By the public headers, as any program. Without libtool's wrapper: a shell in between would be measured too.
%C%_gc_ours_SOURCES = \
	$(%C%_contestant) \
	%D%/histogram.h \
	%D%/ours-objects.c \
	%D%/ours-requests.c \
	%D%/ours-roots.c \
	%D%/ours-table.c \
	%D%/ours-trees.c \
	%D%/ours.c \
	%D%/ours.h \
	%D%/shared.c \
	%D%/shared.h \
	%D%/table.c \
	%D%/table.h \
	%D%/tasks.c \
	%D%/tasks.h
%C%_gc_ours_LDFLAGS = $(AM_LDFLAGS) -no-install
%C%_gc_ours_LDADD = src/runtime/libgcasync-runtime.la

bench-heap-programs: $(%C%_programs)

else

bench-heap-programs:
	@echo "libmimalloc-dev, libjemalloc-dev and libgc-dev are needed: scripts/setup bench" >&2; exit 77

endif

.PHONY: bench-heap-programs
