# SPDX-License-Identifier: MIT
# What every layer may use; knows nothing of gcasync.

noinst_LTLIBRARIES += %D%/libbase.la

%C%_libbase_la_SOURCES = \
	%D%/buffer.c \
	%D%/buffer.h \
	%D%/check.h \
	%D%/cleanup.h \
	%D%/clock.h \
	%D%/fault.c \
	%D%/fault.h \
	%D%/list.h \
	%D%/lock-ranks.h \
	%D%/lock.c \
	%D%/lock.h \
	%D%/log.c \
	%D%/log.h \
	%D%/utf8.c \
	%D%/utf8.h
