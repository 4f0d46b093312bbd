# SPDX-License-Identifier: MIT

# The demo's work, on the public client library.
EXTRA_PROGRAMS += %D%/echo-load %D%/hash-files
CLEANFILES += %D%/echo-load %D%/hash-files

%C%_echo_load_SOURCES = %D%/echo-load.c
%C%_echo_load_LDADD = client/lib/libgcasync-client.la
%C%_hash_files_SOURCES = %D%/hash-files.c
%C%_hash_files_LDADD = client/lib/libgcasync-client.la

# Built against an installed gcasync, by tests/e2e/test-example-module.sh and by whoever starts from it.
EXTRA_DIST += %D%/module/Makefile %D%/module/follow.c %D%/module/text.c

demo-programs: %D%/echo-load %D%/hash-files
.PHONY: demo-programs

# A client in two event loops; whoever writes a client may start from one of them.
check_PROGRAMS += %D%/client-libevent %D%/client-poll

%C%_client_libevent_SOURCES = %D%/client-libevent.c
%C%_client_libevent_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS)
%C%_client_libevent_LDADD = client/lib/libgcasync-client.la $(EVENT_LIBS)
%C%_client_poll_SOURCES = %D%/client-poll.c
%C%_client_poll_LDADD = client/lib/libgcasync-client.la

# A program with a runtime of its own: built against an installed gcasync too, by tests/e2e/test-embed.sh.
EXTRA_DIST += %D%/embed.c
