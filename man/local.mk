# SPDX-License-Identifier: MIT

dist_man_MANS += \
	%D%/gcasyncctl.1 \
	%D%/gcasyncd.8
