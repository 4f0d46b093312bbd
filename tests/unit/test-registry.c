/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <gcasync/runtime.h>

#include "helpers/failing-malloc.h"
#include "helpers/suite.h"

/* What was told, a line each: "path: text" or "text". */
struct told {
        char text[16384];
        size_t n;
};

static void tell(const char *path, const char *text, void *data) {
        struct told *told = data;
        size_t length = strlen(told->text);

        (void)snprintf(told->text + length,
                       sizeof(told->text) - length,
                       "%s%s%s\n",
                       path != NULL ? path : "",
                       path != NULL ? ": " : "",
                       text);
        told->n++;
}

static gca_poll poll_nothing(gca_task *task, void *state) {
        (void)task;
        (void)state;
        return GCA_DONE;
}

static const gca_argument_spec sound_argument = { .name = "value", .doc = "any value" };

static const gca_kind sound_kind = {
        .size = sizeof(gca_kind),
        .name = "work",
        .doc = "Works.",
        .result_doc = "nothing",
        .mode = GCA_MODE_POLL,
        .unreachable = GCA_UNREACHABLE_CANCEL,
        .poll = poll_nothing,
};

static gca_module make_module(const gca_kind *kinds, size_t n_kinds) {
        return (gca_module){
                .size = sizeof(gca_module),
                .abi = GCA_MODULE_ABI,
                .name = "sample",
                .version = "1",
                .doc = "A sample.",
                .kinds = kinds,
                .n_kinds = n_kinds,
        };
}

/* Adds a module to an empty registry, which must refuse it; returns what was told. */
static const struct told *refuse_module(const gca_module *module) {
        static struct told told;
        gca_registry *registry = gca_registry_new();

        told = (struct told){ 0 };
        ck_assert_ptr_nonnull(registry);
        ck_assert_int_eq(gca_registry_add(registry, module, NULL, false, tell, &told), -EINVAL);
        ck_assert_ptr_null(gca_registry_get(registry, 0));
        ck_assert_uint_gt(told.n, 0);
        gca_registry_free(registry);
        return &told;
}

static void expect_one_fault(const struct told *told, const char *text) {
        ck_assert_msg(strstr(told->text, text) != NULL, "told: %s", told->text);
        ck_assert_msg(told->n == 1, "told: %s", told->text);
}

static void expect_kind_fault(gca_kind kind, const char *text) {
        gca_module module = make_module(&kind, 1);

        expect_one_fault(refuse_module(&module), text);
}

static void expect_argument_fault(gca_argument_spec argument, const char *text) {
        gca_kind kind = sound_kind;

        kind.arguments = &argument;
        kind.n_arguments = 1;
        expect_kind_fault(kind, text);
}

START_TEST(sound_module_is_found_by_name) {
        gca_kind kinds[] = { sound_kind, sound_kind };
        gca_module module = make_module(kinds, 2);
        gca_registry *registry = gca_registry_new();

        kinds[1].name = "sample";
        ck_assert_int_eq(gca_registry_add(registry, &module, NULL, false, NULL, NULL), 0);
        ck_assert_str_eq(gca_registry_get(registry, 0)->full_name, "sample");
        ck_assert_str_eq(gca_registry_get(registry, 1)->full_name, "sample.work");
        ck_assert_ptr_null(gca_registry_get(registry, 2));
        ck_assert_ptr_eq(gca_registry_find(registry, "sample.work", 11)->kind, &kinds[0]);
        ck_assert_ptr_eq(gca_registry_find(registry, "sample.work", 6)->kind, &kinds[1]);
        ck_assert_ptr_null(gca_registry_find(registry, "sample.wor", 10));
        ck_assert_ptr_null(gca_registry_find(registry, "", 0));
        gca_registry_free(registry);
}
END_TEST

START_TEST(freeing_no_registry_is_fine) {
        ck_assert_ptr_null(gca_registry_free(NULL));
}
END_TEST

START_TEST(many_kinds_come_back_in_name_order) {
        gca_kind kinds[100];
        char names[100][16];
        gca_module module = make_module(kinds, 100);
        gca_registry *registry = gca_registry_new();

        for (int i = 0; i < 100; i++) {
                (void)snprintf(names[i], sizeof(names[i]), "k%02d", i * 37 % 100);
                kinds[i] = sound_kind;
                kinds[i].name = names[i];
        }
        ck_assert_int_eq(gca_registry_add(registry, &module, NULL, false, NULL, NULL), 0);
        for (int i = 0; i < 100; i++) {
                char name[16];
                (void)snprintf(name, sizeof(name), "sample.k%02d", i);
                ck_assert_str_eq(gca_registry_get(registry, (size_t)i)->full_name, name);
                ck_assert_ptr_eq(gca_registry_find(registry, name, 10),
                                 gca_registry_get(registry, (size_t)i));
        }
        gca_registry_free(registry);
}
END_TEST

