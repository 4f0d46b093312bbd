# SPDX-License-Identifier: MIT

if HAVE_CHECK
check_PROGRAMS += %D%/test-blob-memory
TESTS += %D%/test-blob-memory
%C%_test_blob_memory_SOURCES = %D%/test-blob-memory.c
%C%_test_blob_memory_CFLAGS = $(TEST_CFLAGS)
%C%_test_blob_memory_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-block-map
TESTS += %D%/test-block-map
%C%_test_block_map_SOURCES = %D%/test-block-map.c
%C%_test_block_map_CFLAGS = $(TEST_CFLAGS)
%C%_test_block_map_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-builder
TESTS += %D%/test-builder
%C%_test_builder_SOURCES = %D%/test-builder.c
%C%_test_builder_CFLAGS = $(TEST_CFLAGS)
%C%_test_builder_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-cell
TESTS += %D%/test-cell
%C%_test_cell_SOURCES = %D%/test-cell.c
%C%_test_cell_CFLAGS = $(TEST_CFLAGS)
%C%_test_cell_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-collector
TESTS += %D%/test-collector
%C%_test_collector_SOURCES = %D%/test-collector.c
%C%_test_collector_CFLAGS = $(TEST_CFLAGS)
%C%_test_collector_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-entry
TESTS += %D%/test-entry
%C%_test_entry_SOURCES = %D%/test-entry.c
%C%_test_entry_CFLAGS = $(TEST_CFLAGS)
%C%_test_entry_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-grace
TESTS += %D%/test-grace
%C%_test_grace_SOURCES = %D%/test-grace.c
%C%_test_grace_CFLAGS = $(TEST_CFLAGS)
%C%_test_grace_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-heap-log
TESTS += %D%/test-heap-log
%C%_test_heap_log_SOURCES = %D%/test-heap-log.c
%C%_test_heap_log_CFLAGS = $(TEST_CFLAGS)
%C%_test_heap_log_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-heap-verify
TESTS += %D%/test-heap-verify
%C%_test_heap_verify_SOURCES = %D%/test-heap-verify.c
%C%_test_heap_verify_CFLAGS = $(TEST_CFLAGS)
%C%_test_heap_verify_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-identity
TESTS += %D%/test-identity
%C%_test_identity_SOURCES = %D%/test-identity.c
%C%_test_identity_CFLAGS = $(TEST_CFLAGS)
%C%_test_identity_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-json
TESTS += %D%/test-json
%C%_test_json_SOURCES = %D%/test-json.c
%C%_test_json_CFLAGS = $(TEST_CFLAGS)
%C%_test_json_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-map
TESTS += %D%/test-map
%C%_test_map_SOURCES = %D%/test-map.c
%C%_test_map_CFLAGS = $(TEST_CFLAGS)
%C%_test_map_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-mark
TESTS += %D%/test-mark
%C%_test_mark_SOURCES = %D%/test-mark.c
%C%_test_mark_CFLAGS = $(TEST_CFLAGS)
%C%_test_mark_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-pace
TESTS += %D%/test-pace
%C%_test_pace_SOURCES = %D%/test-pace.c
%C%_test_pace_CFLAGS = $(TEST_CFLAGS)
%C%_test_pace_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-publication
TESTS += %D%/test-publication
%C%_test_publication_SOURCES = %D%/test-publication.c
%C%_test_publication_CFLAGS = $(TEST_CFLAGS)
%C%_test_publication_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-publish
TESTS += %D%/test-publish
%C%_test_publish_SOURCES = %D%/test-publish.c
%C%_test_publish_CFLAGS = $(TEST_CFLAGS)
%C%_test_publish_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-region
TESTS += %D%/test-region
%C%_test_region_SOURCES = %D%/test-region.c
%C%_test_region_CFLAGS = $(TEST_CFLAGS)
%C%_test_region_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-root
TESTS += %D%/test-root
%C%_test_root_SOURCES = %D%/test-root.c
%C%_test_root_CFLAGS = $(TEST_CFLAGS)
%C%_test_root_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-root-ported
TESTS += %D%/test-root-ported
%C%_test_root_ported_SOURCES = %D%/test-root-ported.c
%C%_test_root_ported_CFLAGS = $(TEST_CFLAGS)
%C%_test_root_ported_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-scope
TESTS += %D%/test-scope
%C%_test_scope_SOURCES = %D%/test-scope.c
%C%_test_scope_CFLAGS = $(TEST_CFLAGS)
%C%_test_scope_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-scope-entries
TESTS += %D%/test-scope-entries
%C%_test_scope_entries_SOURCES = %D%/test-scope-entries.c
%C%_test_scope_entries_CFLAGS = $(TEST_CFLAGS)
%C%_test_scope_entries_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-siphash
TESTS += %D%/test-siphash
%C%_test_siphash_SOURCES = %D%/test-siphash.c
%C%_test_siphash_CFLAGS = $(TEST_CFLAGS)
%C%_test_siphash_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-skip
TESTS += %D%/test-skip
%C%_test_skip_SOURCES = %D%/test-skip.c
%C%_test_skip_CFLAGS = $(TEST_CFLAGS)
%C%_test_skip_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-slab
TESTS += %D%/test-slab
%C%_test_slab_SOURCES = %D%/test-slab.c
%C%_test_slab_CFLAGS = $(TEST_CFLAGS)
%C%_test_slab_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-thread
TESTS += %D%/test-thread
%C%_test_thread_SOURCES = %D%/test-thread.c
%C%_test_thread_CFLAGS = $(TEST_CFLAGS)
%C%_test_thread_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-space
TESTS += %D%/test-space
%C%_test_space_SOURCES = %D%/test-space.c
%C%_test_space_CFLAGS = $(TEST_CFLAGS)
%C%_test_space_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-store
TESTS += %D%/test-store
%C%_test_store_SOURCES = %D%/test-store.c
%C%_test_store_CFLAGS = $(TEST_CFLAGS)
%C%_test_store_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-store-threads
TESTS += %D%/test-store-threads
%C%_test_store_threads_SOURCES = %D%/test-store-threads.c
%C%_test_store_threads_CFLAGS = $(TEST_CFLAGS)
%C%_test_store_threads_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-sweep
TESTS += %D%/test-sweep
%C%_test_sweep_SOURCES = %D%/test-sweep.c
%C%_test_sweep_CFLAGS = $(TEST_CFLAGS)
%C%_test_sweep_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

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

