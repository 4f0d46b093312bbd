# SPDX-License-Identifier: MIT
# Bytes to and from frames, messages and value graphs; used by both ends.

noinst_LTLIBRARIES += %D%/libwire.la

%C%_libwire_la_SOURCES = \
	%D%/arena.c \
	%D%/arena.h \
	%D%/error-code.c \
	%D%/error-code.h \
	%D%/field.c \
	%D%/field.h \
	%D%/frame.c \
	%D%/frame.h \
	%D%/graph-keys.c \
	%D%/graph-keys.h \
	%D%/graph-plain.c \
	%D%/graph-plain.h \
	%D%/graph-read.c \
	%D%/graph-write.c \
	%D%/graph.h \
	%D%/hot.c \
	%D%/hot.h \
	%D%/message-pack.c \
	%D%/message-unpack.c \
	%D%/message.c \
	%D%/message.h \
	%D%/schema.h
%C%_libwire_la_CFLAGS = $(AM_CFLAGS) $(PROTOBUF_C_CFLAGS)
%C%_libwire_la_LIBADD = proto/libproto.la src/base/libbase.la $(PROTOBUF_C_LIBS)
