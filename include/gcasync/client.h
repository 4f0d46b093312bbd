/* SPDX-License-Identifier: MIT */
#ifndef GCASYNC_CLIENT_H
#define GCASYNC_CLIENT_H

/*
 * libgcasync-client: talking to gcasyncd.
 *
 * A CLIENT is one connection. Each request has three faces: gcasync_submit_async() queues
 * it, gcasync_submit_finish() decodes its reply, gcasync_submit() is the two around one
 * blocking exchange. Requests are written in batches: queueing writes nothing; whatever
 * is about to wait (gcasync_client_wait() and every blocking call),
 * gcasync_client_process() and gcasync_client_flush() do.
 *
 * LOOPS. To host a client in any event loop: poll gcasync_client_get_fd() for
 * gcasync_client_get_events(), no longer than until gcasync_client_get_timeout_ns(), then
 * call gcasync_client_process(); ask for events and timeout anew after queueing requests
 * and after processing. A call of gcasync_client_wake() from any thread makes the fd
 * ready. The fd is an epoll descriptor, which belongs to the client; a thread that queues
 * requests for a loop that sleeps has to flush or to wake.
 *
 * CALLS. Every call resolves exactly once: with its reply, with GCASYNC_E_DISCONNECTED,
 * or with GCASYNC_E_TIMED_OUT at its deadline. That a task failed is a result, not an
 * error.
 *
 * THREADS. A client may be used by any thread; it locks itself. Callbacks run only inside
 * gcasync_client_process(), gcasync_client_wait(), the blocking calls and the last
 * gcasync_client_unref(), on the calling thread, in the order in which replies came, one
 * after the other, never under the lock. A callback may call back in (blocking calls
 * too), and may unref its call or the client: the client is then closed when the callback
 * has returned, and its other calls resolve as GCASYNC_E_DISCONNECTED first. Blocking
 * calls in a callback leave other callbacks for later; only gcasync_client_process(),
 * gcasync_client_wait() and waiting for a call that has callbacks run them inside. While
 * one thread waits for replies, another that waits too is served by the first, and reads
 * on itself while the first runs callbacks.
 *
 * FORK. In the child of a fork every function of a client or call but the unrefs answers
 * GCASYNC_E_FORKED (those that return something else: false, 0, "", -1 or no deadline;
 * gcasync_call_is_done() true, since waiting for it is in vain). There the unrefs close
 * descriptors, and nothing is resolved or called back. Results and builders are memory and
 * nothing else.
 *
 * The library starts no thread, installs no signal handler (it never raises SIGPIPE), has
 * no global state, and neither prints nor exits.
 *
 * All times are nanoseconds of CLOCK_MONOTONIC; GCASYNC_NO_DEADLINE stands for never.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

#define GCASYNC_NO_DEADLINE UINT64_MAX

/* ---- errors ---- */

/* Codes, names and texts. Those from MALFORMED on are the daemon's (ErrorCode in gcasync.proto). */
#define GCASYNC_ERROR_MAP(X)                                                                     \
        X(OK, 0, "ok", "success")                                                                \
        X(NO_MEMORY, 1, "no-memory", "out of memory")                                            \
        X(INVALID, 2, "invalid", "a parameter is not valid")                                     \
        X(NO_DAEMON, 3, "no-daemon", "no daemon answers at the socket")                          \
        X(DISCONNECTED, 4, "disconnected", "the connection to the daemon is lost")               \
        X(TIMED_OUT, 5, "timed-out", "the deadline passed")                                      \
        X(FORKED, 6, "forked", "the client belongs to the parent process")                       \
        X(PROTOCOL, 7, "protocol", "the daemon sent something that is not the protocol")         \
        X(SYSTEM, 8, "system", "a system call failed")                                           \
        X(PENDING, 9, "pending", "the call has not been answered yet")                           \
        X(TYPE, 10, "type", "the value is of another type")                                      \
        X(ABSENT, 11, "absent", "there is no such element")                                      \
        X(CANCELLED, 12, "cancelled", "the call was cancelled by its owner")                     \
        X(MALFORMED, 32, "malformed", "the daemon could not read the request")                   \
        X(FRAME_TOO_LARGE, 33, "frame-too-large", "the request is larger than the daemon takes") \
        X(FRAME_TOO_COMPLEX, 34, "frame-too-complex", "the request is too complex to decode")    \
        X(DESCRIPTORS, 35, "descriptors", "descriptors are missing or surplus")                  \
        X(VERSION, 36, "version", "client and daemon have no protocol version in common")        \
        X(HELLO_EXPECTED, 37, "hello-expected", "the session did not begin with hello")          \
        X(IDLE, 38, "idle", "the session was silent for too long")                               \
        X(SLOW_READER, 39, "slow-reader", "replies were not read in time")                       \
        X(BUSY, 40, "busy", "the daemon takes no more sessions at present")                      \
        X(UNIMPLEMENTED, 41, "unimplemented", "this daemon does not know the request")           \
        X(INVALID_REQUEST, 42, "invalid-request", "the request contradicts itself")              \
        X(UNKNOWN_KIND, 43, "unknown-kind", "the daemon has no such kind of task")               \
        X(NOT_FOUND, 44, "not-found", "there is no such task")                                   \
        X(GONE, 45, "gone", "the task was forgotten")                                            \
        X(DENIED, 46, "denied", "not allowed")                                                   \
        X(CONFLICT, 47, "conflict", "the task is not in a state for this")                       \
        X(LIMIT, 48, "limit", "a limit is reached")                                              \
        X(SHUTTING_DOWN, 49, "shutting-down", "the daemon is shutting down")                     \
        X(DAEMON_NO_MEMORY, 50, "daemon-no-memory", "the daemon is out of memory")               \
        X(INTERNAL, 51, "internal", "the daemon met a fault of its own")                         \
        X(HANDLE_ORDER, 52, "handle-order", "a handle is not above the session's last")          \
        X(UNKNOWN_HANDLE, 53, "unknown-handle", "no such handle")

