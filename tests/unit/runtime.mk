# SPDX-License-Identifier: MIT

if HAVE_CHECK

RUNTIME_TEST_LDADD = src/runtime/libruntime.la src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-runtime
TESTS += %D%/test-runtime
%C%_test_runtime_SOURCES = %D%/test-runtime.c
%C%_test_runtime_CFLAGS = $(TEST_CFLAGS)
%C%_test_runtime_LDADD = $(RUNTIME_TEST_LDADD)

endif
