# SPDX-License-Identifier: MIT

if HAVE_CHECK

DAEMON_TEST_LDADD = \
	src/daemon/libdaemon.la \
	$(CHECK_LIBS)

check_PROGRAMS += %D%/test-capture
TESTS += %D%/test-capture
%C%_test_capture_SOURCES = %D%/test-capture.c
%C%_test_capture_CFLAGS = $(TEST_CFLAGS)
%C%_test_capture_LDADD = $(DAEMON_TEST_LDADD)

check_PROGRAMS += %D%/test-endpoint
TESTS += %D%/test-endpoint
%C%_test_endpoint_SOURCES = %D%/test-endpoint.c
%C%_test_endpoint_CFLAGS = $(TEST_CFLAGS)
%C%_test_endpoint_LDADD = $(DAEMON_TEST_LDADD)

check_PROGRAMS += %D%/test-history
TESTS += %D%/test-history
%C%_test_history_SOURCES = %D%/test-history.c
%C%_test_history_CFLAGS = $(TEST_CFLAGS)
%C%_test_history_LDADD = $(DAEMON_TEST_LDADD)

check_PROGRAMS += %D%/test-id-table
TESTS += %D%/test-id-table
%C%_test_id_table_SOURCES = %D%/test-id-table.c
%C%_test_id_table_CFLAGS = $(TEST_CFLAGS)
%C%_test_id_table_LDADD = $(DAEMON_TEST_LDADD)

check_PROGRAMS += %D%/test-limits
TESTS += %D%/test-limits
%C%_test_limits_SOURCES = %D%/test-limits.c
%C%_test_limits_CFLAGS = $(TEST_CFLAGS)
%C%_test_limits_LDADD = $(DAEMON_TEST_LDADD)

check_PROGRAMS += %D%/test-nearest
TESTS += %D%/test-nearest
%C%_test_nearest_SOURCES = %D%/test-nearest.c
%C%_test_nearest_CFLAGS = $(TEST_CFLAGS)
%C%_test_nearest_LDADD = $(DAEMON_TEST_LDADD)

check_PROGRAMS += %D%/test-options
TESTS += %D%/test-options
%C%_test_options_SOURCES = %D%/test-options.c
%C%_test_options_CFLAGS = $(TEST_CFLAGS)
%C%_test_options_LDADD = $(DAEMON_TEST_LDADD)

check_PROGRAMS += %D%/test-summary
TESTS += %D%/test-summary
%C%_test_summary_SOURCES = %D%/test-summary.c
%C%_test_summary_CFLAGS = $(TEST_CFLAGS)
%C%_test_summary_LDADD = $(DAEMON_TEST_LDADD)

check_PROGRAMS += %D%/test-value-codec
TESTS += %D%/test-value-codec
%C%_test_value_codec_SOURCES = %D%/test-value-codec.c
%C%_test_value_codec_CFLAGS = $(TEST_CFLAGS)
%C%_test_value_codec_LDADD = $(DAEMON_TEST_LDADD)

endif
