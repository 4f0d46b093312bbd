/* SPDX-License-Identifier: MIT */

#include "daemon/session.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/fault.h"
#include "daemon/daemon.h"
#include "daemon/requests.h"

/* Where to read to: the rest of an incomplete frame in the session's buffer, then the scratch. */
struct input_plan {
        struct iovec parts[2];
        size_t n_parts;
        size_t carried; /* bytes at the scratch's begin that were there before */
};

/* ---- when to read ---- */

static bool session_may_take(const struct session *session) {
        return session_is_open(session) && !session_is_backed_up(session) &&
               (!session->is_held ||
                session->n_unanswered < limits_get(&session->daemon->limits, LIMIT_REQUESTS));
}

/* While frames wait the peer's end is still watched for, so that its work ends with it. */
static void session_watch(struct session *session, bool reads) {
        short events = (short)((reads ? EV_READ : EV_CLOSED) | EV_PERSIST);

        if (session->is_reading == reads)
                return;
        (void)event_del(&session->read_event);
        (void)event_assign(&session->read_event,
                           session->daemon->base,
                           session->fd,
                           events,
                           session_on_readable,
                           session);
        if (event_add(&session->read_event, NULL) < 0) {
                session_close(session);
                return;
        }
        session->is_reading = reads;
}

static bool session_has_waiting_frame(const struct session *session) {
        struct frame frame;

        return buffer_get_length(&session->input) > 0 &&
               frame_parse(buffer_get_data(&session->input),
                           buffer_get_length(&session->input),
                           limits_get(&session->daemon->limits, LIMIT_FRAME_BYTES),
                           &frame) != FRAME_E_MORE;
}

/* The rest of a frame has its time, which runs while the daemon does read. */
static void session_update_frame_timeout(struct session *session, bool is_frame_due) {
        if (session->state != SESSION_OPEN)
                return;
        if (!is_frame_due)
                timeout_stop(&session->input_timeout);
        else if (!timeout_is_running(&session->input_timeout))
                timeout_start(&session->daemon->frame_timeouts, &session->input_timeout);
}

void session_update_reading(struct session *session) {
        bool is_waiting, may_take;

        if (!session_is_open(session))
                return;
        is_waiting = session_has_waiting_frame(session);
        may_take = session_may_take(session);
        if (may_take && is_waiting) {
                if (list_is_empty(&session->ready_link))
                        list_push_back(&session->daemon->ready, &session->ready_link);
                gca_runtime_request_pass(session->daemon->runtime);
        } else {
                session->is_held = session->is_held && is_waiting;
                session_watch(session, may_take);
        }
        session_update_frame_timeout(
                session, may_take && !is_waiting && buffer_get_length(&session->input) > 0);
}

/* ---- descriptors ---- */

void session_drop_descriptors(struct session *session) {
        for (unsigned i = 0; i < session->n_descriptors; i++)
                (void)close(session->descriptors[i]);
        session->n_descriptors = 0;
}

/* Keeps what came with a read; false where it is more than any frame may count, all closed then. */
static bool session_take_descriptors(struct session *session, struct msghdr *header) {
        bool is_surplus = header->msg_flags & MSG_CTRUNC;

        for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control;
             control = CMSG_NXTHDR(header, control)) {
                size_t n;

                if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
                        continue;
                n = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
                for (size_t i = 0; i < n; i++) {
                        int fd;

                        memcpy(&fd, CMSG_DATA(control) + i * sizeof(int), sizeof(int));
                        if (session->n_descriptors < FRAME_DESCRIPTORS_MAX) {
                                session->descriptors[session->n_descriptors++] = fd;
                        } else {
                                (void)close(fd);
                                is_surplus = true;
                        }
                }
        }
        if (is_surplus)
                session_drop_descriptors(session);
        return !is_surplus;
}

bool session_claim_descriptors(struct session *session, const struct frame *frame) {
        bool is_exact = frame->n_descriptors == session->n_descriptors;

        if (!is_exact)
                session_fail(session,
                             GCASYNC__ERROR_CODE__ERROR_DESCRIPTORS,
                             "a frame counts %u descriptors, and %u came with it",
                             frame->n_descriptors,
                             session->n_descriptors);
        session_drop_descriptors(session);
        return is_exact;
}

