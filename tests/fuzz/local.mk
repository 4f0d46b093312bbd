# SPDX-License-Identifier: MIT
# A target a parser. `make check` replays the seeds in corpus/; `make fuzz` goes on from them with libFuzzer
# and sanitizers, FUZZ_SECONDS a target, and leaves what it finds in the build folder (needs clang).

FUZZ_CC = clang
FUZZ_CFLAGS = -std=gnu11 -g -O1 -fno-omit-frame-pointer -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
FUZZ_SECONDS = 60
FUZZ_TARGETS = client frame graph message
FUZZ_LIBS = src/wire/libwire.la src/base/libbase.la $(PROTOBUF_C_LIBS)
FUZZ_FILES = $(src_base_libbase_la_SOURCES) $(src_wire_libwire_la_SOURCES)
FUZZ_FILES_client = $(client_lib_libclient_la_SOURCES)

EXTRA_DIST += \
	%D%/client.dict \
	%D%/corpus \
	%D%/frame.dict \
	%D%/graph.dict \
	%D%/message.dict

check_PROGRAMS += %D%/replay-client
TESTS += %D%/replay-client
%C%_replay_client_SOURCES = %D%/fuzz-client.c %D%/fuzz-target.h %D%/replay-main.c
%C%_replay_client_CPPFLAGS = \
	$(AM_CPPFLAGS) \
	$(PROTOBUF_C_CFLAGS) \
	-I$(top_srcdir)/client \
	-I$(top_srcdir)/tests \
	-DFUZZ_NAME=\"client\"
%C%_replay_client_LDADD = client/lib/libclient.la

check_PROGRAMS += %D%/replay-frame
TESTS += %D%/replay-frame
%C%_replay_frame_SOURCES = %D%/fuzz-frame.c %D%/fuzz-target.h %D%/replay-main.c
%C%_replay_frame_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests -DFUZZ_NAME=\"frame\"
%C%_replay_frame_LDADD = $(FUZZ_LIBS)

check_PROGRAMS += %D%/replay-graph
TESTS += %D%/replay-graph
%C%_replay_graph_SOURCES = %D%/fuzz-graph.c %D%/fuzz-target.h %D%/replay-main.c
%C%_replay_graph_CPPFLAGS = $(AM_CPPFLAGS) $(PROTOBUF_C_CFLAGS) -I$(top_srcdir)/tests -DFUZZ_NAME=\"graph\"
%C%_replay_graph_LDADD = $(FUZZ_LIBS)

check_PROGRAMS += %D%/replay-message
TESTS += %D%/replay-message
%C%_replay_message_SOURCES = %D%/fuzz-message.c %D%/fuzz-target.h %D%/replay-main.c
%C%_replay_message_CPPFLAGS = $(AM_CPPFLAGS) $(PROTOBUF_C_CFLAGS) -I$(top_srcdir)/tests -DFUZZ_NAME=\"message\"
%C%_replay_message_LDADD = $(FUZZ_LIBS)

# What libFuzzer drives is compiled apart, sanitized from the ground up.
.PHONY: fuzz
fuzz: $(BUILT_SOURCES)
	@for target in $(FUZZ_TARGETS); do \
		sources=proto/gcasync.pb-c.c; \
		files="$(FUZZ_FILES)"; \
		if [ $$target = client ]; then files="$$files $(FUZZ_FILES_client)"; fi; \
		for file in $$files; do \
			case $$file in *.c) sources="$$sources $(srcdir)/$$file" ;; esac; \
		done; \
		$(MKDIR_P) tests/fuzz/found-$$target && \
		echo "fuzz-$$target: $(FUZZ_SECONDS) s" && \
		$(FUZZ_CC) $(FUZZ_CFLAGS) $(AM_CPPFLAGS) -I$(top_srcdir)/tests -I$(top_srcdir)/client $(PROTOBUF_C_CFLAGS) \
			-o tests/fuzz/fuzz-$$target $(srcdir)/tests/fuzz/fuzz-$$target.c $$sources \
			$(PROTOBUF_C_LIBS) -pthread && \
		tests/fuzz/fuzz-$$target -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -verbosity=0 \
			-dict=$(srcdir)/tests/fuzz/$$target.dict -artifact_prefix=tests/fuzz/found-$$target/ \
			tests/fuzz/found-$$target $(srcdir)/tests/fuzz/corpus/$$target || exit 1; \
	done

clean-local: clean-fuzz
clean-fuzz:
	-rm -rf tests/fuzz/found-* $(FUZZ_TARGETS:%=tests/fuzz/fuzz-%)
.PHONY: clean-fuzz
