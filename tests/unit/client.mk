# SPDX-License-Identifier: MIT
# libgcasync-client. libclient.la holds what is below it; a fake daemon, built on src/wire, is the peer.

CLIENT_TEST_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/client
CLIENT_TEST_PEER = tests/helpers/client.h tests/helpers/fake-daemon.c tests/helpers/fake-daemon.h

if HAVE_CHECK
check_PROGRAMS += %D%/test-client-requests
TESTS += %D%/test-client-requests
%C%_test_client_requests_SOURCES = %D%/test-client-requests.c $(CLIENT_TEST_PEER)
%C%_test_client_requests_CPPFLAGS = $(CLIENT_TEST_CPPFLAGS)
%C%_test_client_requests_CFLAGS = $(TEST_CFLAGS)
%C%_test_client_requests_LDADD = client/lib/libclient.la $(CHECK_LIBS)
endif
