# SPDX-License-Identifier: MIT
# What bench/ipc runs: built by "make bench-programs", never installed, no part of "make check".

if HAVE_HIREDIS

EXTRA_PROGRAMS += %D%/ipc-bench
EXTRA_LTLIBRARIES += %D%/bench.la

%C%_ipc_bench_SOURCES = \
	%D%/common.c \
	%D%/common.h \
	%D%/daemon.c \
	%D%/driver.c \
	%D%/driver.h \
	%D%/figures.c \
	%D%/figures.h \
	%D%/gearman.c \
	%D%/ipc.h \
	%D%/limit.c \
	%D%/main.c \
	%D%/redis.c \
	%D%/spawn.c
nodist_%C%_ipc_bench_SOURCES = %D%/envelope.pb-c.c %D%/envelope.pb-c.h
%C%_ipc_bench_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_builddir)/%D%
%C%_ipc_bench_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS) $(PROTOBUF_C_CFLAGS) $(HIREDIS_CFLAGS)
%C%_ipc_bench_LDADD = \
	client/lib/libgcasync-client.la \
	$(EVENT_LIBS) \
	$(PROTOBUF_C_LIBS) \
	$(HIREDIS_LIBS)

%C%_bench_la_SOURCES = %D%/module.c
%C%_bench_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere -export-symbols-regex '^gcasync_module$$'
%C%_bench_la_LIBADD = src/runtime/libgcasync-runtime.la

BUILT_SOURCES += %D%/envelope.pb-c.h
CLEANFILES += %D%/envelope.pb-c.c %D%/envelope.pb-c.h
CLEANFILES += %D%/ipc-bench

%D%/envelope.pb-c.c: %D%/envelope.proto
	$(AM_V_GEN)$(MKDIR_P) %D% && $(PROTOC_C) --proto_path=$(srcdir)/%D% --c_out=%D% $(srcdir)/%D%/envelope.proto
%D%/envelope.pb-c.h: %D%/envelope.pb-c.c
	@:

bench-programs: %D%/ipc-bench %D%/bench.la

else

bench-programs:
	@echo "libhiredis-dev is needed for the benchmarks: scripts/setup bench" >&2; exit 77

endif

EXTRA_DIST += %D%/gc %D%/ipc %D%/run.sh %D%/envelope.proto
.PHONY: bench-programs
