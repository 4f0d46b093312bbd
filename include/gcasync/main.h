/* SPDX-License-Identifier: MIT */
#ifndef GCASYNC_MAIN_H
#define GCASYNC_MAIN_H

/*
 * A program, or a test, on a runtime, in one line:
 *
 *     static gca_value body(gca_task *task, void *data) { ... }
 *
 *     GCASYNC_MAIN(body)
 *     GCASYNC_MAIN(body, flavor(multi_thread), worker_threads(2), heap(1))
 *     GCASYNC_TEST(list_is_sorted, body, worker_threads(2), flavor(multi_thread))
 *
 * The body is a coroutine (gcasync/module.h): it awaits, and returns the result. A poll function,
 * gca_poll poll(gca_task *task, void *data), will do as well.
 *
 * GCASYNC_MAIN() is main(): it builds a runtime, runs the body on it, shuts it down, however long that takes, and returns
 * what the body succeeded with if that is an int, 0 if it is anything else; 1, after a line on standard error, where the
 * body failed or the system has not what a runtime needs. data is a gca_main_arguments. The flavour is
 * multi_thread where nothing is said.
 *
 * GCASYNC_TEST() defines static int NAME(void), which does the same and answers the same; data is NULL. The flavour is
 * current_thread where nothing is said.
 *
 * OPTIONS (gcasync/option.h) are given as calls, in any order, each once: a name and a constant. What cannot be
 * does not compile, and all of it is told at once: an option that there is not, or twice, a number out of its range, options that
 * contradict each other. docs/runtime-options.md says who tells what.
 *
 * HOW. An option is a macro that declares enumerators in a block, and asserts. The block around it declares those that
 * later assertions want to read, with what counts where nothing is said. Two of one kind declare the same enumerator
 * twice. An option that is no macro is found out by what is left of it (the "detection idiom").
 */

/* Enumerators of an inner block hide those of the outer one by intent, and a wrong value is told of once, not by each
 * expression that it stands in: -Wshadow and the like are not for what is defined here. */
#pragma GCC system_header

#include <gcasync/module.h>
#include <gcasync/option.h>
#include <gcasync/program.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* What GCASYNC_MAIN()'s body gets as data. */
typedef struct gca_main_arguments {
        int argc;
        char **argv;
} gca_main_arguments;

/* What the macros call: builds, runs body or poll, one of them NULL, shuts down. name is for messages. Returns the exit status. */
int gca_main_run(const char *name,
                 void (*set_options)(gca_runtime_builder *builder),
                 gca_value (*body)(gca_task *task, void *data),
                 gca_poll (*poll)(gca_task *task, void *data),
                 void *data);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

/* The macros are for C. */

#define GCASYNC_MAIN(...)                                                          \
        GCA_MAIN_OPTIONS(gca_main_options, GCA_FLAVOR_MULTI_THREAD, __VA_ARGS__)   \
        int main(int argc, char **argv) {                                          \
                gca_main_arguments gca_arguments = { argc, argv };                 \
                                                                                   \
                return gca_main_run(argc > 0 ? argv[0] : "main",                   \
                                    gca_main_options,                              \
                                    GCA_MAIN_CALL(GCA_MAIN_FIRST(__VA_ARGS__, ~)), \
                                                                                   \
                                    &gca_arguments);                               \
        }

