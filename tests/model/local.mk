# SPDX-License-Identifier: MIT
# Models of what threads agree on without a lock: Spin's, and relacy's of the memory orders. They are the same in
# every build, so one is enough; the long ones can be left out (--disable-models). They come first, so that others run
# beside them.

dist_check_SCRIPTS += \
	%D%/run-heap-model \
	%D%/run-models \
	%D%/run-relacy
EXTRA_DIST += \
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
TESTS += %D%/run-models
if MODELS
TESTS += %D%/run-heap-model %D%/run-relacy
endif
endif
