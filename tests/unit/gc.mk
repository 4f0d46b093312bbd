# SPDX-License-Identifier: MIT

if HAVE_CHECK
check_PROGRAMS += %D%/test-builder
TESTS += %D%/test-builder
%C%_test_builder_SOURCES = %D%/test-builder.c
%C%_test_builder_CFLAGS = $(TEST_CFLAGS)
%C%_test_builder_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-map
TESTS += %D%/test-map
%C%_test_map_SOURCES = %D%/test-map.c
%C%_test_map_CFLAGS = $(TEST_CFLAGS)
%C%_test_map_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-region
TESTS += %D%/test-region
%C%_test_region_SOURCES = %D%/test-region.c
%C%_test_region_CFLAGS = $(TEST_CFLAGS)
%C%_test_region_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-scope
TESTS += %D%/test-scope
%C%_test_scope_SOURCES = %D%/test-scope.c
%C%_test_scope_CFLAGS = $(TEST_CFLAGS)
%C%_test_scope_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-siphash
TESTS += %D%/test-siphash
%C%_test_siphash_SOURCES = %D%/test-siphash.c
%C%_test_siphash_CFLAGS = $(TEST_CFLAGS)
%C%_test_siphash_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-value
TESTS += %D%/test-value
%C%_test_value_SOURCES = %D%/test-value.c
%C%_test_value_CFLAGS = $(TEST_CFLAGS)
%C%_test_value_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-value-failure
TESTS += %D%/test-value-failure
%C%_test_value_failure_SOURCES = %D%/test-value-failure.c
%C%_test_value_failure_CFLAGS = $(TEST_CFLAGS)
%C%_test_value_failure_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-value-misuse
TESTS += %D%/test-value-misuse
%C%_test_value_misuse_SOURCES = %D%/test-value-misuse.c
%C%_test_value_misuse_CFLAGS = $(TEST_CFLAGS)
%C%_test_value_misuse_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-value-walk
TESTS += %D%/test-value-walk
%C%_test_value_walk_SOURCES = %D%/test-value-walk.c
%C%_test_value_walk_CFLAGS = $(TEST_CFLAGS)
%C%_test_value_walk_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)
endif
