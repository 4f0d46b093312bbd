/* SPDX-License-Identifier: MIT */

#include "runtime/module-check.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/cleanup.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/utf8.h"
#include "runtime/default-text.h"
#include "runtime/stack-pool.h"

enum {
        STATE_SIZE_MAX = 64 * 1024,
        ARGUMENT_FLAGS = GCA_ARGUMENT_REQUIRED | GCA_ARGUMENT_SENSITIVE | GCA_ARGUMENT_OCTAL,
        KIND_FLAGS = GCA_KIND_HANDLES_ABORT | GCA_KIND_EXECUTES,
        SUBJECT_SIZE = 320,
};

/* One module's check: what is looked at, and where a default's value goes for a moment. */
struct module_checker {
        const gca_module *module;
        bool is_bundled;
        struct fault_teller *teller;
        gca_region *region;
};

static inline void region_freep(gca_region **region) {
        gca_region_free(*region);
}

void fault_teller_tell(struct fault_teller *teller, const char *subject, const char *format, ...) {
        char text[1024];
        int length = 0;
        va_list arguments;

        teller->n_told++;
        if (teller->on_fault == NULL)
                return;
        if (subject != NULL)
                length = snprintf(text, sizeof(text), "%s: ", subject);
        assert(length >= 0 && (size_t)length < sizeof(text));
        va_start(arguments, format);
        (void)vsnprintf(text + length, sizeof(text) - (size_t)length, format, arguments);
        va_end(arguments);
        teller->on_fault(teller->path, text, teller->data);
}

const gca_kind *module_get_kind(const gca_module *module, size_t index) {
        return (const gca_kind *)(const void *)((const char *)module->kinds +
                                                index * module->kinds->size);
}

/* A name for people, whatever is in it. */
static const char *quote(const char *name, char buffer[static 96]) {
        if (name == NULL)
                return "(none)";
        return log_escape(buffer, 96, name, strnlen(name, 96));
}

/* [a-z], then [a-z0-9] and the separator. */
static bool is_name(const char *name, char separator) {
        size_t n = name != NULL ? strnlen(name, MODULE_NAME_MAX + 1) : 0;

        if (n == 0 || n > MODULE_NAME_MAX || name[0] < 'a' || name[0] > 'z')
                return false;
        for (size_t i = 1; i < n; i++)
                if (!(name[i] >= 'a' && name[i] <= 'z') && !(name[i] >= '0' && name[i] <= '9') &&
                    name[i] != separator)
                        return false;
        return true;
}

bool module_print_full_name(const gca_module *module,
                            const gca_kind *kind,
                            char ret_name[static MODULE_FULL_NAME_SIZE]) {
        if (!is_name(module->name, '-') || !is_name(kind->name, '-'))
                return false;
        if (strcmp(module->name, kind->name) == 0)
                (void)snprintf(ret_name, MODULE_FULL_NAME_SIZE, "%s", kind->name);
        else
                (void)snprintf(ret_name, MODULE_FULL_NAME_SIZE, "%s.%s", module->name, kind->name);
        return true;
}

static void
check_name(struct module_checker *checker, const char *subject, const char *name, char separator) {
        if (!is_name(name, separator))
                fault_teller_tell(checker->teller,
                                  subject,
                                  "the name must be 1 to %d characters of a-z, 0-9 and \"%c\", "
                                  "beginning with a letter",
                                  MODULE_NAME_MAX,
                                  separator);
}

enum text_form {
        TEXT_ONE_LINE,
        TEXT_LINES
};

/* Text that people will read: what is it, is it there, can it be shown. */
static void check_text(struct module_checker *checker,
                       const char *subject,
                       const char *what,
                       const char *text,
                       enum text_form form) {
        if (text == NULL || text[0] == '\0')
                fault_teller_tell(checker->teller, subject, "%s is missing", what);
        else if (!utf8_is_valid(text, strlen(text)))
                fault_teller_tell(checker->teller, subject, "%s is not UTF-8", what);
        else if (form == TEXT_ONE_LINE && strchr(text, '\n') != NULL)
                fault_teller_tell(checker->teller, subject, "%s is longer than one line", what);
}

