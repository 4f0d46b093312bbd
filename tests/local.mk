# SPDX-License-Identifier: MIT
# What all test programs share: flags, environment, helpers.

EXTRA_DIST += \
	%D%/helpers/collect.h \
	%D%/helpers/heap.h \
	%D%/helpers/heap-stand.h \
	%D%/helpers/program.h \
	%D%/helpers/random.h \
	%D%/helpers/runtime-host.h \
	%D%/helpers/stage.h \
	%D%/helpers/store-stand.h \
	%D%/helpers/suite.h \
	%D%/helpers/wire-bytes.h

# For tests in which malloc() fails: see helpers/failing-malloc.h.
FAILING_MALLOC_FILES = %D%/helpers/failing-malloc.c %D%/helpers/failing-malloc.h
FAILING_MALLOC_LINK = \
	$(AM_LDFLAGS) \
	-Wl,--wrap=malloc \
	-Wl,--wrap=calloc \
	-Wl,--wrap=reallocarray \
	-Wl,--wrap=free

TEST_CFLAGS = $(AM_CFLAGS) -I$(top_srcdir)/%D% $(CHECK_CFLAGS)

# Where tests find what was built. A test's time limit is there for what hangs, not for what is slow: machines are
# loaded and sanitizers cost. A leak or a race fails a test. Where the umask lets the group write, the daemon would trust
# no module of this build.
AM_TESTS_ENVIRONMENT = \
	GCASYNC_BUILDDIR='$(abs_top_builddir)'; export GCASYNC_BUILDDIR; \
	GCASYNC_SRCDIR='$(abs_top_srcdir)'; export GCASYNC_SRCDIR; \
	CK_DEFAULT_TIMEOUT=60; export CK_DEFAULT_TIMEOUT; \
	TSAN_OPTIONS=second_deadlock_stack=1:halt_on_error=1; export TSAN_OPTIONS; \
	UBSAN_OPTIONS=print_stacktrace=1; export UBSAN_OPTIONS; \
	umask 022; chmod -fR go-w src/kinds/.libs tests/modules/.libs || :;
if SANITIZE
AM_TESTS_ENVIRONMENT += \
	CK_TIMEOUT_MULTIPLIER=4; export CK_TIMEOUT_MULTIPLIER; \
	GCASYNC_SANITIZED=1; export GCASYNC_SANITIZED;
endif

# No test runs for ever, whatever it waits for.
LOG_COMPILER = timeout
AM_LOG_FLAGS = --foreground --kill-after=10 600
TEST_EXTENSIONS = .sh
SH_LOG_COMPILER = timeout
AM_SH_LOG_FLAGS = --foreground --kill-after=10 600

# For tests that run the real daemon.
if HAVE_CHECK
check_LTLIBRARIES += %D%/helpers/libhelpers.la %D%/modules/unruly.la

%C%_helpers_libhelpers_la_SOURCES = \
	%D%/helpers/daemon.c \
	%D%/helpers/daemon.h \
	%D%/helpers/peer.c \
	%D%/helpers/peer.h \
	%D%/helpers/scratch.c \
	%D%/helpers/scratch.h \
	%D%/helpers/work.c \
	%D%/helpers/work.h
%C%_helpers_libhelpers_la_CFLAGS = $(TEST_CFLAGS) $(PROTOBUF_C_CFLAGS)
%C%_helpers_libhelpers_la_LIBADD = \
	client/lib/libgcasync-client.la \
	src/wire/libwire.la \
	proto/libproto.la \
	src/base/libbase.la \
	$(CHECK_LIBS)

# A module as anybody's, except that it is never installed: -rpath is what makes libtool build it shared.
%C%_modules_unruly_la_SOURCES = %D%/modules/unruly.c
%C%_modules_unruly_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -rpath $(abs_top_builddir)
%C%_modules_unruly_la_LIBADD = src/runtime/libgcasync-runtime.la
endif

# For scripts/test.
.PHONY: print-tests
print-tests:
	@echo $(TESTS)
