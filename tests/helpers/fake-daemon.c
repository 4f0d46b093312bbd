/* SPDX-License-Identifier: MIT */

#include "helpers/fake-daemon.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/check.h"
#include "wire/frame.h"
#include "wire/message.h"

enum {
        N_SESSIONS_MAX = 64,
        N_HELD_MAX = 4096,
        READ_SIZE = 64 << 10,
        SMALL_FRAME_SIZE = 1024,
        KNOWN_TASK = 7,
};

struct fake_session {
        struct fake_daemon *daemon;
        pthread_t thread;
        int fd;
        struct buffer input, output;
        struct arena arena;
        uint64_t held[N_HELD_MAX];
        size_t n_held;
        uint64_t next_task;
        bool is_over;
};

struct fake_daemon {
        enum fake_manner manner;
        char directory[64];
        struct sockaddr_un address;
        int listen_fd;
        pthread_t thread;
        pthread_mutex_t lock;
        /* Under the lock: */
        struct fake_session *sessions[N_SESSIONS_MAX];
        size_t n_sessions, n_requests, n_reads;
        char client_name[65];
};

/* ---- replies ---- */

static void fake_reply(struct fake_session *session, Gcasync__Reply *reply, uint64_t id) {
        int r;

        reply->id = id;
        r = message_append(&session->output, &reply->base, FRAME_SIZE_MAX_DEFAULT);
        assert(r == 0);
}

static void fake_reply_error(struct fake_session *session,
                             uint64_t id,
                             Gcasync__ErrorCode code,
                             const char *message) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__Error error = GCASYNC__ERROR__INIT;

        error.code = code;
        error.message = message_text(message);
        reply.body_case = GCASYNC__REPLY__BODY_ERROR;
        reply.error = &error;
        fake_reply(session, &reply, id);
}

static void fake_reply_welcome(struct fake_session *session, uint64_t id) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__Welcome welcome = GCASYNC__WELCOME__INIT;
        Gcasync__Limit limit = GCASYNC__LIMIT__INIT;
        Gcasync__Limit *limits[] = { &limit };
        bool is_small = session->daemon->manner == FAKE_MANNER_SMALL;

        limit.name = message_text("frame-bytes");
        limit.value = is_small ? SMALL_FRAME_SIZE : FRAME_SIZE_MAX_DEFAULT;
        welcome.version = session->daemon->manner == FAKE_MANNER_FUTURE ? 2 : 1;
        welcome.daemon_version = message_text("0.1.0-fake");
        welcome.session = 42;
        welcome.limits = limits;
        welcome.n_limits = 1;
        reply.body_case = GCASYNC__REPLY__BODY_WELCOME;
        reply.welcome = &welcome;
        fake_reply(session, &reply, id);
}

static void fake_reply_value(struct fake_session *session,
                             uint64_t id,
                             uint64_t task,
                             ProtobufCBinaryData value) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__Result result = GCASYNC__RESULT__INIT;

        result.task = task;
        result.state = GCASYNC__TASK_STATE__TASK_SUCCEEDED;
        result.value = value;
        reply.body_case = GCASYNC__REPLY__BODY_RESULT;
        reply.result = &result;
        fake_reply(session, &reply, id);
}

static void fake_reply_failure(struct fake_session *session, uint64_t id, uint64_t task) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__Result result = GCASYNC__RESULT__INIT;
        Gcasync__Failure failure = GCASYNC__FAILURE__INIT;
        Gcasync__Failure causes[2] = { GCASYNC__FAILURE__INIT, GCASYNC__FAILURE__INIT };
        Gcasync__Failure *causes_list[] = { &causes[0], &causes[1] };

        failure.code = message_text("no-luck");
        failure.message = message_text("it was not to be");
        causes[0].task = 1;
        causes[0].code = message_text("first");
        causes[1].task = 2;
        causes[1].message = message_text("the second");
        result.task = task;
        result.state = GCASYNC__TASK_STATE__TASK_FAILED;
        result.failure = &failure;
        result.causes = causes_list;
        result.n_causes = 2;
        reply.body_case = GCASYNC__REPLY__BODY_RESULT;
        reply.result = &result;
        fake_reply(session, &reply, id);
}