/* ---- frames ---- */

static void session_refuse_frame(struct session *session, int outcome) {
        switch (outcome) {
        case FRAME_E_TOO_LARGE:
                session_fail_limit(session,
                                   GCASYNC__ERROR_CODE__ERROR_FRAME_TOO_LARGE,
                                   LIMIT_FRAME_BYTES,
                                   "a frame is larger than the limit");
                break;
        case FRAME_E_PREAMBLE:
                session_fail(session,
                             GCASYNC__ERROR_CODE__ERROR_MALFORMED,
                             "this is gcasyncd's socket, and what came is another protocol "
                             "(HTTP, TLS, D-Bus or SSH)");
                break;
        case FRAME_E_EMPTY:
                session_fail(session, GCASYNC__ERROR_CODE__ERROR_MALFORMED, "a frame of length 0");
                break;
        case FRAME_E_FLAGS:
                session_fail(session,
                             GCASYNC__ERROR_CODE__ERROR_MALFORMED,
                             "a frame with unknown flags");
                break;
        case FRAME_E_DESCRIPTORS:
                session_fail(session,
                             GCASYNC__ERROR_CODE__ERROR_DESCRIPTORS,
                             "a frame that counts more than %d descriptors",
                             FRAME_DESCRIPTORS_MAX);
                break;
        default:
                session_fail(session, GCASYNC__ERROR_CODE__ERROR_MALFORMED, "not a frame");
                break;
        }
}

/* Takes frames until data is dry, the slice is used up, or the session may not. Returns the bytes taken. */
static size_t session_take_frames(struct session *session, const uint8_t *data, size_t size) {
        size_t frame_max = limits_get(&session->daemon->limits, LIMIT_FRAME_BYTES);
        size_t taken = 0;

        for (unsigned n = 0; n < SESSION_SLICE_FRAMES && taken < SESSION_SLICE_BYTES; n++) {
                struct frame frame;
                int r;

                if (taken == size || !session_may_take(session))
                        break;
                r = frame_parse(data + taken, size - taken, frame_max, &frame);
                if (r == FRAME_E_MORE)
                        break;
                if (r != 0) {
                        session_refuse_frame(session, r);
                        break;
                }
                r = requests_handle(session, &frame);
                arena_trim(&session->daemon->arena);
                if (r == REQUESTS_E_HELD) {
                        session->is_held = true;
                        break;
                }
                taken += frame.size;
                if (!session_is_open(session))
                        break;
        }
        return taken;
}

/* After a slice: what came must belong to a frame, and what is left decides what is next. */
static void session_settle_input(struct session *session) {
        if (session->input.data && buffer_get_length(&session->input) == 0)
                buffer_trim(&session->input);
        if (session->n_descriptors > 0 && buffer_get_length(&session->input) == 0)
                session_fail(session,
                             GCASYNC__ERROR_CODE__ERROR_DESCRIPTORS,
                             "%u descriptors came that no frame counts",
                             session->n_descriptors);
        session_update_reading(session);
}

static void session_keep(struct session *session, const uint8_t *data, size_t size) {
        if (size == 0 || !session_is_open(session))
                return;
        if (buffer_append(&session->input, data, size) < 0)
                session_fail(session,
                             GCASYNC__ERROR_CODE__ERROR_NO_MEMORY,
                             "the daemon has no memory for the request");
}

void session_take_slice(struct session *session) {
        size_t taken;

        list_remove(&session->ready_link);
        if (!session_is_open(session))
                return;
        session->is_held = false;
        taken = session_take_frames(
                session, buffer_get_data(&session->input), buffer_get_length(&session->input));
        buffer_consume(&session->input, taken);
        /* A frame was taken, so what is left began to arrive after it. */
        if (taken > 0 && session->state == SESSION_OPEN)
                timeout_stop(&session->input_timeout);
        session_settle_input(session);
}

/* ---- reading ---- */

