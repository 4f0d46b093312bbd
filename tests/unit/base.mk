# SPDX-License-Identifier: MIT

if HAVE_CHECK
check_PROGRAMS += %D%/test-buffer
TESTS += %D%/test-buffer
%C%_test_buffer_SOURCES = %D%/test-buffer.c
%C%_test_buffer_CFLAGS = $(TEST_CFLAGS)
%C%_test_buffer_LDADD = src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-fault
TESTS += %D%/test-fault
%C%_test_fault_SOURCES = %D%/test-fault.c
%C%_test_fault_CFLAGS = $(TEST_CFLAGS)
%C%_test_fault_LDADD = src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-list
TESTS += %D%/test-list
%C%_test_list_SOURCES = %D%/test-list.c
%C%_test_list_CFLAGS = $(TEST_CFLAGS)
%C%_test_list_LDADD = src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-lock
TESTS += %D%/test-lock
%C%_test_lock_SOURCES = %D%/test-lock.c
%C%_test_lock_CFLAGS = $(TEST_CFLAGS)
%C%_test_lock_LDADD = src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-log
TESTS += %D%/test-log
%C%_test_log_SOURCES = %D%/test-log.c
%C%_test_log_CFLAGS = $(TEST_CFLAGS)
%C%_test_log_LDADD = src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-utf8
TESTS += %D%/test-utf8
%C%_test_utf8_SOURCES = %D%/test-utf8.c
%C%_test_utf8_CFLAGS = $(TEST_CFLAGS)
%C%_test_utf8_LDADD = src/base/libbase.la $(CHECK_LIBS)

endif
