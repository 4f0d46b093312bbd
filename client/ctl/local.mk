# SPDX-License-Identifier: MIT
# gcasyncctl. All but main() is a convenience library, so that its tests link the same objects.

noinst_LTLIBRARIES += %D%/libctl.la

%C%_libctl_la_SOURCES = \
	%D%/document.c \
	%D%/document.h \
	%D%/exit-code.c \
	%D%/exit-code.h \
	%D%/file.c \
	%D%/file.h \
	%D%/memory.c \
	%D%/memory.h \
	%D%/nearest.c \
	%D%/nearest.h \
	%D%/parse.c \
	%D%/parse.h \
	%D%/say.c \
	%D%/say.h \
	%D%/schema-build.c \
	%D%/schema.c \
	%D%/schema.h \
	%D%/table.c \
	%D%/table.h \
	%D%/text.c \
	%D%/text.h \
	%D%/value.c \
	%D%/value.h
%C%_libctl_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
