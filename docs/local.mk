# SPDX-License-Identifier: MIT

EXTRA_DIST += %D%/design/modules.md