typedef enum gcasync_error {
#define X(name, value, word, text) GCASYNC_E_##name = value,
        GCASYNC_ERROR_MAP(X)
#undef X
} gcasync_error;

/* The word ("not-found") and the sentence of a code; for one that is none, "unknown". */
const char *gcasync_error_name(int error);
const char *gcasync_strerror(int error);

/* ---- values to send ---- */

/*
 * Builds a value by appending; lists and maps are opened and closed. Errors stick: check
 * gcasync_builder_get_error() or the call that uses the builder. In a map every value is
 * preceded by its key. Not thread-safe.
 */
typedef struct gcasync_builder gcasync_builder;

gcasync_builder *gcasync_builder_new(void);
gcasync_builder *gcasync_builder_free(gcasync_builder *builder);
/* Empties it, memory kept, errors forgotten. */
void gcasync_builder_reset(gcasync_builder *builder);
void gcasync_builder_key(gcasync_builder *builder, const char *key);
void gcasync_builder_key_n(gcasync_builder *builder, const void *key, size_t size);
void gcasync_builder_nil(gcasync_builder *builder);
void gcasync_builder_bool(gcasync_builder *builder, bool value);
void gcasync_builder_int(gcasync_builder *builder, int64_t value);
void gcasync_builder_float(gcasync_builder *builder, double value);
void gcasync_builder_string(gcasync_builder *builder, const char *text);
void gcasync_builder_string_n(gcasync_builder *builder, const void *text, size_t size);
void gcasync_builder_bytes(gcasync_builder *builder, const void *data, size_t size);
void gcasync_builder_open_list(gcasync_builder *builder);
void gcasync_builder_close_list(gcasync_builder *builder);
void gcasync_builder_open_map(gcasync_builder *builder);
void gcasync_builder_close_map(gcasync_builder *builder);
/* GCASYNC_E_OK, or what stuck: INVALID (misuse, not UTF-8, a key twice), NO_MEMORY. */
int gcasync_builder_get_error(const gcasync_builder *builder);
/*
 * The finished value in its encoded form, borrowed until the builder changes: for those
 * who send it often.
 */
int gcasync_builder_finish(gcasync_builder *builder, const void **ret_data, size_t *ret_size);

/* ---- values received ---- */

typedef enum gcasync_type {
        GCASYNC_TYPE_NIL = 1,
        GCASYNC_TYPE_BOOL,
        GCASYNC_TYPE_INT,
        GCASYNC_TYPE_FLOAT,
        GCASYNC_TYPE_STRING,
        GCASYNC_TYPE_BYTES,
        GCASYNC_TYPE_LIST,
        GCASYNC_TYPE_MAP,
} gcasync_type;

/*
 * A reply, shared by reference count; everything read from it is borrowed and lives as
 * long as it. Any thread.
 */
typedef struct gcasync_result gcasync_result;