START_TEST(larger_descriptors_of_newer_modules_are_walked_by_their_size) {
        struct {
                gca_kind kind;
                void *newer[4];
        } kinds[2] = { { .kind = sound_kind }, { .kind = sound_kind } };
        gca_module module = make_module(&kinds[0].kind, 2);
        gca_registry *registry = gca_registry_new();

        kinds[0].kind.size = kinds[1].kind.size = sizeof(kinds[0]);
        kinds[1].kind.name = "more";
        ck_assert_int_eq(gca_registry_add(registry, &module, NULL, false, NULL, NULL), 0);
        ck_assert_ptr_eq(gca_registry_find(registry, "sample.more", 11)->kind, &kinds[1].kind);
        gca_registry_free(registry);
}
END_TEST

START_TEST(descriptor_of_wrong_size_is_refused) {
        gca_module module = make_module(&sound_kind, 1);

        module.size = 4;
        expect_one_fault(refuse_module(&module), "descriptor has 4 bytes");
        module.size = sizeof(gca_module) - 8;
        expect_one_fault(refuse_module(&module), "is \"size\" set?");
}
END_TEST

START_TEST(module_of_another_interface_is_refused) {
        gca_module module = make_module(&sound_kind, 1);

        module.abi = 99;
        expect_one_fault(refuse_module(&module), "version 99 of the module interface");
}
END_TEST

START_TEST(kind_descriptors_of_wrong_sizes_are_refused) {
        gca_kind kinds[2] = { sound_kind, sound_kind };
        gca_module module = make_module(kinds, 2);

        kinds[1].name = "more";
        kinds[1].size = 0;
        expect_one_fault(refuse_module(&module), "number 2: 0 bytes");
        kinds[0].size = sizeof(gca_kind) + 1;
        expect_one_fault(refuse_module(&module), "a kind's descriptor has");
        kinds[0].size = offsetof(gca_kind, body) - 8;
        expect_one_fault(refuse_module(&module), "a kind's descriptor has");
}
END_TEST

START_TEST(module_without_kinds_is_refused) {
        gca_module module = make_module(&sound_kind, 0);

        expect_one_fault(refuse_module(&module), "declares no kinds");
        module = make_module(NULL, 3);
        expect_one_fault(refuse_module(&module), "declares no kinds");
}
END_TEST

START_TEST(malformed_names_are_refused) {
        static const char *const names[] = { "",      "Work", "9work", "-work", "wo rk",
                                             "wo_rk", "w.o",  NULL,    "w\n",   "wörk" };
        char long_name[66] = { 0 };
        gca_kind kind = sound_kind;

        for (size_t i = 0; i < SUITE_SIZE(names); i++) {
                gca_module module = make_module(&sound_kind, 1);
                module.name = names[i];
                expect_one_fault(refuse_module(&module), "the name must be");
                kind.name = names[i];
                expect_kind_fault(kind, "the name must be");
        }
        memset(long_name, 'a', 65);
        kind.name = long_name;
        expect_kind_fault(kind, "the name must be");
}
END_TEST

START_TEST(longest_name_is_accepted) {
        char name[65] = { 0 };
        gca_kind kind = sound_kind;
        gca_module module = make_module(&kind, 1);
        gca_registry *registry = gca_registry_new();

        memset(name, 'a', 64);
        kind.name = name;
        ck_assert_int_eq(gca_registry_add(registry, &module, NULL, false, NULL, NULL), 0);
        gca_registry_free(registry);
}
END_TEST

START_TEST(control_characters_are_escaped_when_told) {
        gca_kind kind = sound_kind;
        gca_module module = make_module(&kind, 1);

        kind.name = "a\033[2J\n";
        ck_assert_ptr_null(strchr(refuse_module(&module)->text, '\033'));
}
END_TEST

