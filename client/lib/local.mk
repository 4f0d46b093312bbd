# SPDX-License-Identifier: MIT
# libgcasync-client: uses wire and base only. Tests link libclient.la, which hides nothing.

noinst_LTLIBRARIES += %D%/libclient.la
lib_LTLIBRARIES += %D%/libgcasync-client.la
pkgconfig_DATA += %D%/libgcasync-client.pc
EXTRA_DIST += %D%/libgcasync-client.sym

%C%_libclient_la_SOURCES = \
	%D%/builder.c \
	%D%/builder.h \
	%D%/call.c \
	%D%/call.h \
	%D%/client.c \
	%D%/client.h \
	%D%/connect.c \
	%D%/connect.h \
	%D%/core-internal.h \
	%D%/core-receive.c \
	%D%/core.c \
	%D%/core.h \
	%D%/deadlines.c \
	%D%/deadlines.h \
	%D%/error.c \
	%D%/error.h \
	%D%/fork-guard.c \
	%D%/fork-guard.h \
	%D%/loop.c \
	%D%/open.c \
	%D%/options.h \
	%D%/request-inspect.c \
	%D%/request-log.c \
	%D%/request-session.c \
	%D%/request-submit.c \
	%D%/request-task.c \
	%D%/request.c \
	%D%/result-list.c \
	%D%/result-memory.h \
	%D%/result.c \
	%D%/result.h \
	%D%/view.c \
	%D%/window.c \
	%D%/window.h
%C%_libclient_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/client
%C%_libclient_la_CFLAGS = $(AM_CFLAGS) $(PROTOBUF_C_CFLAGS)
%C%_libclient_la_LIBADD = src/wire/libwire.la

%C%_libgcasync_client_la_SOURCES =
%C%_libgcasync_client_la_LIBADD = %D%/libclient.la
%C%_libgcasync_client_la_LDFLAGS = \
	$(AM_LDFLAGS) \
	-version-info 0:0:0 \
	-no-undefined \
	-Wl,--version-script=$(srcdir)/%D%/libgcasync-client.sym
EXTRA_%C%_libgcasync_client_la_DEPENDENCIES = %D%/libgcasync-client.sym
