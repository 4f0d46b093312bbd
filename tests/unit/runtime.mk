# SPDX-License-Identifier: MIT

dist_check_SCRIPTS += %D%/check-runtime-symbols
TESTS += %D%/check-runtime-symbols

# The switch between stacks, by itself, and by the C library.
check_PROGRAMS += %D%/test-context %D%/test-context-ucontext
TESTS += %D%/test-context %D%/test-context-ucontext
%C%_test_context_SOURCES = %D%/test-context.c
%C%_test_context_LDADD = src/runtime/libruntime.la src/gc/libgc.la src/base/libbase.la
%C%_test_context_ucontext_SOURCES = %D%/test-context.c
%C%_test_context_ucontext_CPPFLAGS = $(AM_CPPFLAGS) -DGCASYNC_UCONTEXT

dist_check_SCRIPTS += %D%/check-context-aarch64
TESTS += %D%/check-context-aarch64

if HAVE_CHECK

RUNTIME_TEST_LDADD = src/runtime/libruntime.la src/gc/libgc.la src/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += %D%/test-runtime
TESTS += %D%/test-runtime
%C%_test_runtime_SOURCES = %D%/test-runtime.c
%C%_test_runtime_CFLAGS = $(TEST_CFLAGS)
%C%_test_runtime_LDADD = $(RUNTIME_TEST_LDADD)


check_PROGRAMS += %D%/test-runtime-heap
TESTS += %D%/test-runtime-heap
%C%_test_runtime_heap_SOURCES = %D%/test-runtime-heap.c
%C%_test_runtime_heap_CFLAGS = $(TEST_CFLAGS)
%C%_test_runtime_heap_LDADD = $(RUNTIME_TEST_LDADD)

check_PROGRAMS += %D%/test-main
TESTS += %D%/test-main
%C%_test_main_SOURCES = %D%/test-main.c
%C%_test_main_CFLAGS = $(TEST_CFLAGS)
%C%_test_main_LDADD = $(RUNTIME_TEST_LDADD)

check_PROGRAMS += %D%/test-option
TESTS += %D%/test-option
%C%_test_option_SOURCES = %D%/test-option.c
%C%_test_option_CFLAGS = $(TEST_CFLAGS)
%C%_test_option_LDADD = $(RUNTIME_TEST_LDADD)

check_PROGRAMS += %D%/test-program
TESTS += %D%/test-program
%C%_test_program_SOURCES = %D%/test-program.c
%C%_test_program_CFLAGS = $(TEST_CFLAGS)
%C%_test_program_LDADD = $(RUNTIME_TEST_LDADD)

check_PROGRAMS += %D%/test-timer
TESTS += %D%/test-timer
%C%_test_timer_SOURCES = %D%/test-timer.c
%C%_test_timer_CFLAGS = $(TEST_CFLAGS)
%C%_test_timer_LDADD = $(RUNTIME_TEST_LDADD)

check_PROGRAMS += %D%/test-inbox
TESTS += %D%/test-inbox
%C%_test_inbox_SOURCES = %D%/test-inbox.c
%C%_test_inbox_CFLAGS = $(TEST_CFLAGS)
%C%_test_inbox_LDADD = $(RUNTIME_TEST_LDADD)

check_PROGRAMS += %D%/test-submit-queue
TESTS += %D%/test-submit-queue
%C%_test_submit_queue_SOURCES = %D%/test-submit-queue.c
%C%_test_submit_queue_CFLAGS = $(TEST_CFLAGS)
%C%_test_submit_queue_LDADD = $(RUNTIME_TEST_LDADD)

check_PROGRAMS += %D%/test-tracker
TESTS += %D%/test-tracker
%C%_test_tracker_SOURCES = %D%/test-tracker.c
%C%_test_tracker_CFLAGS = $(TEST_CFLAGS)
%C%_test_tracker_LDADD = $(RUNTIME_TEST_LDADD)

check_PROGRAMS += %D%/test-tracker-tasks
TESTS += %D%/test-tracker-tasks
%C%_test_tracker_tasks_SOURCES = %D%/test-tracker-tasks.c
%C%_test_tracker_tasks_CFLAGS = $(TEST_CFLAGS)
%C%_test_tracker_tasks_LDADD = $(RUNTIME_TEST_LDADD)

check_PROGRAMS += %D%/test-pool
TESTS += %D%/test-pool
%C%_test_pool_SOURCES = %D%/test-pool.c
%C%_test_pool_CFLAGS = $(TEST_CFLAGS)
%C%_test_pool_LDADD = $(RUNTIME_TEST_LDADD)