START_TEST(missing_documentation_is_refused) {
        gca_kind kind = sound_kind;
        gca_module module = make_module(&sound_kind, 1);

        kind.doc = NULL;
        expect_kind_fault(kind, "the documentation is missing");
        kind = sound_kind;
        kind.result_doc = "";
        expect_kind_fault(kind, "the result's documentation is missing");
        kind.result_doc = "two\nlines";
        expect_kind_fault(kind, "longer than one line");
        kind.result_doc = "\xff";
        expect_kind_fault(kind, "not UTF-8");
        module.doc = NULL;
        expect_one_fault(refuse_module(&module), "the documentation is missing");
        module.doc = "A sample.";
        module.version = NULL;
        expect_one_fault(refuse_module(&module), "the version is missing");
}
END_TEST

START_TEST(modes_that_are_not_to_be_had_are_refused) {
        gca_kind kind = sound_kind;

        kind.mode = (gca_mode)77;
        expect_kind_fault(kind, "unknown mode 77");
        kind.mode = (gca_mode)0;
        expect_kind_fault(kind, "unknown mode 0");
        kind.mode = GCA_MODE_SERVICE;
        expect_kind_fault(kind, "\"service\" is for kinds that come with the daemon");
}
END_TEST

static gca_value sound_body(gca_task *task, gca_region *region) {
        (void)task;
        (void)region;
        return gca_nil();
}

START_TEST(body_has_a_function_and_a_stack_and_nothing_else) {
        gca_kind sound = sound_kind, kind;
        gca_module module = make_module(&sound, 1);
        gca_registry *registry = gca_registry_new();

        sound.mode = GCA_MODE_BODY;
        sound.poll = NULL;
        sound.body = sound_body;
        sound.stack_size = 8 << 20;
        ck_assert_int_eq(gca_registry_add(registry, &module, NULL, false, NULL, NULL), 0);
        gca_registry_free(registry);
        kind = sound;
        kind.body = NULL;
        expect_kind_fault(kind, "the body function is missing");
        kind = sound;
        kind.poll = sound_kind.poll;
        expect_kind_fault(kind, "use gca_defer()");
        kind = sound;
        kind.state_size = 1;
        expect_kind_fault(kind, "use local variables");
        kind = sound;
        kind.flags = GCA_KIND_HANDLES_ABORT;
        expect_kind_fault(kind, "told of every abort");
        kind = sound;
        kind.stack_size++;
        expect_kind_fault(kind, "a stack of 8388609 bytes is above the limit of 8388608");
        kind = sound_kind;
        kind.body = sound_body;
        expect_kind_fault(kind, "are for the mode \"body\"");
        kind = sound_kind;
        kind.stack_size = 1;
        expect_kind_fault(kind, "are for the mode \"body\"");
}
END_TEST

/* As gca_kind was before there were bodies. */
START_TEST(older_descriptors_are_read_as_far_as_they_go) {
        _Alignas(gca_kind) char table[2 * offsetof(gca_kind, body)];
        gca_kind kind = sound_kind;
        gca_module module = make_module((const gca_kind *)(const void *)table, 2);
        gca_registry *registry = gca_registry_new();

        kind.size = offsetof(gca_kind, body);
        memcpy(table, &kind, kind.size);
        kind.name = "play";
        memcpy(table + kind.size, &kind, kind.size);
        ck_assert_int_eq(gca_registry_add(registry, &module, NULL, false, NULL, NULL), 0);
        ck_assert_ptr_nonnull(gca_registry_find(registry, "sample.play", 11));
        gca_registry_free(registry);
        kind.mode = GCA_MODE_BODY;
        memcpy(table + kind.size, &kind, kind.size);
        expect_one_fault(refuse_module(&module), "no room for a body");
}
END_TEST

START_TEST(service_is_for_bundled_modules) {
        gca_kind kind = sound_kind;
        gca_module module = make_module(&kind, 1);
        gca_registry *registry = gca_registry_new();

        kind.mode = GCA_MODE_SERVICE;
        ck_assert_int_eq(gca_registry_add(registry, &module, NULL, true, NULL, NULL), 0);
        ck_assert(!gca_registry_get(registry, 0)->is_inline_allowed);
        gca_registry_free(registry);
}
END_TEST

START_TEST(inline_is_for_bundled_modules_and_those_allowed) {
        gca_kind kind = sound_kind;
        gca_module module = make_module(&kind, 1), bundled = module;
        gca_registry *registry = gca_registry_new();

        kind.mode = GCA_MODE_INLINE;
        bundled.name = "bundled";
        ck_assert_int_eq(gca_registry_add(registry, &module, NULL, false, NULL, NULL), 0);
        ck_assert_int_eq(gca_registry_add(registry, &bundled, NULL, true, NULL, NULL), 0);
        ck_assert(gca_registry_find(registry, "bundled.work", 12)->is_inline_allowed);
        ck_assert(!gca_registry_find(registry, "sample.work", 11)->is_inline_allowed);
        ck_assert_int_eq(gca_registry_allow_inline(registry, "sample.work"), 0);
        ck_assert(gca_registry_find(registry, "sample.work", 11)->is_inline_allowed);
        gca_registry_free(registry);
}
END_TEST

