# SPDX-License-Identifier: MIT

if HAVE_CHECK
check_PROGRAMS += %D%/test-ctl-document
TESTS += %D%/test-ctl-document
%C%_test_ctl_document_SOURCES = %D%/test-ctl-document.c
%C%_test_ctl_document_CFLAGS = $(CTL_TEST_CFLAGS)
%C%_test_ctl_document_LDADD = $(CTL_TEST_LDADD)

check_PROGRAMS += %D%/test-ctl-exit-code
TESTS += %D%/test-ctl-exit-code
%C%_test_ctl_exit_code_SOURCES = %D%/test-ctl-exit-code.c
%C%_test_ctl_exit_code_CFLAGS = $(CTL_TEST_CFLAGS)
%C%_test_ctl_exit_code_LDADD = $(CTL_TEST_LDADD)

check_PROGRAMS += %D%/test-ctl-option
TESTS += %D%/test-ctl-option
%C%_test_ctl_option_SOURCES = %D%/test-ctl-option.c
%C%_test_ctl_option_CFLAGS = $(CTL_TEST_CFLAGS)
%C%_test_ctl_option_LDADD = $(CTL_TEST_LDADD)

check_PROGRAMS += %D%/test-ctl-parse
TESTS += %D%/test-ctl-parse
%C%_test_ctl_parse_SOURCES = %D%/test-ctl-parse.c
%C%_test_ctl_parse_CFLAGS = $(CTL_TEST_CFLAGS)
%C%_test_ctl_parse_LDADD = $(CTL_TEST_LDADD)

check_PROGRAMS += %D%/test-ctl-schema
TESTS += %D%/test-ctl-schema
%C%_test_ctl_schema_SOURCES = %D%/test-ctl-schema.c
%C%_test_ctl_schema_CFLAGS = $(CTL_TEST_CFLAGS) $(JANSSON_CFLAGS)
%C%_test_ctl_schema_LDADD = $(CTL_TEST_LDADD)

check_PROGRAMS += %D%/test-ctl-sink
TESTS += %D%/test-ctl-sink
%C%_test_ctl_sink_SOURCES = %D%/test-ctl-sink.c
%C%_test_ctl_sink_CFLAGS = $(CTL_TEST_CFLAGS)
%C%_test_ctl_sink_LDADD = $(CTL_TEST_LDADD)

check_PROGRAMS += %D%/test-ctl-table
TESTS += %D%/test-ctl-table
%C%_test_ctl_table_SOURCES = %D%/test-ctl-table.c
%C%_test_ctl_table_CFLAGS = $(CTL_TEST_CFLAGS)
%C%_test_ctl_table_LDADD = $(CTL_TEST_LDADD)

check_PROGRAMS += %D%/test-ctl-text
TESTS += %D%/test-ctl-text
%C%_test_ctl_text_SOURCES = %D%/test-ctl-text.c
%C%_test_ctl_text_CFLAGS = $(CTL_TEST_CFLAGS)
%C%_test_ctl_text_LDADD = $(CTL_TEST_LDADD)
endif

CTL_TEST_CFLAGS = $(TEST_CFLAGS) -I$(top_srcdir)/client
CTL_TEST_LDADD = \
	client/ctl/libctl.la \
	src/base/libbase.la \
	$(JANSSON_LIBS) \
	$(CHECK_LIBS)