gcasync_result *gcasync_result_ref(gcasync_result *result);
gcasync_result *gcasync_result_unref(gcasync_result *result);

/* A value inside a result, by value; borrowed. */
typedef struct gcasync_view {
        const void *graph;
        uint32_t node;
} gcasync_view;

/* Each getter returns 0, GCASYNC_E_TYPE, or GCASYNC_E_ABSENT. A view of zeros is nil. */
gcasync_type gcasync_view_get_type(gcasync_view view);
int gcasync_view_get_bool(gcasync_view view, bool *ret_value);
int gcasync_view_get_int(gcasync_view view, int64_t *ret_value);
int gcasync_view_get_float(gcasync_view view, double *ret_value); /* an int is converted */
/* Not NUL-terminated. */
int gcasync_view_get_string(gcasync_view view, const char **ret_text, size_t *ret_size);
int gcasync_view_get_bytes(gcasync_view view, const void **ret_data, size_t *ret_size);
/* The elements of a list, or the values of a map; 0 for others. */
size_t gcasync_view_get_count(gcasync_view view);
int gcasync_view_get_element(gcasync_view view, size_t index, gcasync_view *ret_element);
int gcasync_view_get_key(gcasync_view map, size_t index, const char **ret_key, size_t *ret_size);
int gcasync_view_find(gcasync_view map, const char *key, gcasync_view *ret_value);

/* ---- the client ---- */

typedef struct gcasync_client gcasync_client;
typedef struct gcasync_call gcasync_call;

typedef enum gcasync_instance {
        GCASYNC_INSTANCE_DEFAULT =
                0, /* $GCASYNC_SOCKET; else the user's socket if it exists; else the system's */
        GCASYNC_INSTANCE_USER,   /* $XDG_RUNTIME_DIR/gcasync/socket */
        GCASYNC_INSTANCE_SYSTEM, /* /run/gcasync/socket */
} gcasync_instance;

typedef struct gcasync_client_options {
        size_t size; /* sizeof(gcasync_client_options) */
        gcasync_instance instance;
        const char *socket_path;      /* overrides the instance */
        const char *client_name;      /* for people; NULL: the program's name */
        uint64_t connect_deadline_ns; /* 0: five seconds from now */
} gcasync_client_options;

/*
 * Connects and says hello; blocking, within the deadline. options may be NULL. 0 and
 * *ret_client (one reference), else a code: NO_DAEMON, DENIED, BUSY, VERSION, TIMED_OUT,
 * SYSTEM (errno is set), ….
 */
int gcasync_client_open(const gcasync_client_options *options, gcasync_client **ret_client);
gcasync_client *gcasync_client_ref(gcasync_client *client);
/* The last one closes the connection; pending calls resolve as GCASYNC_E_DISCONNECTED first. */
gcasync_client *gcasync_client_unref(gcasync_client *client);

/*
 * Where the options lead: writes the path of the socket that open would try. 0 or
 * GCASYNC_E_INVALID.
 */
int gcasync_client_find_socket(const gcasync_client_options *options, char *buffer, size_t size);

/*
 * Whether the connection stands; what ended it, with the daemon's words where it sent any
 * (borrowed, may be NULL).
 */
bool gcasync_client_is_connected(gcasync_client *client);
int gcasync_client_get_error(gcasync_client *client, const char **ret_message);

/*
 * What the daemon said at hello: its version; a limit by name ("frame-bytes"), 0 where it
 * has none; our session's number.
 */
const char *gcasync_client_get_daemon_version(gcasync_client *client);
uint64_t gcasync_client_get_limit(gcasync_client *client, const char *name);
uint64_t gcasync_client_get_session(gcasync_client *client);

/* Made when first asked for; -1 and errno when that fails. */
int gcasync_client_get_fd(gcasync_client *client);
short gcasync_client_get_events(gcasync_client *client); /* POLLIN, POLLOUT */
/* A time that may have passed: 0 when there is something to write or to call back at once. */
uint64_t gcasync_client_get_timeout_ns(gcasync_client *client);
/* Writes and reads what can be without waiting; runs callbacks. 0, or what ended the connection. */
int gcasync_client_process(gcasync_client *client);
/* Writes what can be without waiting. */
int gcasync_client_flush(gcasync_client *client);
/*
 * Any thread, also a signal handler: makes the fd ready, and ends the
 * gcasync_client_wait() that is under way, or the next one.
 */