static int check_default(struct module_checker *checker,
                         const char *subject,
                         const gca_argument_spec *argument) {
        gca_value value;
        int r;

        if (argument->default_text == NULL)
                return 0;
        if (argument->flags & GCA_ARGUMENT_REQUIRED)
                fault_teller_tell(checker->teller,
                                  subject,
                                  "it is required, so its default can never be used");

        r = default_text_parse(checker->region, argument->default_text, argument->type, &value);
        if (r < 0)
                return fault_pass(r);
        if (r == DEFAULT_TEXT_E_MALFORMED)
                fault_teller_tell(checker->teller,
                                  subject,
                                  "the default must be JSON: null, true, false, a number, a "
                                  "string, [] or {}");
        else if (r == DEFAULT_TEXT_E_TYPE)
                fault_teller_tell(checker->teller,
                                  subject,
                                  "the default is not of the argument's type, %s",
                                  gca_type_to_string(argument->type));
        return 0;
}

static bool is_name_used_before(const gca_kind *kind, size_t index) {
        const char *name = kind->arguments[index].name;

        for (size_t i = 0; i < index; i++)
                if (name != NULL && kind->arguments[i].name != NULL &&
                    strcmp(kind->arguments[i].name, name) == 0)
                        return true;
        return false;
}

static int check_argument(struct module_checker *checker,
                          const char *kind_subject,
                          const gca_kind *kind,
                          size_t index) {
        const gca_argument_spec *argument = &kind->arguments[index];
        char subject[SUBJECT_SIZE + 128], quoted[96];

        (void)snprintf(subject,
                       sizeof(subject),
                       "%s, argument \"%s\"",
                       kind_subject,
                       quote(argument->name, quoted));
        check_name(checker, subject, argument->name, '_');
        if (is_name_used_before(kind, index))
                fault_teller_tell(checker->teller, subject, "there are two of this name");
        check_text(checker, subject, "the documentation", argument->doc, TEXT_ONE_LINE);
        if (argument->flags & ~(uint32_t)ARGUMENT_FLAGS)
                fault_teller_tell(checker->teller,
                                  subject,
                                  "unknown flags 0x%x",
                                  argument->flags & ~(uint32_t)ARGUMENT_FLAGS);
        if ((argument->flags & GCA_ARGUMENT_OCTAL) && argument->type != GCA_TYPE_INT)
                fault_teller_tell(checker->teller, subject, "only an int is written in octal");
        if ((unsigned)argument->type > GCA_TYPE_MAP) {
                fault_teller_tell(
                        checker->teller, subject, "unknown type %u", (unsigned)argument->type);
                return 0;
        }
        return fault_pass(check_default(checker, subject, argument));
}

static int
check_arguments(struct module_checker *checker, const char *subject, const gca_kind *kind) {
        int r;

        if (kind->arguments == NULL && kind->n_arguments > 0) {
                fault_teller_tell(checker->teller,
                                  subject,
                                  "%zu arguments are announced, but there is no table of them",
                                  kind->n_arguments);
                return 0;
        }
        for (size_t i = 0; i < kind->n_arguments; i++) {
                r = check_argument(checker, subject, kind, i);
                if (r < 0)
                        return fault_pass(r);
        }
        return 0;
}

static void check_mode(struct module_checker *checker, const char *subject, const gca_kind *kind) {
        switch (kind->mode) {
        case GCA_MODE_INLINE:
        case GCA_MODE_POLL:
        case GCA_MODE_BLOCKING:
        case GCA_MODE_BODY:
                return;
        case GCA_MODE_SERVICE:
                if (!checker->is_bundled)
                        fault_teller_tell(
                                checker->teller,
                                subject,
                                "the mode \"service\" is for kinds that come with the daemon: "
                                "use \"poll\"");
                return;
        }
        fault_teller_tell(checker->teller, subject, "unknown mode %u", (unsigned)kind->mode);
}