#define GCASYNC_TEST(name, ...)                                                    \
        GCA_MAIN_OPTIONS(name##_options, GCA_FLAVOR_CURRENT_THREAD, __VA_ARGS__)   \
        static int name(void) {                                                    \
                return gca_main_run(#name,                                         \
                                    name##_options,                                \
                                    GCA_MAIN_CALL(GCA_MAIN_FIRST(__VA_ARGS__, ~)), \
                                    (void *)0);                                    \
        }

/* ---- inside ---- */

/* Sets what is said, and checks it together. The inner block's enumerators hide the outer one's. */
#define GCA_MAIN_OPTIONS(function, default_flavor, ...)                                            \
        GCA_MAIN_BODY(GCA_MAIN_FIRST(__VA_ARGS__, ~))                                              \
        static void function(gca_runtime_builder *gca_main_builder) {                              \
                enum {                                                                             \
                        gca_chosen_flavor = default_flavor,                                        \
                        gca_has_worker_threads = 0                                                 \
                };                                                                                 \
                {                                                                                  \
                        GCA_MAIN_EACH(__VA_ARGS__)                                                 \
                        _Static_assert(!gca_has_worker_threads ||                                  \
                                               (int)gca_chosen_flavor == GCA_FLAVOR_MULTI_THREAD,  \
                                       GCA_SAYS_NOT_MULTI("worker_threads"));                      \
                        gca_runtime_builder_set(                                                   \
                                gca_main_builder, GCA_OPTION_FLAVOR, gca_chosen_flavor, GCA_HERE); \
                }                                                                                  \
        }

#define GCA_MAIN_BODY(...) GCA_MAIN_BODY_(__VA_ARGS__)
#define GCA_MAIN_BODY_(body)                                          \
        _Static_assert(_Generic((body),                               \
                                gca_value(*)(gca_task *, void *) : 1, \
                                gca_poll(*)(gca_task *, void *) : 1,  \
                                default : 0),                         \
                       GCA_SAYS_BODY(#body));

/* body, poll: as what the function is, and NULL for the other. */
#define GCA_MAIN_CALL(f)                                      \
        _Generic((f), gca_value(*)(gca_task *, void *)        \
                 : (f), default                               \
                 : (void *)0),                                \
                _Generic((f), gca_poll(*)(gca_task *, void *) \
                         : (f), default                       \
                         : (void *)0)

#define GCA_MAIN_FIRST(a, ...) a
#define GCA_MAIN_STRIP(...)    __VA_ARGS__
#define GCA_MAIN_PASTE(a, b)   GCA_MAIN_PASTE_(a, b)
#define GCA_MAIN_PASTE_(a, b)  a##b

/* Each option behind the body, 16 at most. */
#define GCA_MAIN_EACH(...)                                                                         \
        GCA_MAIN_PASTE(                                                                            \
                GCA_MAIN_EACH_,                                                                    \
                GCA_MAIN_COUNT(                                                                    \
                        __VA_ARGS__, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, ~)) \
        (__VA_ARGS__)
#define GCA_MAIN_COUNT(                                                                   \
        b, o1, o2, o3, o4, o5, o6, o7, o8, o9, o10, o11, o12, o13, o14, o15, o16, n, ...) \
        n
#define GCA_MAIN_EACH_0(body)
#define GCA_MAIN_EACH_1(body, option)       GCA_MAIN_TAKE(option)
#define GCA_MAIN_EACH_2(body, option, ...)  GCA_MAIN_TAKE(option) GCA_MAIN_EACH_1(body, __VA_ARGS__)
#define GCA_MAIN_EACH_3(body, option, ...)  GCA_MAIN_TAKE(option) GCA_MAIN_EACH_2(body, __VA_ARGS__)
#define GCA_MAIN_EACH_4(body, option, ...)  GCA_MAIN_TAKE(option) GCA_MAIN_EACH_3(body, __VA_ARGS__)
#define GCA_MAIN_EACH_5(body, option, ...)  GCA_MAIN_TAKE(option) GCA_MAIN_EACH_4(body, __VA_ARGS__)
#define GCA_MAIN_EACH_6(body, option, ...)  GCA_MAIN_TAKE(option) GCA_MAIN_EACH_5(body, __VA_ARGS__)
#define GCA_MAIN_EACH_7(body, option, ...)  GCA_MAIN_TAKE(option) GCA_MAIN_EACH_6(body, __VA_ARGS__)
#define GCA_MAIN_EACH_8(body, option, ...)  GCA_MAIN_TAKE(option) GCA_MAIN_EACH_7(body, __VA_ARGS__)
#define GCA_MAIN_EACH_9(body, option, ...)  GCA_MAIN_TAKE(option) GCA_MAIN_EACH_8(body, __VA_ARGS__)
#define GCA_MAIN_EACH_10(body, option, ...) GCA_MAIN_TAKE(option) GCA_MAIN_EACH_9(body, __VA_ARGS__)
#define GCA_MAIN_EACH_11(body, option, ...) \
        GCA_MAIN_TAKE(option) GCA_MAIN_EACH_10(body, __VA_ARGS__)
#define GCA_MAIN_EACH_12(body, option, ...) \
        GCA_MAIN_TAKE(option) GCA_MAIN_EACH_11(body, __VA_ARGS__)
#define GCA_MAIN_EACH_13(body, option, ...) \
        GCA_MAIN_TAKE(option) GCA_MAIN_EACH_12(body, __VA_ARGS__)
#define GCA_MAIN_EACH_14(body, option, ...) \
        GCA_MAIN_TAKE(option) GCA_MAIN_EACH_13(body, __VA_ARGS__)
#define GCA_MAIN_EACH_15(body, option, ...) \
        GCA_MAIN_TAKE(option) GCA_MAIN_EACH_14(body, __VA_ARGS__)
#define GCA_MAIN_EACH_16(body, option, ...) \
        GCA_MAIN_TAKE(option) GCA_MAIN_EACH_15(body, __VA_ARGS__)

/*
 * An option. GCA_MAIN_IS_name(value) is "~, WHO, what": WHO(option, text, what) goes on. What is left of a name that has
 * no such macro is one thing and not three, and GCA_MAIN_OTHER goes on.
 */
#define GCA_MAIN_TAKE(option) \
        GCA_MAIN_PICK(option, #option, GCA_MAIN_IS_##option, GCA_MAIN_OTHER, ~, ~)
#define GCA_MAIN_PICK(...)                                 GCA_MAIN_PICK_(__VA_ARGS__)
#define GCA_MAIN_PICK_(option, text, rest, who, what, ...) who(option, text, what)
#define GCA_MAIN_KNOWN(option, text, what)                 GCA_MAIN_STRIP what

/* The same once more, for what is a name without parentheses. */
#define GCA_MAIN_OTHER(option, text, what) \
        GCA_MAIN_PICK_OTHER(text, GCA_MAIN_BARE_##option, GCA_MAIN_NO_OPTION, ~, ~, ~)
#define GCA_MAIN_PICK_OTHER(...)                         GCA_MAIN_PICK_OTHER_(__VA_ARGS__)
#define GCA_MAIN_PICK_OTHER_(text, rest, who, what, ...) who(text, what)
#define GCA_MAIN_NO_OPTION(text, what)                   _Static_assert(0, GCA_SAYS_UNKNOWN(text));
#define GCA_MAIN_NO_ARGUMENT(text, what)                 _Static_assert(0, GCA_SAYS_NO_ARGUMENT(what, what));
#define GCA_MAIN_NO_FLAVOR(text, what)                   _Static_assert(0, GCA_SAYS_BARE_FLAVOR(what, what));

/* yes or no: nothing (Gustedt's way: a name is called by the parentheses behind it if nothing is between, and not by
 * what it stands before). */
#define GCA_MAIN_IS_EMPTY(x) \
        GCA_MAIN_EMPTY(GCA_MAIN_HAS_COMMA(GCA_MAIN_COMMA x()), GCA_MAIN_HAS_COMMA(GCA_MAIN_COMMA x))
#define GCA_MAIN_EMPTY(a, b)          GCA_MAIN_EMPTY_(a, b)
#define GCA_MAIN_EMPTY_(a, b)         GCA_MAIN_EMPTY_##a##b
#define GCA_MAIN_EMPTY_00             no
#define GCA_MAIN_EMPTY_10             yes
#define GCA_MAIN_EMPTY_11             no
#define GCA_MAIN_COMMA(...)           ,
#define GCA_MAIN_HAS_COMMA(...)       GCA_MAIN_THIRD(__VA_ARGS__, 1, 0, ~)
#define GCA_MAIN_THIRD(...)           GCA_MAIN_THIRD_(__VA_ARGS__)
#define GCA_MAIN_THIRD_(a, b, c, ...) c

/* NAME_yes(...) or NAME_no(...). */
#define GCA_MAIN_CHOOSE(name, choice)  GCA_MAIN_CHOOSE_(name, choice)
#define GCA_MAIN_CHOOSE_(name, choice) name##choice

/* A row of gcasync/option.h, said to be x. A value of another type counts as the least, for it is told apart. */
#define GCA_MAIN_NUMBER(...) GCA_MAIN_NUMBER_(__VA_ARGS__)
#define GCA_MAIN_NUMBER_(x, option, name, min, max) \
        enum {                                      \
                name##_is_set_multiple_times        \
        };                                          \
        GCA_MAIN_CHOOSE(GCA_MAIN_NUMBER_, GCA_MAIN_IS_EMPTY(x))(x, option, name, min, max)
#define GCA_MAIN_NUMBER_yes(x, option, name, min, max) \
        _Static_assert(0, GCA_SAYS_NO_ARGUMENT(#name, #name));
#define GCA_MAIN_NUMBER_no(x, option, name, min, max)                                   \
        enum {                                                                          \
                name##_is_a_constant = GCA_MAIN_VALUE(x, min) > 0                       \
        };                                                                              \
        _Static_assert(GCA_MAIN_IS_INTEGER(x), GCA_SAYS_NOT_INTEGER(#name));            \
        _Static_assert(GCA_MAIN_VALUE(x, min) >= min, GCA_SAYS_TOO_SMALL(#name, #min)); \
        _Static_assert(GCA_MAIN_VALUE(x, min) <= max, GCA_SAYS_TOO_LARGE(#name, #max)); \
        gca_runtime_builder_set(                                                        \
                gca_main_builder, GCA_OPTION_##option, GCA_MAIN_VALUE(x, min), GCA_HERE);
#define GCA_MAIN_VALUE(x, min) \
        _Generic((x), char *: min, const char *: min, float: min, double: min, long double: min, default: (x))
#define GCA_MAIN_IS_INTEGER(x)     \
        _Generic((x),              \
                 char * : 0,       \
                 const char * : 0, \
                 float : 0,        \
                 double : 0,       \
                 long double : 0,  \
                 default : 1)

#define GCA_MAIN_IS_worker_threads(x) \
        ~, GCA_MAIN_KNOWN,            \
                (GCA_MAIN_NUMBER(x, GCA_ROW_worker_threads) enum { gca_has_worker_threads = 1 };)
#define GCA_MAIN_IS_max_blocking_threads(x) \
        ~, GCA_MAIN_KNOWN, (GCA_MAIN_NUMBER(x, GCA_ROW_max_blocking_threads))
#define GCA_MAIN_IS_thread_keep_alive_ms(x) \
        ~, GCA_MAIN_KNOWN, (GCA_MAIN_NUMBER(x, GCA_ROW_thread_keep_alive_ms))
#define GCA_MAIN_IS_thread_stack_bytes(x) \
        ~, GCA_MAIN_KNOWN, (GCA_MAIN_NUMBER(x, GCA_ROW_thread_stack_bytes))
#define GCA_MAIN_IS_body_stack_bytes(x) \
        ~, GCA_MAIN_KNOWN, (GCA_MAIN_NUMBER(x, GCA_ROW_body_stack_bytes))
#define GCA_MAIN_IS_event_interval(x) \
        ~, GCA_MAIN_KNOWN, (GCA_MAIN_NUMBER(x, GCA_ROW_event_interval))
#define GCA_MAIN_IS_task_memory_bytes(x) \
        ~, GCA_MAIN_KNOWN, (GCA_MAIN_NUMBER(x, GCA_ROW_task_memory_bytes))
#define GCA_MAIN_IS_hog_threshold_ms(x) \
        ~, GCA_MAIN_KNOWN, (GCA_MAIN_NUMBER(x, GCA_ROW_hog_threshold_ms))
#define GCA_MAIN_IS_heap(x) ~, GCA_MAIN_KNOWN, (GCA_MAIN_NUMBER(x, GCA_ROW_heap))

#define GCA_MAIN_IS_thread_name(x) ~, GCA_MAIN_KNOWN, (GCA_MAIN_TEXT(THREAD_NAME, thread_name, x))
#define GCA_MAIN_TEXT(option, name, x)       \
        enum {                               \
                name##_is_set_multiple_times \
        };                                   \
        GCA_MAIN_CHOOSE(GCA_MAIN_TEXT_, GCA_MAIN_IS_EMPTY(x))(x, option, name)
#define GCA_MAIN_TEXT_yes(x, option, name) _Static_assert(0, GCA_SAYS_NO_ARGUMENT(#name, #name));
#define GCA_MAIN_TEXT_no(x, option, name)                                        \
        _Static_assert(_Generic((x), char * : 1, const char * : 1, default : 0), \
                       GCA_SAYS_NOT_TEXT(#name));                                \
        _Static_assert(sizeof(#x) != sizeof("\"\""), GCA_SAYS_BLANK_NAME);       \
        gca_runtime_builder_set_text(                                                        \
                gca_main_builder,                                                            \
                GCA_OPTION_##option,                                                         \
                _Generic((x), char *: (x), const char *: (x), default: (const char *)0),     \
                GCA_HERE);

#define GCA_MAIN_IS_core_threads(x) \
        ~, GCA_MAIN_KNOWN, (_Static_assert(0, GCA_SAYS_RENAMED("core_threads", "worker_threads"));)

/* A flavour: a name, which is not looked up but pasted. One that is wrong leaves the default standing. */
#define GCA_MAIN_IS_flavor(x)                           \
        ~, GCA_MAIN_KNOWN,                              \
                (enum { flavor_is_set_multiple_times }; \
                 GCA_MAIN_PICK_FLAVOR(#x, GCA_MAIN_FLAVOR_##x, GCA_MAIN_FLAVOR_OTHER, ~, ~))
#define GCA_MAIN_PICK_FLAVOR(...)                         GCA_MAIN_PICK_FLAVOR_(__VA_ARGS__)
#define GCA_MAIN_PICK_FLAVOR_(text, rest, who, what, ...) who(text, what)
#define GCA_MAIN_FLAVOR_KNOWN(text, what) \
        enum {                            \
                gca_chosen_flavor = what  \
        };
#define GCA_MAIN_FLAVOR_RENAMED(text, what) _Static_assert(0, GCA_SAYS_RENAMED(text, what));
#define GCA_MAIN_FLAVOR_NONE(text, what) \
        _Static_assert(0, GCA_SAYS_NO_ARGUMENT("flavor", "flavor"));
#define GCA_MAIN_FLAVOR_OTHER(text, what) _Static_assert(0, GCA_SAYS_UNKNOWN_FLAVOR(text));

#define GCA_MAIN_FLAVOR_                   ~, GCA_MAIN_FLAVOR_NONE, ~
#define GCA_MAIN_FLAVOR_current_thread     ~, GCA_MAIN_FLAVOR_KNOWN, GCA_FLAVOR_CURRENT_THREAD
#define GCA_MAIN_FLAVOR_multi_thread       ~, GCA_MAIN_FLAVOR_KNOWN, GCA_FLAVOR_MULTI_THREAD
#define GCA_MAIN_FLAVOR_local              ~, GCA_MAIN_FLAVOR_KNOWN, GCA_FLAVOR_LOCAL
#define GCA_MAIN_FLAVOR_single_thread      ~, GCA_MAIN_FLAVOR_RENAMED, "current_thread"
#define GCA_MAIN_FLAVOR_basic_scheduler    ~, GCA_MAIN_FLAVOR_RENAMED, "current_thread"
#define GCA_MAIN_FLAVOR_threaded_scheduler ~, GCA_MAIN_FLAVOR_RENAMED, "multi_thread"

/* Names that are no options without their parentheses. */
#define GCA_MAIN_BARE_flavor               ~, GCA_MAIN_NO_ARGUMENT, "flavor", ~
#define GCA_MAIN_BARE_worker_threads       ~, GCA_MAIN_NO_ARGUMENT, "worker_threads", ~
#define GCA_MAIN_BARE_max_blocking_threads ~, GCA_MAIN_NO_ARGUMENT, "max_blocking_threads", ~
#define GCA_MAIN_BARE_thread_keep_alive_ms ~, GCA_MAIN_NO_ARGUMENT, "thread_keep_alive_ms", ~
#define GCA_MAIN_BARE_thread_stack_bytes   ~, GCA_MAIN_NO_ARGUMENT, "thread_stack_bytes", ~
#define GCA_MAIN_BARE_thread_name          ~, GCA_MAIN_NO_ARGUMENT, "thread_name", ~
#define GCA_MAIN_BARE_body_stack_bytes     ~, GCA_MAIN_NO_ARGUMENT, "body_stack_bytes", ~
#define GCA_MAIN_BARE_event_interval       ~, GCA_MAIN_NO_ARGUMENT, "event_interval", ~
#define GCA_MAIN_BARE_task_memory_bytes    ~, GCA_MAIN_NO_ARGUMENT, "task_memory_bytes", ~
#define GCA_MAIN_BARE_hog_threshold_ms     ~, GCA_MAIN_NO_ARGUMENT, "hog_threshold_ms", ~
#define GCA_MAIN_BARE_heap                 ~, GCA_MAIN_NO_ARGUMENT, "heap", ~
#define GCA_MAIN_BARE_current_thread       ~, GCA_MAIN_NO_FLAVOR, "current_thread", ~
#define GCA_MAIN_BARE_multi_thread         ~, GCA_MAIN_NO_FLAVOR, "multi_thread", ~
#define GCA_MAIN_BARE_local                ~, GCA_MAIN_NO_FLAVOR, "local", ~

#endif
