# SPDX-License-Identifier: MIT
# The runtime: kinds, workers, tasks. Uses gc and base; knows no socket client.

noinst_LTLIBRARIES += %D%/libruntime.la
lib_LTLIBRARIES += %D%/libgcasync-runtime.la
pkgconfig_DATA += %D%/libgcasync-runtime.pc
EXTRA_DIST += %D%/libgcasync-runtime.sym

%C%_libruntime_la_SOURCES = \
	%D%/arguments.c \
	%D%/arguments.h \
	%D%/batch.h \
	%D%/bell.c \
	%D%/bell.h \
	%D%/block-cache.c \
	%D%/block-cache.h \
	%D%/builder.c \
	%D%/builder.h \
	%D%/checker.h \
	%D%/context-aarch64.h \
	%D%/context-begin.S \
	%D%/context-ucontext.h \
	%D%/context-x86-64.h \
	%D%/context.h \
	%D%/coroutine.c \
	%D%/coroutine.h \
	%D%/default-text.c \
	%D%/default-text.h \
	%D%/fair.c \
	%D%/fair.h \
	%D%/finalizers.c \
	%D%/finalizers.h \
	%D%/inbox.c \
	%D%/inbox.h \
	%D%/log-face.c \
	%D%/main-run.c \
	%D%/module-check.c \
	%D%/module-check.h \
	%D%/module-load.c \
	%D%/option-text.c \
	%D%/original-nofile.c \
	%D%/original-nofile.h \
	%D%/park.c \
	%D%/park.h \
	%D%/pool.c \
	%D%/pool.h \
	%D%/program.c \
	%D%/program.h \
	%D%/progress.c \
	%D%/progress.h \
	%D%/registry.c \
	%D%/registry.h \
	%D%/runtime.c \
	%D%/runtime.h \
	%D%/spawn.c \
	%D%/spawn.h \
	%D%/stack-pool.c \
	%D%/stack-pool.h \
	%D%/submit-queue.c \
	%D%/submit-queue.h \
	%D%/task-body.c \
	%D%/task-body.h \
	%D%/task-control.c \
	%D%/task-control.h \
	%D%/task-face.c \
	%D%/task-run.c \
	%D%/task-run.h \
	%D%/task-state.c \
	%D%/task-state.h \
	%D%/task.c \
	%D%/task.h \
	%D%/thread-memory.c \
	%D%/thread-memory.h \
	%D%/thread.c \
	%D%/thread.h \
	%D%/timer.c \
	%D%/timer.h \
	%D%/tracker.c \
	%D%/tracker.h \
	%D%/wait-list.c \
	%D%/wait-list.h \
	%D%/watch.c \
	%D%/watch.h \
	%D%/watchdog.c \
	%D%/watchdog.h \
	%D%/worker.c \
	%D%/worker.h
%C%_libruntime_la_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS)
%C%_libruntime_la_LIBADD = $(EVENT_LIBS)

# What modules and embedding programs link: whole layers, exporting gca_* only.
%C%_libgcasync_runtime_la_SOURCES =
%C%_libgcasync_runtime_la_LDFLAGS = \
	$(AM_LDFLAGS) \
	-no-undefined \
	-version-info 0:0:0 \
	-Wl,--version-script=$(srcdir)/%D%/libgcasync-runtime.sym
%C%_libgcasync_runtime_la_LIBADD = \
	%D%/libruntime.la \
	src/gc/libgc.la \
	src/base/libbase.la \
	$(EVENT_LIBS)
%C%_libgcasync_runtime_la_DEPENDENCIES = \
	%D%/libgcasync-runtime.sym \
	%D%/libruntime.la \
	src/gc/libgc.la \
	src/base/libbase.la
