# SPDX-License-Identifier: MIT
# What developers call; see README.md.

EXTRA_DIST += \
	%D%/check-format \
	%D%/check-headers \
	%D%/check-layers \
	%D%/check-machine-paths \
	%D%/check-man-pages \
	%D%/check-scripts \
	%D%/check-tags \
	%D%/common.sh \
	%D%/demo \
	%D%/packages/bench \
	%D%/packages/build \
	%D%/packages/test \
	%D%/setup \
	%D%/test

.PHONY: format
format:
	$(srcdir)/%D%/check-format --fix
