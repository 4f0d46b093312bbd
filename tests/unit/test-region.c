/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <string.h>

#include "gc/region.h"
#include "helpers/suite.h"

static bool is_zero(const unsigned char *memory, size_t size) {
        for (size_t i = 0; i < size; i++)
                if (memory[i] != 0)
                        return false;
        return true;
}

START_TEST(region_that_never_allocates_holds_no_memory) {
        struct region_cache cache;
        struct gca_region region;
        gca_scope scope;

        (void)memory_fail_at(0);
        region_cache_init(&cache);
        region_init(&region, &cache, 1000);
        gca_scope_begin(&region, &scope);
        ck_assert(gca_is_value(gca_scope_end(&region, &scope, gca_int(&region, 3))));
        region_verify(&region);
        ck_assert_uint_eq(gca_region_get_bytes(&region), 0);
        region_deinit(&region);
        region_cache_deinit(&cache);
        ck_assert_uint_eq(memory_fail_at(0), 0);
}
END_TEST

START_TEST(chunks_go_back_to_the_cache_and_come_again_clean) {
        struct region_cache cache;
        struct gca_region region;

        region_cache_init(&cache);
        for (int i = 0; i < 3; i++) {
                region_init(&region, &cache, 0);
                (void)memory_fail_at(0);
                for (int j = 0; j < 1000; j++) {
                        unsigned char *memory = gca_region_allocate(&region, 1000);

                        ck_assert(is_zero(memory, 1000));
                        memset(memory, 0xff, 1000);
                }
                ck_assert((memory_fail_at(0) > 0) == (i == 0));
                region_verify(&region);
                region_deinit(&region);
                region_deinit(&region);
        }
        region_cache_deinit(&cache);
        region_cache_deinit(&cache);
}
END_TEST

START_TEST(cache_keeps_no_more_than_its_bound) {
        struct region_cache cache;
        struct gca_region region;
        size_t bytes = 0;

        region_cache_init(&cache);
        region_init(&region, &cache, 0);
        for (int i = 0; i < 20000; i++)
                ck_assert_ptr_nonnull(gca_region_allocate(&region, 1000));
        region_deinit(&region);
        for (size_t i = 0; i < REGION_CHUNK_CLASSES; i++)
                bytes += cache.n_chunks[i] * ((size_t)REGION_CHUNK_BYTES_MIN << (2 * i));
        ck_assert_uint_gt(bytes, 0);
        ck_assert_uint_le(bytes, 4 << 20);
        region_cache_deinit(&cache);
}
END_TEST

START_TEST(region_without_cache_allocates_too) {
        struct gca_region region;

        region_init(&region, NULL, 0);
        for (int i = 0; i < 100; i++)
                ck_assert(gca_is_value(gca_bytes(&region, NULL, 1000)));
        region_verify(&region);
        region_deinit(&region);
}
END_TEST

START_TEST(plain_memory_is_zero_and_aligned_whatever_lies_around) {
        gca_region *region = gca_region_new(0);

        for (size_t i = 0; i < 3000; i++) {
                size_t size = i * 7 % 300 + (i % 100 == 0 ? 40000 : 0);
                unsigned char *memory = gca_region_allocate(region, size);

                ck_assert_ptr_nonnull(memory);
                ck_assert_uint_eq((uintptr_t)memory % _Alignof(max_align_t), 0);
                ck_assert(is_zero(memory, size));
                memset(memory, 0xff, size);
                if (i % 3 == 0)
                        (void)gca_float(region, 1.0);
                if (i % 5 == 0)
                        (void)gca_bytes(region, NULL, i % 40);
        }
        region_verify(region);
        gca_region_free(region);
}
END_TEST

START_TEST(zeros_are_zero_whatever_was_there) {
        gca_region *region = gca_region_new(0);

        for (size_t i = 0; i < 3000; i++) {
                size_t size = i * 13 % 700;
                gca_value bytes;
                gca_scope scope;

                gca_scope_begin(region, &scope);
                memset(gca_region_allocate_unset(region, 5 * size), 0xff, 5 * size);
                bytes = gca_bytes(region, NULL, size);
                ck_assert(is_zero(gca_get_bytes(bytes, NULL), size));
                memset(gca_bytes_get_mutable(bytes), 0xff, size);
                region_verify(region);
                (void)gca_scope_end(region, &scope, i % 7 == 0 ? bytes : GCA_NO_VALUE);
                ck_assert(is_zero(gca_region_allocate(region, size % 100), size % 100));
                region_verify(region);
        }
        gca_region_free(region);
}
END_TEST

START_TEST(memory_that_is_not_cleared_is_aligned) {
        gca_region *region = gca_region_new(0);

        for (size_t i = 0; i < 1000; i++) {
                size_t size = i * 7 % 300 + (i % 100 == 0 ? 40000 : 0);
                unsigned char *memory = gca_region_allocate_unset(region, size);

                ck_assert_ptr_nonnull(memory);
                ck_assert_uint_eq((uintptr_t)memory % _Alignof(max_align_t), 0);
                memset(memory, 0xff, size);
                if (i % 3 == 0)
                        (void)gca_float(region, 1.0);
        }
        region_verify(region);
        gca_region_free(region);
}
END_TEST

