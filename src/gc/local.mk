# SPDX-License-Identifier: MIT
# Values in regions; knows no task and no socket.

noinst_LTLIBRARIES += %D%/libgc.la

%C%_libgc_la_SOURCES = \
	%D%/builder.c \
	%D%/equal.c \
	%D%/hash.c \
	%D%/map.c \
	%D%/map.h \
	%D%/memory.c \
	%D%/memory.h \
	%D%/object-table.c \
	%D%/object-table.h \
	%D%/object.c \
	%D%/object.h \
	%D%/print.c \
	%D%/region-cache.c \
	%D%/region-cache.h \
	%D%/region-verify.c \
	%D%/region.c \
	%D%/region.h \
	%D%/scope.c \
	%D%/siphash.c \
	%D%/siphash.h \
	%D%/value.c