static void fake_reply_submitted(struct fake_session *session, uint64_t id, uint64_t task) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__Submitted submitted = GCASYNC__SUBMITTED__INIT;

        submitted.task = task;
        reply.body_case = GCASYNC__REPLY__BODY_SUBMITTED;
        reply.submitted = &submitted;
        fake_reply(session, &reply, id);
}

static void fake_reply_done(struct fake_session *session, uint64_t id, bool changed) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__Done done = GCASYNC__DONE__INIT;

        done.changed = changed;
        reply.body_case = GCASYNC__REPLY__BODY_DONE;
        reply.done = &done;
        fake_reply(session, &reply, id);
}

static void fake_reply_pong(struct fake_session *session, uint64_t id) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__Pong pong = GCASYNC__PONG__INIT;

        reply.body_case = GCASYNC__REPLY__BODY_PONG;
        reply.pong = &pong;
        fake_reply(session, &reply, id);
}

static void fake_reply_accepted(struct fake_session *session, uint64_t id, uint64_t task) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__Accepted accepted = GCASYNC__ACCEPTED__INIT;

        accepted.task = task;
        reply.body_case = GCASYNC__REPLY__BODY_ACCEPTED;
        reply.accepted = &accepted;
        fake_reply(session, &reply, id);
}

static void
fake_reply_progress(struct fake_session *session, uint64_t id, uint64_t task, uint64_t done) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__Progress progress = GCASYNC__PROGRESS__INIT;

        progress.task = task;
        progress.done = done;
        progress.total = 2;
        progress.text = message_text("step");
        reply.body_case = GCASYNC__REPLY__BODY_PROGRESS;
        reply.progress = &progress;
        fake_reply(session, &reply, id);
}

static void fake_reply_output(struct fake_session *session,
                              uint64_t id,
                              uint64_t task,
                              const char *text,
                              uint64_t offset) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__Output output = GCASYNC__OUTPUT__INIT;

        output.task = task;
        output.stream = GCASYNC__OUTPUT_STREAM__OUTPUT_STDOUT;
        output.offset = offset;
        output.data = message_text(text);
        output.cut_bytes = 3;
        reply.body_case = GCASYNC__REPLY__BODY_OUTPUT;
        reply.output = &output;
        fake_reply(session, &reply, id);
}

/* A reply with a body that is not in the schema: a field of that number, empty. */
static void fake_reply_odd(struct fake_session *session, uint8_t id, unsigned number) {
        uint8_t message[] = {
                0x08, id, (uint8_t)(number << 3 | 2 | 0x80), (uint8_t)(number >> 4), 0
        };
        uint8_t header[FRAME_HEADER_SIZE];
        int r;

        assert(id < 0x80);
        frame_write_header(header, sizeof(message), 0);
        r = buffer_append(&session->output, header, sizeof(header));
        assert(r == 0);
        r = buffer_append(&session->output, message, sizeof(message));
        assert(r == 0);
}

static void fake_reply_tasks(struct fake_session *session, uint64_t id) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__TaskList list = GCASYNC__TASK_LIST__INIT;
        Gcasync__TaskInfo infos[2] = { GCASYNC__TASK_INFO__INIT, GCASYNC__TASK_INFO__INIT };
        Gcasync__TaskInfo *tasks[] = { &infos[0], &infos[1] };
        Gcasync__Failure failure = GCASYNC__FAILURE__INIT;

        failure.code = message_text("no-luck");
        infos[0].task = 5;
        infos[0].kind = message_text("core.sleep");
        infos[0].state = GCASYNC__TASK_STATE__TASK_RUNNING;
        infos[0].uid = 1000;
        infos[0].waiting_for = message_text("timer");
        infos[0].n_waiters = 3;
        infos[0].stack_bytes = 700;
        infos[0].stack_size = 65536;
        infos[1].task = 6;
        infos[1].state = GCASYNC__TASK_STATE__TASK_FAILED;
        infos[1].failure = &failure;
        infos[1].label = message_text("second");
        list.tasks = tasks;
        list.n_tasks = 2;
        list.more = true;
        reply.body_case = GCASYNC__REPLY__BODY_TASKS;
        reply.tasks = &list;
        fake_reply(session, &reply, id);
}

