/* SPDX-License-Identifier: MIT */
#pragma once

/* The protocol's error codes: one table of code, stable name and a sentence for people. */

#include "gcasync.pb-c.h"

/* "unknown-kind"; for a code that this version does not know, "unknown". */
const char *error_code_to_name(Gcasync__ErrorCode code);

/* What the code means, for where the error brings no message of its own. */
const char *error_code_to_text(Gcasync__ErrorCode code);
