# SPDX-License-Identifier: MIT
# The real daemon on a socket in a fresh folder: by the public library, and by a peer of raw bytes.

if HAVE_CHECK
check_PROGRAMS += %D%/test-bad-clients
TESTS += %D%/test-bad-clients
%C%_test_bad_clients_SOURCES = %D%/test-bad-clients.c
%C%_test_bad_clients_CFLAGS = $(TEST_CFLAGS) $(PROTOBUF_C_CFLAGS)
%C%_test_bad_clients_LDADD = tests/helpers/libhelpers.la

check_PROGRAMS += %D%/test-bad-frames
TESTS += %D%/test-bad-frames
%C%_test_bad_frames_SOURCES = %D%/test-bad-frames.c
%C%_test_bad_frames_CFLAGS = $(TEST_CFLAGS) $(PROTOBUF_C_CFLAGS)
%C%_test_bad_frames_LDADD = tests/helpers/libhelpers.la

check_PROGRAMS += %D%/test-bad-requests
TESTS += %D%/test-bad-requests
%C%_test_bad_requests_SOURCES = %D%/test-bad-requests.c
%C%_test_bad_requests_CFLAGS = $(TEST_CFLAGS) $(PROTOBUF_C_CFLAGS)
%C%_test_bad_requests_LDADD = tests/helpers/libhelpers.la

check_PROGRAMS += %D%/test-exec
TESTS += %D%/test-exec
%C%_test_exec_SOURCES = %D%/test-exec.c
%C%_test_exec_CFLAGS = $(TEST_CFLAGS) $(PROTOBUF_C_CFLAGS)
%C%_test_exec_LDADD = tests/helpers/libhelpers.la

check_PROGRAMS += %D%/test-full-disk
TESTS += %D%/test-full-disk
%C%_test_full_disk_SOURCES = %D%/test-full-disk.c
%C%_test_full_disk_CFLAGS = $(TEST_CFLAGS) $(PROTOBUF_C_CFLAGS)
%C%_test_full_disk_LDADD = tests/helpers/libhelpers.la

check_PROGRAMS += %D%/test-lifecycle
TESTS += %D%/test-lifecycle
%C%_test_lifecycle_SOURCES = %D%/test-lifecycle.c
%C%_test_lifecycle_CFLAGS = $(TEST_CFLAGS) $(PROTOBUF_C_CFLAGS)
%C%_test_lifecycle_LDADD = tests/helpers/libhelpers.la

check_PROGRAMS += %D%/test-limits
TESTS += %D%/test-limits
%C%_test_limits_SOURCES = %D%/test-limits.c
%C%_test_limits_CFLAGS = $(TEST_CFLAGS) $(PROTOBUF_C_CFLAGS)
%C%_test_limits_LDADD = tests/helpers/libhelpers.la

check_PROGRAMS += %D%/test-rights
TESTS += %D%/test-rights
%C%_test_rights_SOURCES = %D%/test-rights.c
%C%_test_rights_CFLAGS = $(TEST_CFLAGS) $(PROTOBUF_C_CFLAGS)
%C%_test_rights_LDADD = tests/helpers/libhelpers.la

check_PROGRAMS += %D%/test-tasks
TESTS += %D%/test-tasks
%C%_test_tasks_SOURCES = %D%/test-tasks.c
%C%_test_tasks_CFLAGS = $(TEST_CFLAGS) $(PROTOBUF_C_CFLAGS)
%C%_test_tasks_LDADD = tests/helpers/libhelpers.la

endif

tests_of_ctl = \
	%D%/ctl/test-ctl-arguments.sh \
	%D%/ctl/test-ctl-completion.sh \
	%D%/ctl/test-ctl-daemon.sh \
	%D%/ctl/test-ctl-run.sh \
	%D%/ctl/test-ctl-tasks.sh \
	%D%/ctl/test-ctl-usage.sh
tests_from_outside = \
	$(tests_of_ctl) \
	%D%/test-client-examples.sh \
	%D%/test-embed.sh \
	%D%/test-example-module.sh \
	%D%/test-man-pages.sh \
	%D%/test-real-work.sh
EXTRA_DIST += %D%/ctl/common.sh
dist_check_SCRIPTS += $(tests_from_outside)
TESTS += $(tests_from_outside)
%D%/test-real-work.log: examples/echo-load examples/hash-files