static void fake_reply_kinds(struct fake_session *session, uint64_t id) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__KindList list = GCASYNC__KIND_LIST__INIT;
        Gcasync__KindInfo kind = GCASYNC__KIND_INFO__INIT;
        Gcasync__KindInfo *kinds[] = { &kind };
        Gcasync__ArgumentInfo infos[2] = { GCASYNC__ARGUMENT_INFO__INIT,
                                           GCASYNC__ARGUMENT_INFO__INIT };
        Gcasync__ArgumentInfo *arguments[] = { &infos[0], &infos[1] };

        infos[0].name = message_text("value");
        infos[0].type = message_text("any");
        infos[0].required = true;
        infos[1].name = message_text("secret");
        infos[1].type = message_text("string");
        infos[1].default_text = message_text("\"\"");
        infos[1].sensitive = true;
        kind.name = message_text("core.echo");
        kind.mode = message_text("inline");
        kind.doc = message_text("gives its argument back");
        kind.arguments = arguments;
        kind.n_arguments = 2;
        kind.inline_limit_bytes = 65536;
        list.kinds = kinds;
        list.n_kinds = 1;
        reply.body_case = GCASYNC__REPLY__BODY_KINDS;
        reply.kinds = &list;
        fake_reply(session, &reply, id);
}

static void fake_reply_status(struct fake_session *session, uint64_t id) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__DaemonStatus status = GCASYNC__DAEMON_STATUS__INIT;
        Gcasync__Limit numbers[3] = { GCASYNC__LIMIT__INIT,
                                      GCASYNC__LIMIT__INIT,
                                      GCASYNC__LIMIT__INIT };
        Gcasync__Limit *limits[] = { &numbers[0] };
        Gcasync__Limit *counters[] = { &numbers[1], &numbers[2] };

        numbers[0].name = message_text("tasks");
        numbers[0].value = 100000;
        numbers[1].name = message_text("tasks");
        numbers[1].value = 3;
        numbers[2].name = message_text("tasks-submitted");
        numbers[2].value = 17;
        status.version = message_text("0.1.0-fake");
        status.state = message_text("running");
        status.pid = 99;
        status.n_workers = 2;
        status.limits = limits;
        status.n_limits = 1;
        status.counters = counters;
        status.n_counters = 2;
        reply.body_case = GCASYNC__REPLY__BODY_STATUS;
        reply.status = &status;
        fake_reply(session, &reply, id);
}

static void fake_reply_log(struct fake_session *session, uint64_t id, uint64_t task) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__LogEnd end = GCASYNC__LOG_END__INIT;

        fake_reply_output(session, id, task, "one ", 0);
        fake_reply_output(session, id, task, "two ", 4);
        fake_reply_output(session, id, task, "three", 8);
        end.stdout_bytes = 13;
        end.cut_bytes = 9;
        reply.body_case = GCASYNC__REPLY__BODY_LOG_END;
        reply.log_end = &end;
        fake_reply(session, &reply, id);
}

/* ---- commands: the kinds ---- */

struct fake_submit {
        struct fake_session *session;
        uint64_t id, task;
        const Gcasync__Submit *submit;
};

static void fake_echo(const struct fake_submit *s) {
        if (s->submit->detached)
                fake_reply_submitted(s->session, s->id, s->task);
        else
                fake_reply_value(s->session, s->id, s->task, s->submit->arguments);
}

static void fake_fail(const struct fake_submit *s) {
        fake_reply_failure(s->session, s->id, s->task);
}

static void fake_refuse(const struct fake_submit *s) {
        fake_reply_error(
                s->session, s->id, GCASYNC__ERROR_CODE__ERROR_LIMIT, "tasks: 5 of 5 are in use");
}

static void fake_hold(const struct fake_submit *s) {
        assert(s->session->n_held < N_HELD_MAX);
        s->session->held[s->session->n_held++] = s->id;
}

static void fake_release(const struct fake_submit *s) {
        while (s->session->n_held > 0)
                fake_reply_value(s->session,
                                 s->session->held[--s->session->n_held],
                                 s->task,
                                 message_text(NULL));
        fake_echo(s);
}

