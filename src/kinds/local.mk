# SPDX-License-Identifier: MIT
# The bundled modules: what anybody's module may use, and no more.

BUNDLED_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -export-symbols-regex '^gcasync_module$$'

module_LTLIBRARIES += \
	%D%/core.la \
	%D%/exec.la

%C%_core_la_SOURCES = \
	%D%/core/core.c \
	%D%/core/core.h \
	%D%/core/echo.c \
	%D%/core/fail.c \
	%D%/core/hash.c \
	%D%/core/sleep.c \
	%D%/core/spin.c \
	%D%/kinds.h
%C%_core_la_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
%C%_core_la_LDFLAGS = $(BUNDLED_LDFLAGS)
%C%_core_la_LIBADD = src/runtime/libgcasync-runtime.la $(CRYPTO_LIBS)

%C%_exec_la_SOURCES = \
	%D%/exec/arguments.c \
	%D%/exec/arguments.h \
	%D%/exec/child.c \
	%D%/exec/child.h \
	%D%/exec/exec.c \
	%D%/exec/output.c \
	%D%/exec/output.h \
	%D%/exec/result.c \
	%D%/exec/result.h \
	%D%/exec/spawn.c \
	%D%/exec/spawn.h \
	%D%/kinds.h
%C%_exec_la_LDFLAGS = $(BUNDLED_LDFLAGS)
%C%_exec_la_LIBADD = src/runtime/libgcasync-runtime.la
