# SPDX-License-Identifier: MIT
# The installed headers.

pkginclude_HEADERS += \
	%D%/gcasync/client.h \
	%D%/gcasync/heap.h \
	%D%/gcasync/main.h \
	%D%/gcasync/module.h \
	%D%/gcasync/option.h \
	%D%/gcasync/program.h \
	%D%/gcasync/root-inline.h \
	%D%/gcasync/runtime.h \
	%D%/gcasync/tracker.h \
	%D%/gcasync/value-inline.h \
	%D%/gcasync/value.h
