/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "helpers/suite.h"

struct letter {
        char character;
        struct list link;
};

static void fill(struct list *head, struct letter *letters, const char *text) {
        list_init(head);
        for (size_t i = 0; text[i] != '\0'; i++) {
                letters[i].character = text[i];
                list_push_back(head, &letters[i].link);
        }
}

static void expect_letters(struct list *head, const char *text) {
        struct letter *letter;
        size_t n = 0;

        list_for_each(letter, head, link) {
                ck_assert_uint_lt(n, strlen(text));
                ck_assert_int_eq(letter->character, text[n]);
                n++;
        }
        ck_assert_uint_eq(n, strlen(text));
}

START_TEST(new_list_is_empty) {
        struct list head = LIST_INIT(head);

        ck_assert(list_is_empty(&head));
        ck_assert_ptr_null(list_pop_front(&head));
        expect_letters(&head, "");
}
END_TEST

START_TEST(members_keep_the_order_of_pushing) {
        struct letter letters[3], front = { .character = 'z' };
        struct list head;

        fill(&head, letters, "abc");
        list_push_front(&head, &front.link);
        expect_letters(&head, "zabc");
}
END_TEST

START_TEST(members_leave_from_front_middle_and_back) {
        struct letter letters[5];
        struct list head;

        fill(&head, letters, "abcde");
        list_remove(&letters[0].link);
        list_remove(&letters[2].link);
        list_remove(&letters[4].link);
        expect_letters(&head, "bd");
}
END_TEST

START_TEST(removing_twice_harms_nothing) {
        struct letter letters[2];
        struct list head;

        fill(&head, letters, "ab");
        list_remove(&letters[0].link);
        list_remove(&letters[0].link);
        ck_assert(list_is_empty(&letters[0].link));
        expect_letters(&head, "b");
}
END_TEST

START_TEST(popping_returns_members_first_to_last) {
        struct letter letters[2];
        struct list head;

        fill(&head, letters, "ab");
        ck_assert_ptr_eq(list_pop_front(&head), &letters[0].link);
        ck_assert_ptr_eq(list_pop_front(&head), &letters[1].link);
        ck_assert_ptr_null(list_pop_front(&head));
        ck_assert(list_is_empty(&head));
}
END_TEST

START_TEST(entries_may_be_freed_while_walking) {
        struct list head = LIST_INIT(head);
        struct letter *letter;

        for (size_t i = 0; i < 10; i++) {
                letter = calloc(1, sizeof(*letter));
                ck_assert_ptr_nonnull(letter);
                list_push_back(&head, &letter->link);
        }
        list_for_each(letter, &head, link) {
                list_remove(&letter->link);
                free(letter);
        }
        ck_assert(list_is_empty(&head));
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                new_list_is_empty,
                members_keep_the_order_of_pushing,
                members_leave_from_front_middle_and_back,
                removing_twice_harms_nothing,
                popping_returns_members_first_to_last,
                entries_may_be_freed_while_walking,
        };

        return suite_run("list", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
