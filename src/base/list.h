/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * An intrusive, circular, doubly linked list. The head is a struct list of its own; a member embeds a
 * struct list. Not thread-safe. An unlinked member points to itself, so list_remove() may be called twice.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct list {
        struct list *next, *prev;
};

#define LIST_INIT(name) \
        { &(name), &(name) }

#define container_of(ptr, type, member)                                                  \
        __extension__({                                                                  \
                const __typeof__(((type *)0)->member) *container_of_ptr_ = (ptr);        \
                (type *)((char *)(uintptr_t)container_of_ptr_ - offsetof(type, member)); \
        })

#define list_entry(ptr, type, member) container_of(ptr, type, member)

/* The entry may be removed from the list, or freed, inside the body. The head, which is no entry, is never looked
 * at as one. */
#define list_for_each(entry, head, member)                                           \
        for (struct list *list_at_ = (head)->next, *list_next_ = list_at_->next;     \
             list_at_ != (head) &&                                                   \
             (((entry) = list_entry(list_at_, __typeof__(*(entry)), member)), true); \
             list_at_ = list_next_, list_next_ = list_at_->next)

static inline void list_init(struct list *list) {
        list->next = list;
        list->prev = list;
}

static inline bool list_is_empty(const struct list *list) {
        return list->next == list;
}

static inline void list_insert_between(struct list *member, struct list *prev, struct list *next) {
        member->prev = prev;
        member->next = next;
        prev->next = member;
        next->prev = member;
}

static inline void list_push_back(struct list *head, struct list *member) {
        list_insert_between(member, head->prev, head);
}

static inline void list_push_front(struct list *head, struct list *member) {
        list_insert_between(member, head, head->next);
}

static inline void list_remove(struct list *member) {
        member->prev->next = member->next;
        member->next->prev = member->prev;
        list_init(member);
}

/* Unlinks and returns the first member, or NULL. */
static inline struct list *list_pop_front(struct list *head) {
        struct list *member = head->next;

        if (member == head)
                return NULL;
        list_remove(member);
        return member;
}
