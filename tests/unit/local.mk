# SPDX-License-Identifier: MIT
# One program a module, linked with its layer and the ones below: a wrong arrow fails to link.

include %D%/base.mk
include %D%/gc.mk
include %D%/runtime.mk
include %D%/wire.mk
include %D%/kinds.mk
include %D%/client.mk
include %D%/daemon.mk
include %D%/ctl.mk
