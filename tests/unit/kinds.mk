# SPDX-License-Identifier: MIT

if HAVE_CHECK

# The bundled modules, on the runtime that they are linked with.
KIND_RUNNER_SOURCES = tests/helpers/kind-runner.c tests/helpers/kind-runner.h
KIND_RUNNER_LIBS = src/runtime/libgcasync-runtime.la $(JANSSON_LIBS) $(CHECK_LIBS)

check_PROGRAMS += %D%/test-core
TESTS += %D%/test-core
%C%_test_core_SOURCES = %D%/test-core.c $(KIND_RUNNER_SOURCES)
%C%_test_core_CFLAGS = $(TEST_CFLAGS) $(JANSSON_CFLAGS)
%C%_test_core_LDADD = $(KIND_RUNNER_LIBS)

check_PROGRAMS += %D%/test-default-text
TESTS += %D%/test-default-text
%C%_test_default_text_SOURCES = %D%/test-default-text.c
%C%_test_default_text_CFLAGS = $(TEST_CFLAGS)
%C%_test_default_text_LDADD = src/runtime/libruntime.la src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-exec
TESTS += %D%/test-exec
%C%_test_exec_SOURCES = %D%/test-exec.c $(KIND_RUNNER_SOURCES)
%C%_test_exec_CFLAGS = $(TEST_CFLAGS) $(JANSSON_CFLAGS)
%C%_test_exec_LDADD = $(KIND_RUNNER_LIBS)

check_PROGRAMS += %D%/test-module-load
TESTS += %D%/test-module-load
%C%_test_module_load_SOURCES = %D%/test-module-load.c
%C%_test_module_load_CFLAGS = $(TEST_CFLAGS)
%C%_test_module_load_LDADD = src/runtime/libruntime.la src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-registry
TESTS += %D%/test-registry
%C%_test_registry_SOURCES = %D%/test-registry.c $(FAILING_MALLOC_FILES)
%C%_test_registry_CFLAGS = $(TEST_CFLAGS)
%C%_test_registry_LDFLAGS = $(FAILING_MALLOC_LINK)
%C%_test_registry_LDADD = src/runtime/libruntime.la src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

# What the kind's tests cannot reach: no descriptor left, and the like.
check_PROGRAMS += %D%/test-spawn
TESTS += %D%/test-spawn
%C%_test_spawn_SOURCES = %D%/test-spawn.c src/kinds/exec/child.c src/kinds/exec/child.h src/kinds/exec/spawn.c src/kinds/exec/spawn.h
%C%_test_spawn_CFLAGS = $(TEST_CFLAGS)
%C%_test_spawn_LDADD = src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

# Modules for test-module-load. -rpath makes libtool build shared objects of what is never installed.
SAMPLE_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -rpath /nonexistent
check_LTLIBRARIES += \
	%D%/modules/core.la \
	%D%/modules/function.la \
	%D%/modules/none.la \
	%D%/modules/old.la \
	%D%/modules/other.la \
	%D%/modules/small.la \
	%D%/modules/sound.la \
	%D%/modules/unresolved.la
%C%_modules_core_la_SOURCES = %D%/modules/sample.c
%C%_modules_core_la_CPPFLAGS = $(AM_CPPFLAGS) -DSAMPLE_CORE
%C%_modules_core_la_LDFLAGS = $(SAMPLE_LDFLAGS)
%C%_modules_function_la_SOURCES = %D%/modules/sample.c
%C%_modules_function_la_CPPFLAGS = $(AM_CPPFLAGS) -DSAMPLE_FUNCTION
%C%_modules_function_la_LDFLAGS = $(SAMPLE_LDFLAGS)
%C%_modules_none_la_SOURCES = %D%/modules/sample.c
%C%_modules_none_la_CPPFLAGS = $(AM_CPPFLAGS) -DSAMPLE_NONE
%C%_modules_none_la_LDFLAGS = $(SAMPLE_LDFLAGS)
%C%_modules_old_la_SOURCES = %D%/modules/sample.c
%C%_modules_old_la_CPPFLAGS = $(AM_CPPFLAGS) -DSAMPLE_OLD
%C%_modules_old_la_LDFLAGS = $(SAMPLE_LDFLAGS)
%C%_modules_other_la_SOURCES = %D%/modules/sample.c
%C%_modules_other_la_CPPFLAGS = $(AM_CPPFLAGS) -DSAMPLE_OTHER
%C%_modules_other_la_LDFLAGS = $(SAMPLE_LDFLAGS)
%C%_modules_small_la_SOURCES = %D%/modules/sample.c
%C%_modules_small_la_CPPFLAGS = $(AM_CPPFLAGS) -DSAMPLE_SMALL
%C%_modules_small_la_LDFLAGS = $(SAMPLE_LDFLAGS)
%C%_modules_sound_la_SOURCES = %D%/modules/sample.c
%C%_modules_sound_la_CPPFLAGS = $(AM_CPPFLAGS) -DSAMPLE_SOUND
%C%_modules_sound_la_LDFLAGS = $(SAMPLE_LDFLAGS)
%C%_modules_unresolved_la_SOURCES = %D%/modules/sample.c
%C%_modules_unresolved_la_CPPFLAGS = $(AM_CPPFLAGS) -DSAMPLE_UNRESOLVED
%C%_modules_unresolved_la_LDFLAGS = $(SAMPLE_LDFLAGS)

endif
