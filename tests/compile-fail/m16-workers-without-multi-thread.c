/* SPDX-License-Identifier: MIT */

/* Worker threads where there are none. */
// expect: `worker_threads` requires flavor\(multi_thread\): leave one of them out

#include <gcasync/main.h>

#include "body.h"

#ifdef RIGHT
GCASYNC_MAIN(body, worker_threads(2), flavor(multi_thread))
#else
GCASYNC_MAIN(body, worker_threads(2), flavor(local))
#endif