int gcasync_client_wake(gcasync_client *client);
/* Waits until something was processed, a wake-up, or the deadline (TIMED_OUT); processes. */
int gcasync_client_wait(gcasync_client *client, uint64_t deadline_ns);
/* Calls not yet resolved; those whose callback waits to be run are. */
size_t gcasync_client_get_pending(gcasync_client *client);

/* ---- calls ---- */

/*
 * An _async() function takes a callback and, optionally, returns the call. With ret_call
 * NULL the call belongs to the library and goes after its callback; else the caller owns
 * a reference. The callback runs once, and may use the matching _finish(). Without
 * callback the owner asks gcasync_call_is_done(). Returns 0, or a code and then there is
 * no call and will be no callback.
 */
typedef void (*gcasync_callback)(gcasync_call *call, void *data);

gcasync_call *gcasync_call_ref(gcasync_call *call);
/* Giving up a pending call does not cancel it. */
gcasync_call *gcasync_call_unref(gcasync_call *call);
/*
 * Resolves it as CANCELLED, without a callback; a late reply is dropped. A submitted task
 * goes on. Does nothing to a call that is done, or whose callback has begun (maybe on
 * another thread).
 */
void gcasync_call_cancel(gcasync_call *call);
/* Resolves it as TIMED_OUT at that time, unless it is answered before. */
void gcasync_call_set_deadline(gcasync_call *call, uint64_t deadline_ns);
bool gcasync_call_is_done(gcasync_call *call);
/*
 * Waits for it (processing the client). 0, TIMED_OUT (the call stays pending), or what
 * ended the connection.
 */
int gcasync_call_wait(gcasync_call *call, uint64_t deadline_ns);
/*
 * The call's outcome: 0, PENDING, or its error, with the daemon's words (borrowed from
 * the call) where it sent any.
 */
int gcasync_call_get_error(gcasync_call *call, const char **ret_message);
gcasync_client *gcasync_call_get_client(gcasync_call *call); /* borrowed */

/* ---- submit ---- */

typedef enum gcasync_state {
        GCASYNC_STATE_SUCCEEDED = 1,
        GCASYNC_STATE_FAILED,
        GCASYNC_STATE_ABORTED,
        GCASYNC_STATE_TIMED_OUT,
        GCASYNC_STATE_WAITING_FOR_ARGUMENTS,
        GCASYNC_STATE_QUEUED,
        GCASYNC_STATE_RUNNING,
        GCASYNC_STATE_SUSPENDED,
} gcasync_state;
const char *gcasync_state_to_string(gcasync_state state); /* "timed-out" */

typedef enum gcasync_event_type {
        GCASYNC_EVENT_ACCEPTED = 1, /* task is set */
        GCASYNC_EVENT_PROGRESS,     /* done, total, text */
        GCASYNC_EVENT_OUTPUT,       /* stream, offset, data, cut_bytes */
} gcasync_event_type;

/* Borrowed: lives during the callback. */
typedef struct gcasync_event {
        size_t size;
        gcasync_event_type type;
        uint64_t task;
        uint64_t done, total;
        const char *text; /* progress; not NUL-terminated */
        size_t text_size;
        int stream; /* 1 stdout, 2 stderr */
        uint64_t offset;
        const void *data;
        size_t data_size;
        uint64_t cut_bytes;
} gcasync_event;
typedef void (*gcasync_event_callback)(gcasync_call *call, const gcasync_event *event, void *data);

typedef struct gcasync_submit_options {
        size_t size; /* sizeof(gcasync_submit_options) */
        const char *kind;
        gcasync_builder *arguments; /* a map, or NULL; only read */
        const void *arguments_data; /* or encoded (gcasync_builder_finish()) */
        size_t arguments_size;
        bool detached;       /* the result is the task's id: gcasync_result_get_task() */
        uint64_t timeout_ns; /* the task's own; 0: none */
        const char *label;
        bool want_accepted, want_progress, want_output;
        gcasync_event_callback on_event; /* with the callback's data */
} gcasync_submit_options;

int gcasync_submit_async(gcasync_client *client,
                         const gcasync_submit_options *options,
                         gcasync_callback callback,
                         void *data,
                         gcasync_call **ret_call);
int gcasync_submit_finish(gcasync_call *call, gcasync_result **ret_result);
int gcasync_submit(gcasync_client *client,
                   const gcasync_submit_options *options,
                   uint64_t deadline_ns,
                   gcasync_result **ret_result);

/*
 * A result of submit and await: which task, how it ended (0 for a detached submission),
 * its value (succeeded), its failure (otherwise).
 */