/* Whether the descriptor reaches beyond what it had before there were bodies. */
static bool kind_has_body_fields(const gca_kind *kind) {
        return kind->size >= offsetof(gca_kind, stack_size) + sizeof(kind->stack_size);
}

/* A body has its state in its frames, and sees every abort. */
static void check_body(struct module_checker *checker, const char *subject, const gca_kind *kind) {
        struct fault_teller *teller = checker->teller;

        if (!kind_has_body_fields(kind)) {
                fault_teller_tell(teller,
                                  subject,
                                  "its descriptor has no room for a body: it must be built again");
                return;
        }
        if (kind->body == NULL)
                fault_teller_tell(teller, subject, "the body function is missing");
        if (kind->poll != NULL || kind->drop != NULL)
                fault_teller_tell(teller,
                                  subject,
                                  "the mode \"body\" has no poll and no drop function: use "
                                  "gca_defer() to clean up");
        if (kind->state_size > 0)
                fault_teller_tell(
                        teller, subject, "the mode \"body\" has no state: use local variables");
        if (kind->flags & GCA_KIND_HANDLES_ABORT)
                fault_teller_tell(
                        teller,
                        subject,
                        "a body is told of every abort: leave GCA_KIND_HANDLES_ABORT out");
        if (kind->stack_size > STACK_SIZE_MAX)
                fault_teller_tell(teller,
                                  subject,
                                  "a stack of %zu bytes is above the limit of %d",
                                  kind->stack_size,
                                  STACK_SIZE_MAX);
}

static void check_poll(struct module_checker *checker, const char *subject, const gca_kind *kind) {
        if (kind->poll == NULL)
                fault_teller_tell(checker->teller, subject, "the poll function is missing");
        if (kind->state_size > STATE_SIZE_MAX)
                fault_teller_tell(checker->teller,
                                  subject,
                                  "a state of %zu bytes is above the limit of %d",
                                  kind->state_size,
                                  STATE_SIZE_MAX);
        if (kind_has_body_fields(kind) && (kind->body != NULL || kind->stack_size > 0))
                fault_teller_tell(checker->teller,
                                  subject,
                                  "a body function and a stack are for the mode \"body\"");
}

static bool is_kind_name_used_before(const gca_module *module, size_t index) {
        const char *name = module_get_kind(module, index)->name;

        for (size_t i = 0; i < index; i++) {
                const char *other = module_get_kind(module, i)->name;
                if (name != NULL && other != NULL && strcmp(other, name) == 0)
                        return true;
        }
        return false;
}

static int check_kind(struct module_checker *checker, size_t index) {
        const gca_kind *kind = module_get_kind(checker->module, index);
        struct fault_teller *teller = checker->teller;
        char subject[SUBJECT_SIZE], module_name[96], kind_name[96];

        (void)snprintf(subject,
                       sizeof(subject),
                       "module \"%s\", kind \"%s\"",
                       quote(checker->module->name, module_name),
                       quote(kind->name, kind_name));
        check_name(checker, subject, kind->name, '-');
        if (is_kind_name_used_before(checker->module, index))
                fault_teller_tell(teller, subject, "there are two of this name");
        check_text(checker, subject, "the documentation", kind->doc, TEXT_LINES);
        check_text(checker, subject, "the result's documentation", kind->result_doc, TEXT_ONE_LINE);
        check_mode(checker, subject, kind);
        if (kind->unreachable != GCA_UNREACHABLE_CANCEL &&
            kind->unreachable != GCA_UNREACHABLE_FINISH)
                fault_teller_tell(teller,
                                  subject,
                                  "unknown choice %u for unreachable tasks",
                                  (unsigned)kind->unreachable);
        if (kind->flags & ~(uint32_t)KIND_FLAGS)
                fault_teller_tell(
                        teller, subject, "unknown flags 0x%x", kind->flags & ~(uint32_t)KIND_FLAGS);
        if (kind->mode == GCA_MODE_BODY)
                check_body(checker, subject, kind);
        else
                check_poll(checker, subject, kind);
        return fault_pass(check_arguments(checker, subject, kind));
}

