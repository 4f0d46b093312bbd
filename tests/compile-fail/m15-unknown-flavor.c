/* SPDX-License-Identifier: MIT */

/* A flavour that there is not. */
// expect: `threads` is no flavor: there are current_thread, multi_thread and local

#include <gcasync/main.h>

#include "body.h"

#ifdef RIGHT
GCASYNC_MAIN(body, flavor(multi_thread))
#else
GCASYNC_MAIN(body, flavor(threads))
#endif
