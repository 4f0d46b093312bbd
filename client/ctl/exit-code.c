/* SPDX-License-Identifier: MIT */

#include "exit-code.h"

#include <gcasync/client.h>

enum exit_code exit_code_from_error(int error) {
        /* Without a default, so that the compiler misses an error that the table lacks. */
        switch ((gcasync_error)error) {
#define X(name, code)          \
        case GCASYNC_E_##name: \
                return EXIT_CODE_##code;
                ERROR_EXIT_MAP(X)
#undef X
        }
        return EXIT_CODE_FAILED;
}

enum exit_code exit_code_from_task_error(enum exit_code code) {
        if (code == EXIT_CODE_OK || code == EXIT_CODE_USAGE || code == EXIT_CODE_TIMED_OUT)
                return code;
        return EXIT_CODE_NOT_STARTED;
}
