# SPDX-License-Identifier: MIT

dist_man_MANS += \
	%D%/gcasync-client.3 \
	%D%/gcasync-runtime.3 \
	%D%/gcasyncctl.1 \
	%D%/gcasyncd.8