check_PROGRAMS += %D%/test-abort
TESTS += %D%/test-abort
%C%_test_abort_SOURCES = %D%/test-abort.c
%C%_test_abort_CFLAGS = $(TEST_CFLAGS)
%C%_test_abort_LDADD = $(RUNTIME_TEST_LDADD)

check_PROGRAMS += %D%/test-abort-look
TESTS += %D%/test-abort-look
%C%_test_abort_look_SOURCES = %D%/test-abort-look.c
%C%_test_abort_look_CFLAGS = $(TEST_CFLAGS)
%C%_test_abort_look_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=task_state_get_told
%C%_test_abort_look_LDADD = $(RUNTIME_TEST_LDADD)

check_PROGRAMS += %D%/test-deadline
TESTS += %D%/test-deadline
%C%_test_deadline_SOURCES = %D%/test-deadline.c
%C%_test_deadline_CFLAGS = $(TEST_CFLAGS)
%C%_test_deadline_LDADD = $(RUNTIME_TEST_LDADD)

check_PROGRAMS += %D%/test-watch
TESTS += %D%/test-watch
%C%_test_watch_SOURCES = %D%/test-watch.c
%C%_test_watch_CFLAGS = $(TEST_CFLAGS)
%C%_test_watch_LDADD = $(RUNTIME_TEST_LDADD)

check_PROGRAMS += %D%/test-stack-pool
TESTS += %D%/test-stack-pool
%C%_test_stack_pool_SOURCES = %D%/test-stack-pool.c
%C%_test_stack_pool_CFLAGS = $(TEST_CFLAGS)
%C%_test_stack_pool_LDADD = $(RUNTIME_TEST_LDADD)

check_PROGRAMS += %D%/test-coroutine
TESTS += %D%/test-coroutine
%C%_test_coroutine_SOURCES = %D%/test-coroutine.c
%C%_test_coroutine_CFLAGS = $(TEST_CFLAGS)
%C%_test_coroutine_LDADD = $(RUNTIME_TEST_LDADD)

check_PROGRAMS += %D%/test-body
TESTS += %D%/test-body
%C%_test_body_SOURCES = %D%/test-body.c
%C%_test_body_CFLAGS = $(TEST_CFLAGS)
%C%_test_body_LDADD = $(RUNTIME_TEST_LDADD)

check_PROGRAMS += %D%/test-arguments
TESTS += %D%/test-arguments
%C%_test_arguments_SOURCES = %D%/test-arguments.c
%C%_test_arguments_CFLAGS = $(TEST_CFLAGS)
%C%_test_arguments_LDADD = $(RUNTIME_TEST_LDADD)

check_PROGRAMS += %D%/test-task-state
TESTS += %D%/test-task-state
%C%_test_task_state_SOURCES = %D%/test-task-state.c
%C%_test_task_state_CFLAGS = $(TEST_CFLAGS)
%C%_test_task_state_LDADD = $(RUNTIME_TEST_LDADD)

check_PROGRAMS += %D%/test-watchdog
TESTS += %D%/test-watchdog
%C%_test_watchdog_SOURCES = %D%/test-watchdog.c
%C%_test_watchdog_CFLAGS = $(TEST_CFLAGS)
%C%_test_watchdog_LDADD = $(RUNTIME_TEST_LDADD)

check_PROGRAMS += %D%/test-progress
TESTS += %D%/test-progress
%C%_test_progress_SOURCES = %D%/test-progress.c
%C%_test_progress_CFLAGS = $(TEST_CFLAGS)
%C%_test_progress_LDADD = $(RUNTIME_TEST_LDADD)

check_PROGRAMS += %D%/test-batch
TESTS += %D%/test-batch
%C%_test_batch_SOURCES = %D%/test-batch.c
%C%_test_batch_CFLAGS = $(TEST_CFLAGS)
%C%_test_batch_LDADD = $(RUNTIME_TEST_LDADD)

check_PROGRAMS += %D%/test-runtime-memory
TESTS += %D%/test-runtime-memory
%C%_test_runtime_memory_SOURCES = %D%/test-runtime-memory.c $(FAILING_MALLOC_FILES)
%C%_test_runtime_memory_LDFLAGS = $(FAILING_MALLOC_LINK)
%C%_test_runtime_memory_CFLAGS = $(TEST_CFLAGS)
%C%_test_runtime_memory_LDADD = $(RUNTIME_TEST_LDADD)

check_PROGRAMS += %D%/test-ported-task
TESTS += %D%/test-ported-task
%C%_test_ported_task_SOURCES = %D%/test-ported-task.c
%C%_test_ported_task_CFLAGS = $(TEST_CFLAGS)
%C%_test_ported_task_LDADD = $(RUNTIME_TEST_LDADD)
endif
