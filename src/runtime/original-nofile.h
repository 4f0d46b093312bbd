/* SPDX-License-Identifier: MIT */
#pragma once

/* Reads the process's RLIMIT_NOFILE, once: gca_runtime_new() calls this before its host can raise the limit. What
 * was read is told by gca_get_original_nofile(). Any thread. */
void original_nofile_record(void);