static void fake_events(const struct fake_submit *s) {
        if (s->submit->want_accepted)
                fake_reply_accepted(s->session, s->id, s->task);
        if (s->submit->want_progress) {
                fake_reply_progress(s->session, s->id, s->task, 1);
                fake_reply_progress(s->session, s->id, s->task, 2);
        }
        if (s->submit->want_output)
                fake_reply_output(s->session, s->id, s->task, "hello", 100);
        fake_echo(s);
}

static void fake_odd_event(const struct fake_submit *s) {
        fake_reply_odd(s->session, (uint8_t)s->id, 60);
        fake_echo(s);
}

static void fake_odd_reply(const struct fake_submit *s) {
        fake_reply_odd(s->session, (uint8_t)s->id, 20);
}

static void fake_hang_up(const struct fake_submit *s) {
        s->session->is_over = true;
}

static void fake_cut(const struct fake_submit *s) {
        fake_echo(s);
        s->session->output.end--;
        s->session->is_over = true;
}

static void fake_fire(const struct fake_submit *s) {
        fake_reply_error(
                s->session, 0, GCASYNC__ERROR_CODE__ERROR_SLOW_READER, "you read too slowly");
        s->session->is_over = true;
}

static void fake_garbage(const struct fake_submit *s) {
        int r = buffer_append(&s->session->output, "HTTP/1.1 400 Bad Request\r\n\r\n", 28);

        assert(r == 0);
}

static void fake_wrong_id(const struct fake_submit *s) {
        fake_reply_pong(s->session, s->id + 1000);
}

static void fake_wrong_body(const struct fake_submit *s) {
        fake_reply_pong(s->session, s->id);
}

static void fake_twice(const struct fake_submit *s) {
        fake_echo(s);
        fake_echo(s);
}

static void fake_wrong_value(const struct fake_submit *s) {
        fake_reply_value(s->session, s->id, s->task, message_text("no graph"));
}

static const struct fake_command {
        const char *kind;
        void (*run)(const struct fake_submit *submit);
} fake_commands[] = {
        { "echo", fake_echo },           { "fail", fake_fail },
        { "refuse", fake_refuse },       { "hold", fake_hold },
        { "release", fake_release },     { "events", fake_events },
        { "odd-event", fake_odd_event }, { "odd-reply", fake_odd_reply },
        { "hang-up", fake_hang_up },     { "cut", fake_cut },
        { "fire", fake_fire },           { "garbage", fake_garbage },
        { "wrong-id", fake_wrong_id },   { "wrong-body", fake_wrong_body },
        { "twice", fake_twice },         { "wrong-value", fake_wrong_value },
};

static void fake_submit(struct fake_session *session, uint64_t id, const Gcasync__Submit *submit) {
        struct fake_submit s = {
                .session = session, .id = id, .task = ++session->next_task, .submit = submit
        };

        for (size_t i = 0; i < sizeof(fake_commands) / sizeof(*fake_commands); i++)
                if (submit->kind.len == strlen(fake_commands[i].kind) &&
                    memcmp(submit->kind.data, fake_commands[i].kind, submit->kind.len) == 0) {
                        fake_commands[i].run(&s);
                        return;
                }
        fake_reply_error(session, id, GCASYNC__ERROR_CODE__ERROR_UNKNOWN_KIND, "no such kind");
}

/* ---- other requests ---- */

static void fake_await(struct fake_session *session, uint64_t id, const Gcasync__Await *await) {
        if (await->no_wait)
                fake_reply_error(session, id, GCASYNC__ERROR_CODE__ERROR_CONFLICT, "it still runs");
        else if (await->task != KNOWN_TASK)
                fake_reply_error(session, id, GCASYNC__ERROR_CODE__ERROR_NOT_FOUND, "no such task");
        else
                fake_reply_value(session, id, KNOWN_TASK, message_text(NULL));
}

