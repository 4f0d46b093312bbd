/* SPDX-License-Identifier: MIT */

/*
 * Modules for the loader's tests, one of each SAMPLE_…: they need no function of the runtime.
 *
 *     SAMPLE_SOUND       "sample", with the kind "sample.work"
 *     SAMPLE_OTHER       "other", with the kind "other"
 *     SAMPLE_CORE        "core", with a kind of mode service: calls itself a bundled module
 *     SAMPLE_OLD         of another interface version
 *     SAMPLE_SMALL       an object too small for what it says
 *     SAMPLE_FUNCTION    gcasync_module is a function
 *     SAMPLE_NONE        exports nothing of that name
 *     SAMPLE_UNRESOLVED  needs a function that is nowhere
 */

#include <gcasync/module.h>

#if defined(SAMPLE_FUNCTION)

__attribute__((visibility("default"))) void not_a_descriptor(void) __asm__("gcasync_module");
void not_a_descriptor(void) {
}

#elif defined(SAMPLE_SMALL)

__attribute__((visibility("default"))) extern const size_t too_small[2] __asm__("gcasync_module");
const size_t too_small[2] = { sizeof(gca_module), GCA_MODULE_ABI };

#elif defined(SAMPLE_NONE)

__attribute__((visibility("default"))) extern const int something_else;
const int something_else = 1;

#else

#        if defined(SAMPLE_OTHER)
#                define NAME      "other"
#                define KIND_NAME "other"
#                define MODE      GCA_MODE_INLINE
#        elif defined(SAMPLE_CORE)
#                define NAME      "core"
#                define KIND_NAME "work"
#                define MODE      GCA_MODE_SERVICE
#        else
#                define NAME      "sample"
#                define KIND_NAME "work"
#                define MODE      GCA_MODE_POLL
#        endif

#        if defined(SAMPLE_OLD)
#                define ABI 0
#        else
#                define ABI GCA_MODULE_ABI
#        endif

#        if defined(SAMPLE_UNRESOLVED)
void sample_that_is_nowhere(void);
#        endif

static gca_poll poll_nothing(gca_task *task, void *state) {
        (void)task;
        (void)state;
#        if defined(SAMPLE_UNRESOLVED)
        sample_that_is_nowhere();
#        endif
        return GCA_DONE;
}

static const gca_kind kinds[] = {
        {
                .size = sizeof(gca_kind),
                .name = KIND_NAME,
                .doc = "Works.",
                .result_doc = "nothing",
                .mode = MODE,
                .unreachable = GCA_UNREACHABLE_CANCEL,
                .poll = poll_nothing,
        },
};

const gca_module gcasync_module = {
        .size = sizeof(gca_module),
        .abi = ABI,
        .name = NAME,
        .version = "1",
        .doc = "A sample.",
        .kinds = kinds,
        .n_kinds = 1,
};

#endif
