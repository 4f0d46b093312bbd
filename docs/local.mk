# SPDX-License-Identifier: MIT
# For those who change it. docs/design/ has a file a layer.

EXTRA_DIST += \
	%D%/architecture.md \
	%D%/decisions.md \
	%D%/design/daemon.md \
	%D%/design/gc.md \
	%D%/design/modules.md \
	%D%/design/runtime.md \
	%D%/runtime-options.md \
	%D%/tracker-tests.md
