/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Errors: the library's codes are the outcomes of gcasync/client.h, inside the library
 * too. This is the one place where those of the layers below become them.
 */

#include "gcasync.pb-c.h"

/* A code that the daemon sent; one that is not known is GCASYNC_E_PROTOCOL. */
int error_from_daemon(Gcasync__ErrorCode code);

/*
 * A fault (-errno) of base or wire: GCASYNC_E_NO_MEMORY, _FRAME_TOO_LARGE, _INVALID or
 * _SYSTEM; 0 stays 0.
 */
int error_from_fault(int r);
