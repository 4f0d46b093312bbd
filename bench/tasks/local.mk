# SPDX-License-Identifier: MIT
# What bench/runtime runs: built by "make bench-runtime-programs", never installed, no part of "make check".

if HAVE_RUNTIME_PEERS

EXTRA_PROGRAMS += %D%/runtime-bench
CLEANFILES += %D%/runtime-bench

# The switch is measured as the runtime has it, inside; the rest by the public headers.
%C%_runtime_bench_SOURCES = \
	bench/common.c \
	bench/common.h \
	bench/driver.c \
	bench/driver.h \
	bench/figures.c \
	bench/figures.h \
	%D%/main.c \
	%D%/sleepers.c \
	%D%/sleepers.h \
	%D%/spawn.c \
	%D%/spawn.h \
	%D%/switch.c \
	%D%/switch.h
%C%_runtime_bench_LDADD = \
	src/runtime/libruntime.la \
	src/gc/libgc.la \
	src/base/libbase.la \
	$(BOOST_CONTEXT_LIBS)

bench-runtime-programs: %D%/runtime-bench

else

bench-runtime-programs:
	@echo "libboost-context-dev is needed for the benchmark: scripts/setup bench" >&2; exit 77

endif

EXTRA_DIST += bench/runtime
.PHONY: bench-runtime-programs
