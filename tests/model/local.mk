# SPDX-License-Identifier: MIT
# Models of what threads agree on without a lock: Spin's, and relacy's of the memory orders. They are the same in
# every build, so one is enough; the long ones can be left out (--disable-models). They come first, so that others run
# beside them.

dist_check_SCRIPTS += \
	%D%/run-heap-bugs \
	%D%/run-heap-model \
	%D%/run-models \
	%D%/run-relacy
EXTRA_DIST += \
	%D%/heap-worlds.sh \
	%D%/heap.pml \
	%D%/park.pml \
	%D%/relacy-grace.cc \
	%D%/relacy-log.cc \
	%D%/relacy-root.cc \
	%D%/relacy-run.hpp \
	%D%/relacy-tracker.cc \
	%D%/spin.sh \
	%D%/tracker.pml

if !SANITIZE
if MODELS
TESTS += %D%/run-heap-model %D%/run-heap-bugs %D%/run-relacy
endif
TESTS += %D%/run-models
endif
