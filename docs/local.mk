# SPDX-License-Identifier: MIT

EXTRA_DIST += \
	%D%/design/daemon.md \
	%D%/design/gc.md \
	%D%/design/modules.md
