# SPDX-License-Identifier: MIT
# The wire contract and the code that protobuf-c makes of it. Generated code has its own flags.

noinst_LTLIBRARIES += %D%/libproto.la

BUILT_SOURCES += %D%/gcasync.pb-c.h
CLEANFILES += %D%/gcasync.pb-c.c %D%/gcasync.pb-c.h
dist_doc_DATA += %D%/gcasync.proto

nodist_%C%_libproto_la_SOURCES = %D%/gcasync.pb-c.c %D%/gcasync.pb-c.h
%C%_libproto_la_CFLAGS = -std=gnu11 -fvisibility=hidden $(PROTOBUF_C_CFLAGS) $(SANITIZER_FLAGS)
%C%_libproto_la_LIBADD = $(PROTOBUF_C_LIBS)

%D%/gcasync.pb-c.c: %D%/gcasync.proto
	$(AM_V_GEN)$(MKDIR_P) %D% && $(PROTOC_C) --proto_path=$(srcdir)/%D% --c_out=%D% $(srcdir)/%D%/gcasync.proto
%D%/gcasync.pb-c.h: %D%/gcasync.pb-c.c
	@:
