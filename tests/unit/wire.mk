# SPDX-License-Identifier: MIT

if HAVE_CHECK
WIRE_TEST_LIBS = src/wire/libwire.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-arena
TESTS += %D%/test-arena
%C%_test_arena_SOURCES = %D%/test-arena.c $(FAILING_MALLOC_FILES)
%C%_test_arena_CFLAGS = $(TEST_CFLAGS) $(PROTOBUF_C_CFLAGS)
%C%_test_arena_LDFLAGS = $(FAILING_MALLOC_LINK)
%C%_test_arena_LDADD = $(WIRE_TEST_LIBS)

check_PROGRAMS += %D%/test-error-code
TESTS += %D%/test-error-code
%C%_test_error_code_SOURCES = %D%/test-error-code.c
%C%_test_error_code_CFLAGS = $(TEST_CFLAGS) $(PROTOBUF_C_CFLAGS)
%C%_test_error_code_LDADD = $(WIRE_TEST_LIBS)

check_PROGRAMS += %D%/test-field
TESTS += %D%/test-field
%C%_test_field_SOURCES = %D%/test-field.c
%C%_test_field_CFLAGS = $(TEST_CFLAGS)
%C%_test_field_LDADD = $(WIRE_TEST_LIBS)

check_PROGRAMS += %D%/test-frame
TESTS += %D%/test-frame
%C%_test_frame_SOURCES = %D%/test-frame.c
%C%_test_frame_CFLAGS = $(TEST_CFLAGS)
%C%_test_frame_LDADD = $(WIRE_TEST_LIBS)

check_PROGRAMS += %D%/test-graph
TESTS += %D%/test-graph
%C%_test_graph_SOURCES = %D%/test-graph.c $(FAILING_MALLOC_FILES)
%C%_test_graph_CFLAGS = $(TEST_CFLAGS)
%C%_test_graph_LDFLAGS = $(FAILING_MALLOC_LINK)
%C%_test_graph_LDADD = $(WIRE_TEST_LIBS)

check_PROGRAMS += %D%/test-graph-protobuf
TESTS += %D%/test-graph-protobuf
%C%_test_graph_protobuf_SOURCES = %D%/test-graph-protobuf.c
%C%_test_graph_protobuf_CFLAGS = $(TEST_CFLAGS) $(PROTOBUF_C_CFLAGS)
%C%_test_graph_protobuf_LDADD = $(WIRE_TEST_LIBS) $(PROTOBUF_C_LIBS)

check_PROGRAMS += %D%/test-hot
TESTS += %D%/test-hot
%C%_test_hot_SOURCES = %D%/test-hot.c
%C%_test_hot_CFLAGS = $(TEST_CFLAGS) $(PROTOBUF_C_CFLAGS)
%C%_test_hot_LDADD = $(WIRE_TEST_LIBS) $(PROTOBUF_C_LIBS)

check_PROGRAMS += %D%/test-message
TESTS += %D%/test-message
%C%_test_message_SOURCES = %D%/test-message.c $(FAILING_MALLOC_FILES)
%C%_test_message_CFLAGS = $(TEST_CFLAGS) $(PROTOBUF_C_CFLAGS)
%C%_test_message_LDFLAGS = $(FAILING_MALLOC_LINK)
%C%_test_message_LDADD = $(WIRE_TEST_LIBS)

check_PROGRAMS += %D%/test-message-protobuf
TESTS += %D%/test-message-protobuf
%C%_test_message_protobuf_SOURCES = %D%/test-message-protobuf.c
%C%_test_message_protobuf_CFLAGS = $(TEST_CFLAGS) $(PROTOBUF_C_CFLAGS)
%C%_test_message_protobuf_LDADD = $(WIRE_TEST_LIBS) $(PROTOBUF_C_LIBS)

check_PROGRAMS += %D%/test-schema
TESTS += %D%/test-schema
%C%_test_schema_SOURCES = %D%/test-schema.c
%C%_test_schema_CFLAGS = $(TEST_CFLAGS) $(PROTOBUF_C_CFLAGS)
%C%_test_schema_LDADD = $(WIRE_TEST_LIBS) $(PROTOBUF_C_LIBS)
endif
