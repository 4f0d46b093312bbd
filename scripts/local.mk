# SPDX-License-Identifier: MIT
# What developers call; see README.md.

EXTRA_DIST += \
	%D%/packages/bench \
	%D%/packages/build \
	%D%/packages/test \
	%D%/setup
