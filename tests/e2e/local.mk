# SPDX-License-Identifier: MIT

dist_check_SCRIPTS += %D%/test-example-module.sh
TESTS += %D%/test-example-module.sh

CTL_TESTS = \
	%D%/ctl/test-ctl-arguments.sh \
	%D%/ctl/test-ctl-completion.sh \
	%D%/ctl/test-ctl-daemon.sh \
	%D%/ctl/test-ctl-run.sh \
	%D%/ctl/test-ctl-tasks.sh \
	%D%/ctl/test-ctl-usage.sh
EXTRA_DIST += %D%/ctl/common.sh
dist_check_SCRIPTS += $(CTL_TESTS)
TESTS += $(CTL_TESTS)
