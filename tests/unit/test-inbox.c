/* SPDX-License-Identifier: MIT */

#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <unistd.h>

#include "base/check.h"
#include "base/list.h"
#include "helpers/suite.h"
#include "runtime/inbox.h"
#include "runtime/park.h"

enum {
        N_SENDERS = 3,
        N_LETTERS = 20000,
};

struct letter {
        gca_post post;
        unsigned sender, number;
};

START_TEST(empty_inbox_gives_nothing) {
        struct inbox inbox;

        inbox_init(&inbox);
        ck_assert(inbox_is_empty(&inbox));
        ck_assert_ptr_null(inbox_take(&inbox));
}
END_TEST

START_TEST(posts_come_out_in_the_order_they_went_in) {
        gca_post posts[3];
        struct inbox inbox;
        gca_post *post;

        inbox_init(&inbox);
        for (size_t i = 0; i < 3; i++)
                inbox_push(&inbox, &posts[i]);
        ck_assert(!inbox_is_empty(&inbox));
        post = inbox_take(&inbox);
        for (size_t i = 0; i < 3; i++, post = post->next)
                ck_assert_ptr_eq(post, &posts[i]);
        ck_assert_ptr_null(post);
        ck_assert(inbox_is_empty(&inbox));
}
END_TEST

/* One owner that sleeps in poll(2), and senders that wake it. */
struct mail_room {
        struct inbox inbox;
        struct park park;
};

struct sender {
        struct mail_room *room;
        pthread_t thread;
        struct letter letters[N_LETTERS];
};

static struct mail_room room;
static struct sender senders[N_SENDERS];

static void *sender_main(void *data) {
        struct sender *sender = data;

        for (unsigned i = 0; i < N_LETTERS; i++) {
                sender->letters[i].sender = (unsigned)(sender - senders);
                sender->letters[i].number = i;
                inbox_push(&sender->room->inbox, &sender->letters[i].post);
                (void)park_wake(&sender->room->park);
        }
        return NULL;
}

static void room_sleep(void) {
        struct pollfd fd = { .fd = room.park.event_fd, .events = POLLIN };
        uint64_t n;

        park_prepare(&room.park, false);
        /* A lost wake-up would end in the test's time limit. */
        if (inbox_is_empty(&room.inbox)) {
                (void)poll(&fd, 1, -1);
                assert(read(room.park.event_fd, &n, sizeof(n)) == sizeof(n));
        }
        (void)park_end(&room.park);
}

START_TEST(no_letter_and_no_wake_is_lost_between_threads) {
        unsigned next[N_SENDERS] = { 0 };
        size_t n = 0;

        inbox_init(&room.inbox);
        ck_assert_int_eq(park_init(&room.park), 0);
        for (size_t i = 0; i < N_SENDERS; i++) {
                senders[i].room = &room;
                ck_assert_int_eq(pthread_create(&senders[i].thread, NULL, sender_main, &senders[i]),
                                 0);
        }
        while (n < N_SENDERS * N_LETTERS) {
                room_sleep();
                for (gca_post *post = inbox_take(&room.inbox); post; post = post->next, n++) {
                        struct letter *letter = container_of(post, struct letter, post);

                        assert(letter->number == next[letter->sender]++);
                }
        }
        for (size_t i = 0; i < N_SENDERS; i++)
                (void)pthread_join(senders[i].thread, NULL);
        park_deinit(&room.park);
}
END_TEST

START_TEST(owner_that_is_awake_is_not_written_to) {
        struct pollfd fd = { .events = POLLIN };
        struct park park;

        ck_assert_int_eq(park_init(&park), 0);
        fd.fd = park.event_fd;
        ck_assert(!park_wake(&park));
        ck_assert(!park_seek(&park));
        ck_assert_int_eq(poll(&fd, 1, 0), 0);
        park_prepare(&park, false);
        ck_assert(park_wake(&park));
        ck_assert(!park_wake(&park));
        ck_assert_int_eq(poll(&fd, 1, 0), 1);
        ck_assert(!park_end(&park));
        park_deinit(&park);
}
END_TEST

START_TEST(owner_is_told_that_it_was_sought) {
        struct park park;

        ck_assert_int_eq(park_init(&park), 0);
        park_prepare(&park, false);
        ck_assert(park_seek(&park));
        ck_assert(!park_wake(&park));
        ck_assert(park_end(&park));
        ck_assert(!park_end(&park));
        park_deinit(&park);
}
END_TEST

START_TEST(owner_that_dozes_says_so_and_can_be_woken) {
        struct park park;

        ck_assert_int_eq(park_init(&park), 0);
        park_prepare(&park, true);
        ck_assert(park_is_dozing(&park));
        ck_assert(park_is_parked(&park));
        ck_assert(park_wake(&park));
        ck_assert(!park_is_dozing(&park));
        ck_assert(!park_end(&park));
        park_prepare(&park, false);
        ck_assert(!park_is_dozing(&park));
        park_deinit(&park);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                empty_inbox_gives_nothing,
                posts_come_out_in_the_order_they_went_in,
                no_letter_and_no_wake_is_lost_between_threads,
                owner_that_is_awake_is_not_written_to,
                owner_is_told_that_it_was_sought,
                owner_that_dozes_says_so_and_can_be_woken,
        };

        return suite_run("inbox", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
