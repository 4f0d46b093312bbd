# SPDX-License-Identifier: MIT
# gcasyncd. Its parts are a library, so that the unit tests can link them.

noinst_LTLIBRARIES += %D%/libdaemon.la
sbin_PROGRAMS += %D%/gcasyncd

%C%_libdaemon_la_SOURCES = \
	%D%/account.c \
	%D%/account.h \
	%D%/capture.c \
	%D%/capture.h \
	%D%/client-log.c \
	%D%/client-log.h \
	%D%/daemon.c \
	%D%/daemon.h \
	%D%/endpoint.c \
	%D%/endpoint.h \
	%D%/follower.c \
	%D%/follower.h \
	%D%/history.c \
	%D%/history.h \
	%D%/host.c \
	%D%/id-table.c \
	%D%/id-table.h \
	%D%/job-output.c \
	%D%/job.c \
	%D%/job.h \
	%D%/limits.c \
	%D%/limits.h \
	%D%/listener.c \
	%D%/listener.h \
	%D%/nearest.c \
	%D%/nearest.h \
	%D%/options.c \
	%D%/options.h \
	%D%/reaper.c \
	%D%/reaper.h \
	%D%/request-abort.c \
	%D%/request-await.c \
	%D%/request-bye.c \
	%D%/request-hello.c \
	%D%/request-inspect.c \
	%D%/request-kinds.c \
	%D%/request-log.c \
	%D%/request-ping.c \
	%D%/request-remove.c \
	%D%/request-status.c \
	%D%/request-submit.c \
	%D%/requests.c \
	%D%/requests.h \
	%D%/session-input.c \
	%D%/session-output.c \
	%D%/session.c \
	%D%/session.h \
	%D%/sessions.c \
	%D%/shutdown.c \
	%D%/shutdown.h \
	%D%/summary.c \
	%D%/summary.h \
	%D%/timeouts.c \
	%D%/timeouts.h \
	%D%/value-decode.c \
	%D%/value-decode.h \
	%D%/value-encode.c \
	%D%/value-encode.h \
	%D%/waiter.c
%C%_libdaemon_la_CPPFLAGS = $(AM_CPPFLAGS) $(PROTOBUF_C_CFLAGS) $(EVENT_CFLAGS)
%C%_libdaemon_la_LIBADD = \
	src/runtime/libgcasync-runtime.la \
	src/wire/libwire.la \
	proto/libproto.la \
	src/base/libbase.la \
	$(EVENT_LIBS)

%C%_gcasyncd_SOURCES = %D%/main.c
%C%_gcasyncd_CPPFLAGS = $(AM_CPPFLAGS) $(PROTOBUF_C_CFLAGS) $(EVENT_CFLAGS)
%C%_gcasyncd_LDADD = %D%/libdaemon.la
