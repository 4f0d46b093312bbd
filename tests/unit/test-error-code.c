/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <ctype.h>
#include <string.h>

#include "helpers/suite.h"
#include "wire/error-code.h"

/* "ERROR_NOT_FOUND" to "not-found": the rule of proto/gcasync.proto. */
static void derive_name(const char *constant, char *ret_name, size_t size) {
        size_t length = strlen(constant + strlen("ERROR_"));

        ck_assert_uint_lt(length, size);
        for (size_t i = 0; i <= length; i++) {
                char c = constant[strlen("ERROR_") + i];

                ret_name[i] = c == '_' ? '-' : (char)tolower((unsigned char)c);
        }
}

START_TEST(every_code_has_the_name_that_its_constant_says) {
        const ProtobufCEnumDescriptor *descriptor = &gcasync__error_code__descriptor;
        char name[64];

        for (unsigned i = 0; i < descriptor->n_values; i++) {
                derive_name(descriptor->values[i].name, name, sizeof(name));
                ck_assert_str_eq(
                        error_code_to_name((Gcasync__ErrorCode)descriptor->values[i].value), name);
        }
}
END_TEST

START_TEST(every_code_has_a_sentence_of_its_own) {
        const ProtobufCEnumDescriptor *descriptor = &gcasync__error_code__descriptor;

        for (unsigned i = 0; i < descriptor->n_values; i++) {
                const char *text =
                        error_code_to_text((Gcasync__ErrorCode)descriptor->values[i].value);

                for (unsigned k = 0; k < i; k++)
                        ck_assert_str_ne(text,
                                         error_code_to_text(
                                                 (Gcasync__ErrorCode)descriptor->values[k].value));
        }
}
END_TEST

START_TEST(code_of_a_later_version_has_a_name_and_a_sentence_too) {
        ck_assert_str_eq(error_code_to_name((Gcasync__ErrorCode)9999), "unknown");
        ck_assert(strlen(error_code_to_text((Gcasync__ErrorCode)9999)) > 0);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                every_code_has_the_name_that_its_constant_says,
                every_code_has_a_sentence_of_its_own,
                code_of_a_later_version_has_a_name_and_a_sentence_too,
        };

        return suite_run("error-code", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
