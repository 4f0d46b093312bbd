# SPDX-License-Identifier: MIT
# The runtime: kinds, workers, tasks. Uses gc and base; knows no socket client.

noinst_LTLIBRARIES += %D%/libruntime.la

%C%_libruntime_la_SOURCES = \
	%D%/default-text.c \
	%D%/default-text.h \
	%D%/module-check.c \
	%D%/module-check.h \
	%D%/module-load.c \
	%D%/original-nofile.c \
	%D%/original-nofile.h \
	%D%/registry.c \
	%D%/registry.h