static void fake_hello(struct fake_session *session, uint64_t id, const Gcasync__Hello *hello) {
        struct fake_daemon *daemon = session->daemon;

        pthread_mutex_lock(&daemon->lock);
        (void)snprintf(daemon->client_name,
                       sizeof(daemon->client_name),
                       "%.*s",
                       (int)hello->client_name.len,
                       (const char *)hello->client_name.data);
        pthread_mutex_unlock(&daemon->lock);
        if (daemon->manner == FAKE_MANNER_OLD)
                fake_reply_error(
                        session, id, GCASYNC__ERROR_CODE__ERROR_VERSION, "only version 0 here");
        else
                fake_reply_welcome(session, id);
}

static void fake_handle(struct fake_session *session, const Gcasync__Request *request) {
        switch (request->body_case) {
        case GCASYNC__REQUEST__BODY_HELLO:
                fake_hello(session, request->id, request->hello);
                break;
        case GCASYNC__REQUEST__BODY_SUBMIT:
                fake_submit(session, request->id, request->submit);
                break;
        case GCASYNC__REQUEST__BODY_AWAIT:
                fake_await(session, request->id, request->await);
                break;
        case GCASYNC__REQUEST__BODY_ABORT:
                fake_reply_done(session, request->id, request->abort->now);
                break;
        case GCASYNC__REQUEST__BODY_INSPECT:
                fake_reply_tasks(session, request->id);
                break;
        case GCASYNC__REQUEST__BODY_KINDS:
                fake_reply_kinds(session, request->id);
                break;
        case GCASYNC__REQUEST__BODY_LOG:
                fake_reply_log(session, request->id, request->log->task);
                break;
        case GCASYNC__REQUEST__BODY_REMOVE:
                fake_reply_done(session, request->id, true);
                break;
        case GCASYNC__REQUEST__BODY_PING:
                fake_reply_pong(session, request->id);
                break;
        case GCASYNC__REQUEST__BODY_STATUS:
                fake_reply_status(session, request->id);
                break;
        case GCASYNC__REQUEST__BODY_BYE:
                fake_reply_done(session, request->id, false);
                session->is_over = true;
                break;
        default:
                fake_reply_error(
                        session, request->id, GCASYNC__ERROR_CODE__ERROR_UNIMPLEMENTED, NULL);
        }
}

/* ---- sessions ---- */

static void fake_take_requests(struct fake_session *session) {
        const Gcasync__Request *request;
        struct frame frame;
        size_t n = 0;

        while (!session->is_over && buffer_get_length(&session->input) > 0 &&
               frame_parse(buffer_get_data(&session->input),
                           buffer_get_length(&session->input),
                           FRAME_SIZE_MAX_DEFAULT,
                           &frame) == 0) {
                int r = message_unpack_request(
                        &session->arena, frame.message, frame.message_size, &request);

                assert(r == 0);
                if (session->daemon->manner != FAKE_MANNER_MUTE)
                        fake_handle(session, request);
                buffer_consume(&session->input, frame.size);
                n++;
        }
        pthread_mutex_lock(&session->daemon->lock);
        session->daemon->n_requests += n;
        session->daemon->n_reads++;
        pthread_mutex_unlock(&session->daemon->lock);
}

/* Blocks while the client does not read: nothing is read from it meanwhile. */
static void fake_send(struct fake_session *session) {
        while (buffer_get_length(&session->output) > 0) {
                ssize_t n = send(session->fd,
                                 buffer_get_data(&session->output),
                                 buffer_get_length(&session->output),
                                 MSG_NOSIGNAL);

                if (n < 0) {
                        session->is_over = true;
                        return;
                }
                buffer_consume(&session->output, (size_t)n);
        }
}

static void *fake_session_run(void *data) {
        struct fake_session *session = data;

        if (session->daemon->manner == FAKE_MANNER_BUSY) {
                fake_reply_error(session, 0, GCASYNC__ERROR_CODE__ERROR_BUSY, "too many sessions");
                session->is_over = true;
        }
        if (session->daemon->manner == FAKE_MANNER_CLOSING)
                session->is_over = true;
        while (!session->is_over) {
                uint8_t *room = buffer_reserve(&session->input, READ_SIZE);
                ssize_t n;

                assert(room);
                n = recv(session->fd, room, READ_SIZE, 0);
                if (n <= 0)
                        break;
                buffer_commit(&session->input, (size_t)n);
                fake_take_requests(session);
                fake_send(session);
        }
        fake_send(session);
        (void)shutdown(session->fd, SHUT_RDWR);
        return NULL;
}

