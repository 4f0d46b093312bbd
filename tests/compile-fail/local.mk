# SPDX-License-Identifier: MIT
# What must not compile, and what is said of it.

dist_check_SCRIPTS += %D%/run-compile-fail
TESTS += %D%/run-compile-fail
EXTRA_DIST += \
	%D%/body.h \
	%D%/all-faults-at-once.c \
	%D%/m01-body-of-another-type.c \
	%D%/m02-no-body.c \
	%D%/m03-test-twice.c \
	%D%/m04-empty-option.c \
	%D%/m04-unknown-option.c \
	%D%/m05-assigned-value.c \
	%D%/m05-flavor-with-empty-value.c \
	%D%/m05-option-with-empty-value.c \
	%D%/m05-option-without-value.c \
	%D%/m06-bare-flavor.c \
	%D%/m07-path-as-option.c \
	%D%/m08-nested-options.c \
	%D%/m09-value-not-constant.c \
	%D%/m10-flavor-twice.c \
	%D%/m10-option-twice.c \
	%D%/m11-blank-thread-name.c \
	%D%/m11-float-for-integer.c \
	%D%/m11-integer-for-text.c \
	%D%/m11-text-for-flavor.c \
	%D%/m11-text-for-integer.c \
	%D%/m12-too-large.c \
	%D%/m12-too-small.c \
	%D%/m13-no-workers.c \
	%D%/m14-renamed-flavor.c \
	%D%/m14-renamed-option.c \
	%D%/m15-unknown-flavor.c \
	%D%/m16-workers-in-a-test.c \
	%D%/m16-workers-without-multi-thread.c
