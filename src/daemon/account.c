/* SPDX-License-Identifier: MIT */

#include "daemon/account.h"

#include <stdlib.h>

struct account *account_find(struct list *accounts, uint32_t uid) {
        struct account *account;

        list_for_each(account, accounts, link)
                if (account->uid == uid)
                        return account;
        account = calloc(1, sizeof(*account));
        if (!account)
                return NULL;
        account->uid = uid;
        history_init(&account->history);
        list_push_back(accounts, &account->link);
        return account;
}

void account_release(struct account *account) {
        if (account->n_sessions > 0 || account->n_tasks > 0 || account->history.n > 0)
                return;
        list_remove(&account->link);
        free(account);
}
