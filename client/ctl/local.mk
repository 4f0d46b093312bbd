# SPDX-License-Identifier: MIT
# gcasyncctl. All but main() is a convenience library, so that its tests link the same objects.

bin_PROGRAMS += %D%/gcasyncctl
noinst_LTLIBRARIES += %D%/libctl.la

%C%_gcasyncctl_SOURCES = %D%/main.c
%C%_gcasyncctl_LDADD = \
	%D%/libctl.la \
	client/lib/libgcasync-client.la \
	src/base/libbase.la \
	$(JANSSON_LIBS)

%C%_libctl_la_SOURCES = \
	%D%/command-abort.c \
	%D%/command-daemon-ping.c \
	%D%/command-daemon-status.c \
	%D%/command-get.c \
	%D%/command-help.c \
	%D%/command-kind-ls.c \
	%D%/command-kind-show.c \
	%D%/command-log.c \
	%D%/command-ps.c \
	%D%/command-rm.c \
	%D%/command-run.c \
	%D%/command-show.c \
	%D%/command-submit.c \
	%D%/command-version.c \
	%D%/command-wait.c \
	%D%/command.c \
	%D%/command.h \
	%D%/context.c \
	%D%/context.h \
	%D%/document.c \
	%D%/document.h \
	%D%/each-task.c \
	%D%/each-task.h \
	%D%/exec-request.c \
	%D%/exit-code.c \
	%D%/exit-code.h \
	%D%/file.c \
	%D%/file.h \
	%D%/help.c \
	%D%/help.h \
	%D%/interrupt.c \
	%D%/interrupt.h \
	%D%/kind.c \
	%D%/kind.h \
	%D%/memory.c \
	%D%/memory.h \
	%D%/nearest.c \
	%D%/nearest.h \
	%D%/option.c \
	%D%/option.h \
	%D%/outcome.c \
	%D%/outcome.h \
	%D%/parse.c \
	%D%/parse.h \
	%D%/progress.c \
	%D%/progress.h \
	%D%/say.c \
	%D%/say.h \
	%D%/schema-build.c \
	%D%/schema.c \
	%D%/schema.h \
	%D%/sink.c \
	%D%/sink.h \
	%D%/stream.c \
	%D%/stream.h \
	%D%/table.c \
	%D%/table.h \
	%D%/task-info.c \
	%D%/task-info.h \
	%D%/task-request.c \
	%D%/task-request.h \
	%D%/text.c \
	%D%/text.h \
	%D%/value.c \
	%D%/value.h
%C%_libctl_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