/* 0 or -ENOMEM. */
static int session_plan_read(struct session *session, struct input_plan *plan) {
        size_t have = buffer_get_length(&session->input), want = have;
        uint8_t *scratch = session->daemon->scratch, *room;
        struct frame frame = { 0 };

        *plan = (struct input_plan){ 0 };
        if (have >= FRAME_HEADER_SIZE) {
                (void)frame_parse(buffer_get_data(&session->input),
                                  have,
                                  limits_get(&session->daemon->limits, LIMIT_FRAME_BYTES),
                                  &frame);
                /* A header alone buys no more memory than a slice; the frame's bytes buy the rest. */
                want = frame.size - have;
                if (want > SESSION_SLICE_BYTES)
                        want = SESSION_SLICE_BYTES;
                room = buffer_reserve(&session->input, want);
                if (!room)
                        return fault_raise(-ENOMEM);
                plan->parts[plan->n_parts++] = (struct iovec){ .iov_base = room, .iov_len = want };
                if (frame.size - have > want)
                        return 0;
        } else if (have > 0) {
                memcpy(scratch, buffer_get_data(&session->input), have);
                buffer_consume(&session->input, have);
                plan->carried = have;
        }
        plan->parts[plan->n_parts++] =
                (struct iovec){ .iov_base = scratch + plan->carried,
                                .iov_len = SESSION_SCRATCH_SIZE - plan->carried };
        return 0;
}

/* The bytes read are where the plan said: completes the frame in the buffer, then takes the scratch. */
static void
session_take_input(struct session *session, const struct input_plan *plan, size_t size) {
        const uint8_t *scratch = session->daemon->scratch;
        bool had_frame = buffer_get_length(&session->input) > 0;
        size_t taken;

        if (had_frame) {
                size_t in_buffer = plan->parts[0].iov_len;

                if (in_buffer > size)
                        in_buffer = size;
                buffer_commit(&session->input, in_buffer);
                size -= in_buffer;
                taken = session_take_frames(session,
                                            buffer_get_data(&session->input),
                                            buffer_get_length(&session->input));
                buffer_consume(&session->input, taken);
                if (buffer_get_length(&session->input) > 0) {
                        session_keep(session, scratch, size);
                        return;
                }
        } else {
                size += plan->carried;
        }
        taken = session_take_frames(session, scratch, size);
        /* What is left began to arrive now, unless it is the rest of a header that still is incomplete. */
        if (session->state == SESSION_OPEN && (taken > 0 || plan->carried == 0))
                timeout_stop(&session->input_timeout);
        session_keep(session, scratch + taken, size - taken);
}

/* Bytes, 0 at the end of file, or -errno; -EAGAIN when there was nothing. */
static ssize_t session_receive(struct session *session, struct input_plan *plan) {
        union {
                struct cmsghdr header;
                char bytes[CMSG_SPACE(sizeof(int) * FRAME_DESCRIPTORS_MAX)];
        } control;
        struct msghdr header = { .msg_iov = plan->parts,
                                 .msg_iovlen = plan->n_parts,
                                 .msg_control = control.bytes,
                                 .msg_controllen = sizeof(control.bytes) };
        ssize_t n;

        n = recvmsg(session->fd, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
        if (n < 0)
                return -errno;
        if ((header.msg_controllen > 0 || header.msg_flags & MSG_CTRUNC) &&
            !session_take_descriptors(session, &header))
                session_fail(session,
                             GCASYNC__ERROR_CODE__ERROR_DESCRIPTORS,
                             "more descriptors came than a frame may count, or than the daemon "
                             "can hold");
        return n;
}

void session_on_readable(int fd, short events, void *data) {
        struct session *session = session_from(data);
        struct input_plan plan;
        ssize_t n;

        (void)fd;
        if (!session_is_open(session))
                return;
        if (events & EV_CLOSED) {
                session_close(session);
                return;
        }
        /* Frames wait: they come first, and in their own time. */
        if (!list_is_empty(&session->ready_link))
                return;
        if (session_plan_read(session, &plan) < 0) {
                session_fail(session,
                             GCASYNC__ERROR_CODE__ERROR_NO_MEMORY,
                             "the daemon has no memory for the request");
                return;
        }
        n = session_receive(session, &plan);
        if (plan.carried > 0 && n <= 0)
                session_keep(session, session->daemon->scratch, plan.carried);
        if (n == -EAGAIN || n == -EINTR)
                return;
        if (n <= 0) {
                session_close(session);
                return;
        }
        if (session_is_open(session))
                session_take_input(session, &plan, (size_t)n);
        session_settle_input(session);
}