START_TEST(limit_counts_every_byte_handed_out) {
        gca_region *region = gca_region_new(160);

        for (size_t i = 1; i <= 4; i++) {
                ck_assert(gca_is_value(gca_bytes(region, NULL, 32)));
                ck_assert_uint_eq(gca_region_get_bytes(region), i * 40);
        }
        ck_assert(!gca_region_is_exhausted(region));
        ck_assert(!gca_is_value(gca_float(region, 1.0)));
        ck_assert(gca_region_is_exhausted(region));
        ck_assert(gca_is_value(gca_int(region, 5)));
        region_verify(region);
        gca_region_free(region);
}
END_TEST

START_TEST(limit_holds_across_chunks_and_large_objects) {
        gca_region *region = gca_region_new(1 << 20);
        size_t n = 0;

        while (gca_is_value(gca_bytes(region, NULL, n % 10 == 0 ? 40000 : n % 2000)))
                n++;
        ck_assert(gca_region_is_exhausted(region));
        ck_assert_uint_le(gca_region_get_bytes(region), 1 << 20);
        ck_assert_uint_gt(gca_region_get_bytes(region), (1 << 20) - 40100);
        while (gca_is_value(gca_float(region, 1.0)))
                ck_assert_uint_le(gca_region_get_bytes(region), 1 << 20);
        ck_assert_uint_gt(gca_region_get_bytes(region) + 16, 1 << 20);
        region_verify(region);
        gca_region_free(region);
}
END_TEST

START_TEST(what_is_past_the_limit_alone_is_refused_at_once) {
        gca_region *region = gca_region_new(1000);

        (void)memory_fail_at(0);
        ck_assert(!gca_is_value(gca_bytes(region, NULL, 2000)));
        ck_assert(gca_region_is_exhausted(region));
        ck_assert(!gca_is_value(gca_bytes(region, NULL, (size_t)1 << 40)));
        ck_assert_uint_eq(memory_fail_at(0), 0);
        ck_assert(gca_is_value(gca_bytes(region, NULL, 900)));
        region_verify(region);
        gca_region_free(region);
}
END_TEST

/* An array whose length overflows any product; its elements must not be read before that is seen, so the counts
 * are those of plain memory and bytes. */
START_TEST(sizes_near_the_ends_of_size_t_are_refused) {
        const size_t sizes[] = {
                SIZE_MAX,     SIZE_MAX - 7,    SIZE_MAX - 16,
                SIZE_MAX / 2, (size_t)1 << 63, OBJECT_COUNT_MAX + 1,
        };
        gca_region *region = gca_region_new(1 << 20), *boundless = gca_region_new(0);

        for (size_t i = 0; i < SUITE_SIZE(sizes); i++) {
                ck_assert(!gca_is_value(gca_bytes(region, NULL, sizes[i])));
                ck_assert_ptr_null(gca_region_allocate(region, sizes[i]));
                ck_assert(!gca_is_value(gca_bytes(boundless, NULL, sizes[i])));
        }
        ck_assert(gca_region_is_exhausted(region));
        ck_assert(!gca_region_is_exhausted(boundless));
        ck_assert_uint_eq(gca_region_get_bytes(region), 0);
        gca_region_free(region);
        gca_region_free(boundless);
}
END_TEST

START_TEST(large_object_has_memory_of_its_own) {
        gca_region *region = gca_region_new(0);
        gca_value small = gca_bytes(region, NULL, 10), large = gca_bytes(region, NULL, 10000000);
        char *bytes = gca_bytes_get_mutable(large);

        ck_assert(value_get_object(large)->header & OBJECT_IS_LARGE);
        ck_assert(!(value_get_object(small)->header & OBJECT_IS_LARGE));
        bytes[0] = bytes[9999999] = 'x';
        ck_assert_uint_eq(gca_region_get_bytes(region), 24 + 10000008);
        region_verify(region);
        gca_region_free(region);
}
END_TEST

START_TEST(memory_written_after_its_end_is_noticed) {
        static char text[64];

        memset(text, MEMORY_FREE_BYTE, sizeof(text));
        ck_assert(memory_is_retired(text, sizeof(text)));
        text[63] = 'x';
        ck_assert(!memory_is_retired(text, sizeof(text)));
        ck_assert(memory_is_retired(text, 63));
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                region_that_never_allocates_holds_no_memory,
                chunks_go_back_to_the_cache_and_come_again_clean,
                cache_keeps_no_more_than_its_bound,
                region_without_cache_allocates_too,
                plain_memory_is_zero_and_aligned_whatever_lies_around,
                zeros_are_zero_whatever_was_there,
                memory_that_is_not_cleared_is_aligned,
                limit_counts_every_byte_handed_out,
                limit_holds_across_chunks_and_large_objects,
                what_is_past_the_limit_alone_is_refused_at_once,
                sizes_near_the_ends_of_size_t_are_refused,
                large_object_has_memory_of_its_own,
                memory_written_after_its_end_is_noticed,
        };

        return suite_run("region", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
