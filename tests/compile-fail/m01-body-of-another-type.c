/* SPDX-License-Identifier: MIT */

/* A body that is not what a runtime can run. */
// expect: `not_a_body` must be gca_value \(\*\)\(gca_task \*task, void \*data\)

#include <gcasync/main.h>

#include "body.h"

static int not_a_body(void) {
        return 0;
}

#ifdef RIGHT
GCASYNC_TEST(test, body)
#else
GCASYNC_TEST(test, not_a_body)
#endif
