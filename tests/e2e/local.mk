# SPDX-License-Identifier: MIT

dist_check_SCRIPTS += %D%/test-example-module.sh
TESTS += %D%/test-example-module.sh
