/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A request that is sent a task's captured output: Log, or an attached Submit that asked for it. It
 * pulls: it reads from the capture only while its session's output has room, so a slow reader never makes
 * memory grow. I/O thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "daemon/capture.h"

struct job;
struct session;

struct follower {
        struct list job_link;
        struct list session_link;
        struct session *session;
        struct job *job; /* holds a reference to the task */
        uint64_t request_id;
        struct capture_cursor cursor;
        uint64_t sent_bytes;
        int stream;        /* 0: all */
        bool is_following; /* until the task has finished; else until what there is was sent */
        bool is_submit;
};

/* Starts at the begin; properties has request_id, stream and the two flags. 0 or -ENOMEM. */
int follower_new(struct session *session, struct job *job, const struct follower *properties);
struct follower *follower_free(struct follower *follower);

/* Sends what there is room for; ends, and frees, the follower when it has sent everything. */
void follower_pump(struct follower *follower);

/* There may be more output, or the task has finished. */
void job_pump_followers(struct job *job);
/* There is room in the output. */
void session_pump_followers(struct session *session);