check_PROGRAMS += %D%/test-heap-failure
TESTS += %D%/test-heap-failure
%C%_test_heap_failure_SOURCES = %D%/test-heap-failure.c
%C%_test_heap_failure_CFLAGS = $(TEST_CFLAGS)
%C%_test_heap_failure_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-weak-close
TESTS += %D%/test-weak-close
%C%_test_weak_close_SOURCES = %D%/test-weak-close.c
%C%_test_weak_close_CFLAGS = $(TEST_CFLAGS)
%C%_test_weak_close_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-ported-phases
TESTS += %D%/test-ported-phases
%C%_test_ported_phases_SOURCES = %D%/test-ported-phases.c
%C%_test_ported_phases_CFLAGS = $(TEST_CFLAGS)
%C%_test_ported_phases_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-ported-scope
TESTS += %D%/test-ported-scope
%C%_test_ported_scope_SOURCES = %D%/test-ported-scope.c
%C%_test_ported_scope_CFLAGS = $(TEST_CFLAGS)
%C%_test_ported_scope_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-ported-skip
TESTS += %D%/test-ported-skip
%C%_test_ported_skip_SOURCES = %D%/test-ported-skip.c
%C%_test_ported_skip_CFLAGS = $(TEST_CFLAGS)
%C%_test_ported_skip_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-ported-core
TESTS += %D%/test-ported-core
%C%_test_ported_core_SOURCES = %D%/test-ported-core.c
%C%_test_ported_core_CFLAGS = $(TEST_CFLAGS)
%C%_test_ported_core_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-heap-limit
TESTS += %D%/test-heap-limit
%C%_test_heap_limit_SOURCES = %D%/test-heap-limit.c
%C%_test_heap_limit_CFLAGS = $(TEST_CFLAGS)
%C%_test_heap_limit_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)
endif