static void fake_session_start(struct fake_daemon *daemon, int fd) {
        struct fake_session *session = calloc(1, sizeof(*session));
        int r;

        assert(session);
        session->daemon = daemon;
        session->fd = fd;
        session->next_task = 100;
        r = arena_init(&session->arena);
        assert(r == 0);
        pthread_mutex_lock(&daemon->lock);
        assert(daemon->n_sessions < N_SESSIONS_MAX);
        daemon->sessions[daemon->n_sessions++] = session;
        r = pthread_create(&session->thread, NULL, fake_session_run, session);
        assert(r == 0);
        pthread_mutex_unlock(&daemon->lock);
}

static void fake_session_stop(struct fake_session *session) {
        (void)shutdown(session->fd, SHUT_RDWR);
        (void)pthread_join(session->thread, NULL);
        (void)close(session->fd);
        buffer_deinit(&session->input);
        buffer_deinit(&session->output);
        arena_deinit(&session->arena);
        free(session);
}

/* ---- the daemon ---- */

static void *fake_daemon_run(void *data) {
        struct fake_daemon *daemon = data;

        for (;;) {
                int fd = accept4(daemon->listen_fd, NULL, NULL, SOCK_CLOEXEC);

                if (fd < 0)
                        return NULL;
                fake_session_start(daemon, fd);
        }
}

struct fake_daemon *fake_daemon_start(enum fake_manner manner) {
        struct fake_daemon *daemon = calloc(1, sizeof(*daemon));
        const char *directory;
        int r;

        assert(daemon);
        daemon->manner = manner;
        (void)pthread_mutex_init(&daemon->lock, NULL);
        (void)snprintf(daemon->directory, sizeof(daemon->directory), "/tmp/gcasync-test-XXXXXX");
        directory = mkdtemp(daemon->directory);
        assert(directory);
        daemon->address.sun_family = AF_UNIX;
        (void)snprintf(daemon->address.sun_path,
                       sizeof(daemon->address.sun_path),
                       "%s/socket",
                       daemon->directory);
        daemon->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        r = bind(daemon->listen_fd, (struct sockaddr *)&daemon->address, sizeof(daemon->address));
        assert(r == 0);
        r = listen(daemon->listen_fd, N_SESSIONS_MAX);
        assert(r == 0);
        r = pthread_create(&daemon->thread, NULL, fake_daemon_run, daemon);
        assert(r == 0);
        return daemon;
}

void fake_daemon_stop(struct fake_daemon *daemon) {
        (void)shutdown(daemon->listen_fd, SHUT_RDWR);
        (void)pthread_join(daemon->thread, NULL);
        for (size_t i = 0; i < daemon->n_sessions; i++)
                fake_session_stop(daemon->sessions[i]);
        (void)close(daemon->listen_fd);
        (void)unlink(daemon->address.sun_path);
        (void)rmdir(daemon->directory);
        (void)pthread_mutex_destroy(&daemon->lock);
        free(daemon);
}

const char *fake_daemon_get_path(const struct fake_daemon *daemon) {
        return daemon->address.sun_path;
}

size_t fake_daemon_get_n_requests(struct fake_daemon *daemon) {
        size_t n;

        pthread_mutex_lock(&daemon->lock);
        n = daemon->n_requests;
        pthread_mutex_unlock(&daemon->lock);
        return n;
}

size_t fake_daemon_get_n_reads(struct fake_daemon *daemon) {
        size_t n;

        pthread_mutex_lock(&daemon->lock);
        n = daemon->n_reads;
        pthread_mutex_unlock(&daemon->lock);
        return n;
}

void fake_daemon_get_client_name(struct fake_daemon *daemon, char *buffer, size_t size) {
        pthread_mutex_lock(&daemon->lock);
        (void)snprintf(buffer, size, "%s", daemon->client_name);
        pthread_mutex_unlock(&daemon->lock);
}