START_TEST(inline_cannot_be_allowed_for_other_modes) {
        gca_module module = make_module(&sound_kind, 1);
        gca_registry *registry = gca_registry_new();

        ck_assert_int_eq(gca_registry_add(registry, &module, NULL, false, NULL, NULL), 0);
        ck_assert_int_eq(gca_registry_allow_inline(registry, "sample.work"), -EINVAL);
        ck_assert_int_eq(gca_registry_allow_inline(registry, "sample.none"), -ENOENT);
        ck_assert(!gca_registry_get(registry, 0)->is_inline_allowed);
        gca_registry_free(registry);
}
END_TEST

START_TEST(other_faults_of_a_kind_are_refused) {
        gca_kind kind = sound_kind;

        kind.poll = NULL;
        expect_kind_fault(kind, "the poll function is missing");
        kind = sound_kind;
        kind.unreachable = (gca_unreachable)0;
        expect_kind_fault(kind, "unknown choice 0 for unreachable tasks");
        kind = sound_kind;
        kind.flags = 0x80;
        expect_kind_fault(kind, "unknown flags 0x80");
        kind = sound_kind;
        kind.state_size = 64 * 1024 + 1;
        expect_kind_fault(kind, "a state of 65537 bytes");
        kind = sound_kind;
        kind.n_arguments = 2;
        expect_kind_fault(kind, "2 arguments are announced");
}
END_TEST

START_TEST(faults_of_an_argument_are_refused) {
        gca_argument_spec argument = sound_argument;

        argument.name = "a-b";
        expect_argument_fault(argument, "argument \"a-b\": the name must be");
        argument = sound_argument;
        argument.doc = NULL;
        expect_argument_fault(argument, "the documentation is missing");
        argument = sound_argument;
        argument.type = (gca_type)42;
        expect_argument_fault(argument, "unknown type 42");
        argument = sound_argument;
        argument.flags = 0x10;
        expect_argument_fault(argument, "unknown flags 0x10");
        argument = sound_argument;
        argument.type = GCA_TYPE_STRING;
        argument.flags = GCA_ARGUMENT_OCTAL;
        argument.default_text = NULL;
        expect_argument_fault(argument, "only an int is written in octal");
        argument = sound_argument;
        argument.default_text = "maybe";
        expect_argument_fault(argument, "the default must be JSON");
        argument.default_text = "1.5";
        argument.type = GCA_TYPE_INT;
        expect_argument_fault(argument, "the default is not of the argument's type, int");
        argument.default_text = "1";
        argument.flags = GCA_ARGUMENT_REQUIRED;
        expect_argument_fault(argument, "it is required");
}
END_TEST

START_TEST(two_arguments_of_one_name_are_refused) {
        gca_argument_spec arguments[2] = { sound_argument, sound_argument };
        gca_kind kind = sound_kind;

        kind.arguments = arguments;
        kind.n_arguments = 2;
        expect_kind_fault(kind, "there are two of this name");
}
END_TEST

START_TEST(two_kinds_of_one_name_are_refused) {
        gca_kind kinds[2] = { sound_kind, sound_kind };
        gca_module module = make_module(kinds, 2);

        expect_one_fault(refuse_module(&module),
                         "module \"sample\", kind \"work\": there are two of this name");
}
END_TEST

START_TEST(kind_that_another_module_has_is_refused) {
        gca_kind kinds[2] = { sound_kind, sound_kind };
        gca_module first = make_module(&sound_kind, 1), second = make_module(kinds, 2);
        gca_registry *registry = gca_registry_new();
        struct told told = { 0 };

        kinds[0].name = "more";
        ck_assert_int_eq(gca_registry_add(registry, &first, "/a.so", false, tell, &told), 0);
        ck_assert_int_eq(gca_registry_add(registry, &second, "/b.so", false, tell, &told), -EINVAL);
        expect_one_fault(&told, "/b.so: kind \"sample.work\" is there already, from /a.so");
        ck_assert_ptr_null(gca_registry_find(registry, "sample.more", 11));
        ck_assert_ptr_eq(gca_registry_get(registry, 0)->module, &first);
        gca_registry_free(registry);
}
END_TEST