uint64_t gcasync_result_get_task(const gcasync_result *result);
gcasync_state gcasync_result_get_state(const gcasync_result *result);
/*
 * 0, or ABSENT: not succeeded, detached, or not asked for; PROTOCOL: no value that we
 * understand; NO_MEMORY.
 */
int gcasync_result_get_value(gcasync_result *result, gcasync_view *ret_value);
/* NUL-terminated; "" where there is none. */
const char *gcasync_result_get_failure_code(gcasync_result *result);
const char *gcasync_result_get_failure_message(gcasync_result *result);
size_t gcasync_result_get_n_causes(const gcasync_result *result);
int gcasync_result_get_cause(gcasync_result *result,
                             size_t index,
                             uint64_t *ret_task,
                             const char **ret_code,
                             const char **ret_message);

/* ---- await, abort, remove ---- */

enum {
        GCASYNC_AWAIT_NO_WAIT = 1u << 0, /* CONFLICT if it has not finished */
        GCASYNC_AWAIT_NO_VALUE = 1u << 1,
};
int gcasync_await_async(gcasync_client *client,
                        uint64_t task,
                        unsigned flags,
                        gcasync_callback callback,
                        void *data,
                        gcasync_call **ret_call);
int gcasync_await_finish(gcasync_call *call, gcasync_result **ret_result);
int gcasync_await(gcasync_client *client,
                  uint64_t task,
                  unsigned flags,
                  uint64_t deadline_ns,
                  gcasync_result **ret_result);

/* *ret_changed (may be NULL): whether this call is what aborted the task. */
int gcasync_abort_async(gcasync_client *client,
                        uint64_t task,
                        bool now,
                        const char *reason,
                        gcasync_callback callback,
                        void *data,
                        gcasync_call **ret_call);
int gcasync_abort_finish(gcasync_call *call, bool *ret_changed);
int gcasync_abort(gcasync_client *client,
                  uint64_t task,
                  bool now,
                  const char *reason,
                  uint64_t deadline_ns,
                  bool *ret_changed);

int gcasync_remove_async(gcasync_client *client,
                         uint64_t task,
                         gcasync_callback callback,
                         void *data,
                         gcasync_call **ret_call);
int gcasync_remove_finish(gcasync_call *call);
int gcasync_remove(gcasync_client *client, uint64_t task, uint64_t deadline_ns);

/* ---- inspect ---- */

typedef struct gcasync_inspect_options {
        size_t size;         /* sizeof(gcasync_inspect_options) */
        uint64_t task;       /* one, in full */
        uint64_t after_task; /* paging */
        uint32_t page_size;
        uint32_t states;  /* bits 1 << gcasync_state; 0: all */
        const char *kind; /* "core." for a module's */
        const char *label;
        bool all_uids, this_session;
} gcasync_inspect_options;

/*
 * Strings are NUL-terminated, never NULL, and borrowed from the result. Times in
 * microseconds since 1970; 0: not yet.
 */
typedef struct gcasync_task_info {
        size_t size; /* to be set by the caller: sizeof(gcasync_task_info) */
        uint64_t task;
        const char *kind;
        gcasync_state state;
        uint32_t uid;
        bool detached;
        const char *label;
        uint64_t submitted_at_us, started_at_us, finished_at_us, deadline_at_us;
        const char *failure_code, *failure_message;
        const char *worker;
        const char *arguments;
        /* One task in full: */
        uint32_t pid;
        const char *client_name;
        uint64_t session;
        uint64_t progress_done, progress_total;
        const char *progress_text;
        uint64_t stdout_bytes, stderr_bytes, result_bytes;
        const char *waiting_for;
        uint64_t memory_bytes, n_polls;
        uint32_t n_waiters;
        bool abort_requested;
        uint64_t stack_bytes, stack_size; /* a coroutine's: the most it used so far, of how much */
} gcasync_task_info;

int gcasync_inspect_async(gcasync_client *client,
                          const gcasync_inspect_options *options,
                          gcasync_callback callback,
                          void *data,
                          gcasync_call **ret_call);
int gcasync_inspect_finish(gcasync_call *call, gcasync_result **ret_result);
int gcasync_inspect(gcasync_client *client,
                    const gcasync_inspect_options *options,
                    uint64_t deadline_ns,
                    gcasync_result **ret_result);
size_t gcasync_result_get_n_tasks(const gcasync_result *result);
bool gcasync_result_has_more(const gcasync_result *result);
int gcasync_result_get_task_info(gcasync_result *result, size_t index, gcasync_task_info *info);

