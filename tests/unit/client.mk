# SPDX-License-Identifier: MIT
# libgcasync-client. libclient.la holds what is below it; a fake daemon, built on src/wire, is the peer.

CLIENT_TEST_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/client
CLIENT_TEST_PEER = tests/helpers/client.h tests/helpers/fake-daemon.c tests/helpers/fake-daemon.h

dist_check_SCRIPTS += %D%/check-client-symbols
TESTS += %D%/check-client-symbols

if HAVE_CHECK
check_PROGRAMS += %D%/test-client-abi
TESTS += %D%/test-client-abi
%C%_test_client_abi_SOURCES = %D%/test-client-abi.c
%C%_test_client_abi_CFLAGS = $(TEST_CFLAGS)
%C%_test_client_abi_LDADD = client/lib/libgcasync-client.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-client-builder
TESTS += %D%/test-client-builder
%C%_test_client_builder_SOURCES = %D%/test-client-builder.c
%C%_test_client_builder_CPPFLAGS = $(CLIENT_TEST_CPPFLAGS)
%C%_test_client_builder_CFLAGS = $(TEST_CFLAGS)
%C%_test_client_builder_LDADD = client/lib/libclient.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-client-core
TESTS += %D%/test-client-core
%C%_test_client_core_SOURCES = %D%/test-client-core.c
%C%_test_client_core_CPPFLAGS = $(CLIENT_TEST_CPPFLAGS)
%C%_test_client_core_CFLAGS = $(TEST_CFLAGS)
%C%_test_client_core_LDADD = client/lib/libclient.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-client-loop
TESTS += %D%/test-client-loop
%C%_test_client_loop_SOURCES = %D%/test-client-loop.c $(CLIENT_TEST_PEER)
%C%_test_client_loop_CPPFLAGS = $(CLIENT_TEST_CPPFLAGS)
%C%_test_client_loop_CFLAGS = $(TEST_CFLAGS)
%C%_test_client_loop_LDADD = client/lib/libclient.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-client-memory
TESTS += %D%/test-client-memory
%C%_test_client_memory_SOURCES = %D%/test-client-memory.c $(CLIENT_TEST_PEER)
%C%_test_client_memory_CPPFLAGS = $(CLIENT_TEST_CPPFLAGS)
%C%_test_client_memory_CFLAGS = $(TEST_CFLAGS)
%C%_test_client_memory_LDFLAGS = \
	$(AM_LDFLAGS) \
	-Wl,--wrap=malloc \
	-Wl,--wrap=calloc \
	-Wl,--wrap=realloc
%C%_test_client_memory_LDADD = client/lib/libclient.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-client-requests
TESTS += %D%/test-client-requests
%C%_test_client_requests_SOURCES = %D%/test-client-requests.c $(CLIENT_TEST_PEER)
%C%_test_client_requests_CPPFLAGS = $(CLIENT_TEST_CPPFLAGS)
%C%_test_client_requests_CFLAGS = $(TEST_CFLAGS)
%C%_test_client_requests_LDADD = client/lib/libclient.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-client-session
TESTS += %D%/test-client-session
%C%_test_client_session_SOURCES = %D%/test-client-session.c $(CLIENT_TEST_PEER)
%C%_test_client_session_CPPFLAGS = $(CLIENT_TEST_CPPFLAGS)
%C%_test_client_session_CFLAGS = $(TEST_CFLAGS)
%C%_test_client_session_LDADD = client/lib/libclient.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-client-threads
TESTS += %D%/test-client-threads
%C%_test_client_threads_SOURCES = %D%/test-client-threads.c $(CLIENT_TEST_PEER)
%C%_test_client_threads_CPPFLAGS = $(CLIENT_TEST_CPPFLAGS)
%C%_test_client_threads_CFLAGS = $(TEST_CFLAGS)
%C%_test_client_threads_LDADD = client/lib/libclient.la $(CHECK_LIBS)
endif
