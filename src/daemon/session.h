/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A session: one connection. I/O thread throughout.
 *
 *     NEW --Hello--> OPEN --> CLOSING (replies are still written) --> CLOSED
 *      |               |                                                ^
 *      +---------------+-- end of file, or the peer is gone ------------+
 *
 * INPUT is read into the daemon's scratch and parsed there in place until it is dry; only what cannot be
 * taken at once is copied to the session's own buffer: an incomplete frame, or frames that must wait (a slice of
 * 64 frames or 256 KiB a pass is used up, too many requests are unanswered, replies are not read). Nothing is
 * read while frames wait.
 *
 * OUTPUT is gathered in one buffer and written once, at the end of the pass. What is backed up stops the reading
 * of requests; results and captured output are then left where they are (the lists due and followers) and fetched as
 * the peer reads, so a slow reader costs no memory.
 *
 * AN END is never made on the spot: session_fail() and session_close() mark the session, and
 * sessions_end_pass() gives up its work, its descriptor and its memory. So a handler may end any session at
 * any time. An idle session holds no buffer.
 */

#include <event2/event_struct.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/list.h"
#include "daemon/limits.h"
#include "daemon/timeouts.h"
#include "gcasync.pb-c.h"
#include "wire/frame.h"

struct account;
struct daemon;

enum {
        SESSION_MAGIC = 0x5e551011,
        SESSION_SLICE_FRAMES = 64,
        SESSION_SLICE_BYTES = 256 << 10,
        SESSION_SCRATCH_SIZE = 256 << 10,
        SESSION_CLIENT_NAME_MAX = 64,
};

enum session_state {
        SESSION_NEW,
        SESSION_OPEN,
        SESSION_CLOSING, /* nothing is read; closed when everything is written */
        SESSION_CLOSED,
};

struct session {
        uint32_t magic;
        enum session_state state;
        struct daemon *daemon;
        struct account *account;
        struct list link;       /* of all sessions */
        struct list ready_link; /* frames wait and may be taken in the next pass */
        struct list dirty_link; /* there may be something to write */
        struct list end_link;   /* state is CLOSING or CLOSED, the work is not yet given up */
        struct event read_event, write_event;
        struct timeout input_timeout;  /* hello, or the rest of a frame */
        struct timeout output_timeout; /* since the peer last took something of what is backed up */
        struct buffer input;
        struct buffer output;
        struct list waiters;   /* struct waiter: unanswered submits and awaits */
        struct list due;       /* struct waiter: answers that wait for room in the output */
        struct list followers; /* struct follower */
        uint64_t id;
        uint64_t request_id_max;
        uint64_t due_bytes;
        char *client_name;
        pid_t pid;
        uint32_t uid;
        int fd;
        unsigned n_unanswered;
        unsigned n_descriptors; /* received, not yet claimed by a frame */
        int descriptors[FRAME_DESCRIPTORS_MAX];
        bool is_reading;      /* read_event waits for bytes; else for the peer's end only */
        bool is_writing;      /* write_event is added */
        bool is_held;         /* a request waits until others are answered */
        bool is_progress_due; /* a progress event was held back */
};

/* ---- life (session.c) ---- */

/* Takes fd over, on success only. 0 or -ENOMEM. */
int session_new(struct daemon *daemon, int fd, struct account *account, pid_t pid);

/* Ends the session with an Error about it: code and a sentence. The first end stands. */
void session_fail(struct session *session, Gcasync__ErrorCode code, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* As session_fail(), for a limit that is reached. */
void session_fail_limit(struct session *session,
                        Gcasync__ErrorCode code,
                        enum limit limit,
                        const char *text);
/* Ends it after what has been replied is written. */
void session_finish(struct session *session);
/* Ends it now; the peer is gone, or must not be waited for. */
void session_close(struct session *session);

static inline bool session_is_open(const struct session *session) {
        return session->state <= SESSION_OPEN;
}

/* Whether an unanswered request has this id. */
bool session_has_request(const struct session *session, uint64_t request_id);

/* One more, or one less, request that is answered later. */
void session_begin_request(struct session *session);
void session_end_request(struct session *session);

/* ---- input (session-input.c) ---- */

void session_on_readable(int fd, short events, void *data);
/* Takes frames that wait, a slice of them. */
void session_take_slice(struct session *session);
/* Lets it read, or not, as its state asks for. */
void session_update_reading(struct session *session);
/*
 * A frame that counts descriptors takes those at hand: they came with its first byte, so when it is whole
 * they are exactly its own, or the session ends (false). No request of this daemon has a use for any: they are
 * closed.
 */
bool session_claim_descriptors(struct session *session, const struct frame *frame);
/* Closes descriptors that no frame claimed. */
void session_drop_descriptors(struct session *session);

/* ---- output (session-output.c) ---- */

/* Appends a reply. A session that has ended takes none. 0, -ENOMEM (the session ends) or -EMSGSIZE. */
int session_reply(struct session *session, const Gcasync__Reply *reply);
/* The same for the reply that most of them are. */
struct hot_result;
int session_reply_success(struct session *session, const struct hot_result *success);
void session_reply_error(struct session *session,
                         uint64_t request_id,
                         Gcasync__ErrorCode code,
                         const char *format,
                         ...) __attribute__((format(printf, 4, 5)));
void session_reply_limit(struct session *session,
                         uint64_t request_id,
                         enum limit limit,
                         uint64_t used);
void session_reply_done(struct session *session, uint64_t request_id, bool is_changed);

/* Whether replies should be held back until the peer has read more. */
bool session_is_backed_up(const struct session *session);

void session_on_writable(int fd, short events, void *data);
/* Writes what there is; fetches what was held back as room appears. */
void session_flush(struct session *session);

/* ---- all sessions (sessions.c) ---- */

/* The end of a pass: waiting frames are taken, ends are made, output is written. */
void sessions_end_pass(struct daemon *daemon);
/* The daemon stops: every session is told, and ended. */
void sessions_fail_all(struct daemon *daemon);
/* The loop has ended: every session goes. */
void sessions_close_all(struct daemon *daemon);
/* By id, or NULL. */
struct session *sessions_find(const struct daemon *daemon, uint64_t id);

static inline struct session *session_from(void *data) {
        struct session *session = data;

        if (session->magic != SESSION_MAGIC)
                __builtin_trap();
        return session;
}
