# SPDX-License-Identifier: MIT
# Spin models of what threads agree on without a lock. They are the same in every build, so one is enough.

dist_check_SCRIPTS += %D%/run-models
EXTRA_DIST += \
	%D%/park.pml \
	%D%/tracker.pml

if !SANITIZE
TESTS += %D%/run-models
endif