START_TEST(all_faults_are_told_at_once) {
        static const char *const texts[] = {
                "unknown mode",    "poll function", "state of",           "two of this name",
                "default must be", "unknown type",  "version is missing", "is there already",
        };
        gca_argument_spec arguments[2] = { sound_argument, sound_argument };
        gca_kind kinds[2] = { sound_kind, sound_kind };
        gca_module first = make_module(&sound_kind, 1), second = make_module(kinds, 2);
        gca_registry *registry = gca_registry_new();
        struct told told = { 0 };

        second.version = "";
        kinds[0].mode = (gca_mode)9;
        kinds[0].poll = NULL;
        kinds[1].name = "more";
        kinds[1].state_size = 1 << 20;
        kinds[1].arguments = arguments;
        kinds[1].n_arguments = 2;
        arguments[0].default_text = "x";
        arguments[1].type = (gca_type)42;
        ck_assert_int_eq(gca_registry_add(registry, &first, NULL, false, tell, &told), 0);
        ck_assert_int_eq(gca_registry_add(registry, &second, NULL, false, tell, &told), -EINVAL);
        ck_assert_msg(told.n == SUITE_SIZE(texts), "%s", told.text);
        for (size_t i = 0; i < SUITE_SIZE(texts); i++)
                ck_assert_msg(strstr(told.text, texts[i]) != NULL, "%s: %s", texts[i], told.text);
        gca_registry_free(registry);
}
END_TEST

/* One allocation more each time, until there are enough. */
START_TEST(module_is_added_whole_or_not_at_all_when_memory_runs_out) {
        gca_kind kinds[20];
        char names[20][8];
        gca_argument_spec argument = sound_argument;
        gca_module module = make_module(kinds, 20);
        int r = -ENOMEM;

        argument.default_text = "\"text\"";
        for (int i = 0; i < 20; i++) {
                (void)snprintf(names[i], sizeof(names[i]), "k%d", i);
                kinds[i] = sound_kind;
                kinds[i].name = names[i];
                kinds[i].arguments = &argument;
                kinds[i].n_arguments = 1;
        }
        for (size_t n = 1; r != 0; n++) {
                gca_registry *registry = gca_registry_new();
                size_t n_alive = failing_malloc_count();

                failing_malloc_arm(n);
                r = gca_registry_add(registry, &module, "/a.so", false, NULL, NULL);
                bool has_failed = failing_malloc_disarm();
                size_t n_alive_after = failing_malloc_count();
                ck_assert_int_eq(r, has_failed ? -ENOMEM : 0);
                ck_assert_int_eq(gca_registry_get(registry, 0) != NULL, r == 0);
                ck_assert_int_eq(gca_registry_get(registry, 19) != NULL, r == 0);
                ck_assert(r == 0 || n_alive_after <= n_alive + 1); /* the table may have grown */
                gca_registry_free(registry);
        }
}
END_TEST

START_TEST(registry_is_not_made_without_memory) {
        failing_malloc_arm(1);
        gca_registry *registry = gca_registry_new();
        (void)failing_malloc_disarm();
        ck_assert_ptr_null(registry);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                sound_module_is_found_by_name,
                freeing_no_registry_is_fine,
                many_kinds_come_back_in_name_order,
                larger_descriptors_of_newer_modules_are_walked_by_their_size,
                descriptor_of_wrong_size_is_refused,
                module_of_another_interface_is_refused,
                kind_descriptors_of_wrong_sizes_are_refused,
                module_without_kinds_is_refused,
                malformed_names_are_refused,
                longest_name_is_accepted,
                control_characters_are_escaped_when_told,
                missing_documentation_is_refused,
                modes_that_are_not_to_be_had_are_refused,
                body_has_a_function_and_a_stack_and_nothing_else,
                older_descriptors_are_read_as_far_as_they_go,
                service_is_for_bundled_modules,
                inline_is_for_bundled_modules_and_those_allowed,
                inline_cannot_be_allowed_for_other_modes,
                other_faults_of_a_kind_are_refused,
                faults_of_an_argument_are_refused,
                two_arguments_of_one_name_are_refused,
                two_kinds_of_one_name_are_refused,
                kind_that_another_module_has_is_refused,
                all_faults_are_told_at_once,
                module_is_added_whole_or_not_at_all_when_memory_runs_out,
                registry_is_not_made_without_memory,
        };

        return suite_run("registry", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