/* Whether the descriptors' sizes allow to read them. */
static bool check_kind_sizes(struct module_checker *checker, const char *subject) {
        size_t size = checker->module->kinds->size;

        /* Those before "body" was added have what comes before it. */
        if (size < offsetof(gca_kind, body) || size % alignof(gca_kind) != 0) {
                fault_teller_tell(checker->teller,
                                  subject,
                                  "a kind's descriptor has %zu bytes, not %zu: is \"size\" set?",
                                  size,
                                  sizeof(gca_kind));
                return false;
        }
        for (size_t i = 1; i < checker->module->n_kinds; i++)
                if (module_get_kind(checker->module, i)->size != size) {
                        fault_teller_tell(checker->teller,
                                          subject,
                                          "its kinds' descriptors differ in size (number %zu: %zu "
                                          "bytes, not %zu)",
                                          i + 1,
                                          module_get_kind(checker->module, i)->size,
                                          size);
                        return false;
                }
        return true;
}

static int check_kinds(struct module_checker *checker, const char *subject) {
        const gca_module *module = checker->module;
        int r;

        if (module->n_kinds == 0 || module->kinds == NULL) {
                fault_teller_tell(checker->teller, subject, "it declares no kinds");
                return MODULE_CHECK_E_UNREADABLE;
        }
        if (!check_kind_sizes(checker, subject))
                return MODULE_CHECK_E_UNREADABLE;
        for (size_t i = 0; i < module->n_kinds; i++) {
                r = check_kind(checker, i);
                if (r < 0)
                        return fault_pass(r);
        }
        return 0;
}

/* Whether the fields after size and abi are where this version reads them. */
static bool check_interface(const gca_module *module, struct fault_teller *teller) {
        if (module->size < offsetof(gca_module, name)) {
                fault_teller_tell(
                        teller,
                        NULL,
                        "the module's descriptor has %zu bytes, not %zu: is \"size\" set?",
                        module->size,
                        sizeof(gca_module));
                return false;
        }
        if (module->abi != GCA_MODULE_ABI) {
                fault_teller_tell(teller,
                                  NULL,
                                  "it was built for version %u of the module interface, this is "
                                  "version %u: it must be built again",
                                  module->abi,
                                  GCA_MODULE_ABI);
                return false;
        }
        if (module->size < sizeof(gca_module)) {
                fault_teller_tell(
                        teller,
                        NULL,
                        "the module's descriptor has %zu bytes, not %zu: is \"size\" set?",
                        module->size,
                        sizeof(gca_module));
                return false;
        }
        return true;
}

int module_check(const gca_module *module, bool is_bundled, struct fault_teller *teller) {
        cleanup_(region_freep) gca_region *region = NULL;
        struct module_checker checker = { module, is_bundled, teller, NULL };
        char subject[SUBJECT_SIZE], quoted[96];

        if (!check_interface(module, teller))
                return MODULE_CHECK_E_UNREADABLE;
        region = gca_region_new(0);
        if (region == NULL)
                return fault_raise(-ENOMEM);
        checker.region = region;
        (void)snprintf(subject, sizeof(subject), "module \"%s\"", quote(module->name, quoted));
        check_name(&checker, subject, module->name, '-');
        check_text(&checker, subject, "the version", module->version, TEXT_ONE_LINE);
        check_text(&checker, subject, "the documentation", module->doc, TEXT_LINES);
        return fault_pass(check_kinds(&checker, subject));
}