/* ---- kinds ---- */

typedef struct gcasync_kind_info {
        size_t size; /* to be set by the caller */
        const char *name, *mode, *doc, *result_doc, *module, *module_version, *unreachable;
        uint64_t inline_limit_bytes;
        size_t n_arguments;
} gcasync_kind_info;

typedef struct gcasync_argument_info {
        size_t size; /* to be set by the caller */
        const char *name, *type, *default_text, *doc;
        bool is_required, is_sensitive;
} gcasync_argument_info;

/* name NULL: all of them. */
int gcasync_kinds_async(gcasync_client *client,
                        const char *name,
                        gcasync_callback callback,
                        void *data,
                        gcasync_call **ret_call);
int gcasync_kinds_finish(gcasync_call *call, gcasync_result **ret_result);
int gcasync_kinds(gcasync_client *client,
                  const char *name,
                  uint64_t deadline_ns,
                  gcasync_result **ret_result);
size_t gcasync_result_get_n_kinds(const gcasync_result *result);
int gcasync_result_get_kind_info(gcasync_result *result, size_t index, gcasync_kind_info *info);
int gcasync_result_get_argument_info(gcasync_result *result,
                                     size_t kind_index,
                                     size_t index,
                                     gcasync_argument_info *info);

/* ---- log ---- */

typedef struct gcasync_log_options {
        size_t size; /* sizeof(gcasync_log_options) */
        uint64_t task;
        bool follow;
        int stream;                      /* 0: all, 1, 2 */
        gcasync_event_callback on_event; /* with the callback's data: GCASYNC_EVENT_OUTPUT */
} gcasync_log_options;

typedef struct gcasync_log_end {
        uint64_t stdout_bytes, stderr_bytes, cut_bytes;
} gcasync_log_end;

int gcasync_log_async(gcasync_client *client,
                      const gcasync_log_options *options,
                      gcasync_callback callback,
                      void *data,
                      gcasync_call **ret_call);
int gcasync_log_finish(gcasync_call *call, gcasync_log_end *ret_end);
/* data goes to on_event. */
int gcasync_log(gcasync_client *client,
                const gcasync_log_options *options,
                void *data,
                uint64_t deadline_ns,
                gcasync_log_end *ret_end);

/* ---- ping, status, bye ---- */

int gcasync_ping_async(gcasync_client *client,
                       gcasync_callback callback,
                       void *data,
                       gcasync_call **ret_call);
int gcasync_ping_finish(gcasync_call *call);
int gcasync_ping(gcasync_client *client, uint64_t deadline_ns);

/* Strings borrowed from the result. */
typedef struct gcasync_status_info {
        size_t size; /* to be set by the caller */
        const char *version, *state;
        uint32_t pid, uid, n_workers, n_sessions;
        uint64_t started_at_us;
        size_t n_limits, n_counters;
} gcasync_status_info;

int gcasync_status_async(gcasync_client *client,
                         gcasync_callback callback,
                         void *data,
                         gcasync_call **ret_call);
int gcasync_status_finish(gcasync_call *call, gcasync_result **ret_result);
int gcasync_status(gcasync_client *client, uint64_t deadline_ns, gcasync_result **ret_result);
int gcasync_result_get_status(gcasync_result *result, gcasync_status_info *info);
int gcasync_result_get_limit(gcasync_result *result,
                             size_t index,
                             const char **ret_name,
                             uint64_t *ret_value);
int gcasync_result_get_counter(gcasync_result *result,
                               size_t index,
                               const char **ret_name,
                               uint64_t *ret_value);

/* Ends the session in order: what was queued before is answered, then the connection closes. */
int gcasync_bye_async(gcasync_client *client,
                      gcasync_callback callback,
                      void *data,
                      gcasync_call **ret_call);
int gcasync_bye_finish(gcasync_call *call);
int gcasync_bye(gcasync_client *client, uint64_t deadline_ns);

/* ---- clean-up for the compiler's attribute ---- */

static inline void gcasync_client_unrefp(gcasync_client **client) {
        gcasync_client_unref(*client);
}
static inline void gcasync_call_unrefp(gcasync_call **call) {
        gcasync_call_unref(*call);
}
static inline void gcasync_result_unrefp(gcasync_result **result) {
        gcasync_result_unref(*result);
}
static inline void gcasync_builder_freep(gcasync_builder **builder) {
        gcasync_builder_free(*builder);
}

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
