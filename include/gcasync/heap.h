/* SPDX-License-Identifier: MIT */
#ifndef GCASYNC_HEAP_H
#define GCASYNC_HEAP_H

/*
 * The shared heap: published values, what keeps them alive, and the collector that takes the rest.
 *
 * A value made in a region is private to its task. gca_publish() copies it into the store, once; from then on
 * any thread that is attached to the heap may hold it. A published value is never freed by anybody: it lives as
 * long as something can reach it, and the collector takes what nothing reaches, cycles included. No
 * thread is ever stopped for that, and no stack is ever looked at. So what a thread holds must be told:
 *
 *     an entry   is the task's own: whatever a function of this header returns is held by one, made in the
 *                innermost scope of the region it was given, and given up with that scope or region
 *     a root     is a slot in the heap's root set, named by number and generation, shared by guards; any thread may give
 *                it up, an owner gives up all of its own at once
 *
 * An element of a list that is held may be used without more ado (it is borrowed); to keep it after the list
 * went, gca_hold() it first.
 *
 * A root keeps a value alive, but does not hold it for a thread: whoever else knows the root may give it up. So
 * what a root names is used after gca_root_get() took it.
 *
 * CALLS            region, thread    one thread at a time, the one that is attached
 *                  heap, root        any attached thread, unless told otherwise
 *
 * A function that returns a value returns GCA_NO_VALUE where it failed; gca_region_get_fault() tells why.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcasync/value.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

typedef struct gca_heap gca_heap;
typedef struct gca_thread gca_thread;

/* ---- the heap ---- */

typedef struct gca_heap_options {
        size_t size;          /* sizeof(gca_heap_options) */
        size_t reserve_bytes; /* address space for small objects; 0: the machine's memory, twice */
        size_t growth_floor_bytes; /* 0: 16 MiB: no cycle for growth below this */
        unsigned growth_percent;   /* 0: 50: of what was live after the last cycle */
        size_t soft_limit_bytes; /* 0: none: past it cycles follow each other, publishing tasks wait for them */
        size_t hard_limit_bytes; /* 0: none: past it publication waits for a cycle, and fails if that was in vain */
        uint64_t
                idle_ns; /* 0: 1 s: a cycle when this long nothing was published, and memory goes back */
        bool is_manual;          /* no collector thread: the caller drives gca_heap_step() */
        bool is_stress;          /* cycles follow each other without a pause */
        const char *thread_name; /* NULL: "gcasync-gc" */
        void (*on_finalizers)(void *data); /* any thread: there are some to be taken; may be NULL */
        void *data;
} gca_heap_options;

/* 0, -EINVAL, -ENOMEM or another -errno. options may be NULL. */
int gca_heap_new(const gca_heap_options *options, gca_heap **ret_heap);

/* All threads have detached, all owners are free. Finalisers that nobody took do not run. NULL is
 * accepted and returned. */
gca_heap *gca_heap_free(gca_heap *heap);

/* Asks for a cycle that begins after this call; returns at once, or with wait when it is complete (swept too). Not to be
 * waited for in a section or on the collector's own thread. 0; -EDEADLK: it would
 * be waited for by who has to drive it (a manual heap, the collector's thread); -EOWNERDEAD after fork. */
int gca_heap_collect(gca_heap *heap, bool wait);

typedef enum gca_heap_step {
        GCA_HEAP_IDLE = 0, /* nothing to do until something is asked for */
        GCA_HEAP_BUSY,     /* there is more to do */
        GCA_HEAP_GRACE,    /* waits for sections of other threads to end */
} gca_heap_step;

/* A manual heap's collector takes one step, of at most about budget_ns; by one thread at a time. */
gca_heap_step gca_heap_step_once(gca_heap *heap, uint64_t budget_ns);

/* Steps until the cycle asked for is complete. Every other attached thread is outside its sections. */
void gca_heap_collect_now(gca_heap *heap);

/* ---- threads ---- */

/* Attaches the calling thread, or one that the caller is about to start and hands *ret_thread to. 0, -ENOMEM, or
 * -EOWNERDEAD after fork. */
int gca_thread_attach(gca_heap *heap, gca_thread **ret_thread);

/* On the thread that is attached; regions made on it are gone. Accepts NULL and returns it. */
gca_thread *gca_thread_detach(gca_thread *thread);
gca_heap *gca_thread_get_heap(const gca_thread *thread);

/* The thread's own region, for what it takes outside any task; gca_thread_end_pass() empties it. */
gca_region *gca_thread_get_region(gca_thread *thread);
void gca_thread_end_pass(gca_thread *thread);

/* A region that may hold published values. As gca_region_new() else. */
gca_region *gca_region_new_on(gca_thread *thread, size_t memory_limit_bytes);

/* NULL: it was made on none. */
gca_thread *gca_region_get_thread(const gca_region *region);

typedef enum gca_region_fault {
        GCA_REGION_OK = 0,
        GCA_REGION_NO_MEMORY,
        GCA_REGION_MEMORY_LIMIT,  /* the region's own */
        GCA_REGION_HEAP_LIMIT,    /* the heap's hard limit */
        GCA_REGION_NO_HEAP,       /* the region was made on no thread */
        GCA_REGION_NOT_PUBLISHED, /* a region's value was given to an open publication */
        GCA_REGION_FORKED,
        GCA_REGION_NO_DESCRIPTORS, /* for a blob */
} gca_region_fault;

/* The first fault since the region was made; and its stable word ("memory-limit"). */
gca_region_fault gca_region_get_fault(const gca_region *region);
const char *gca_region_fault_to_string(gca_region_fault fault);

/* ---- publication ---- */

/* The value in the store, held by an entry; what is there already is not copied, and what was published once has one
 * copy. Works in slices, of a few KiB to a block's 64 each; nobody waits for more than one of them. A value of an open publication's
 * comes back as it is. Where it fails, the region's values are as they were, and the next call goes on where it stopped. */
gca_value gca_publish(gca_region *region, gca_value value);
bool gca_is_published(gca_value value);

/*
 * An open publication: a region whose constructors build straight into the store, out of immediate and published
 * values only. Nobody else sees what is in it before gca_publication_end(), which returns the result, held by an entry of
 * the region that it was begun on. One at a time per region; scopes cannot be begun in it; it ends with the region at the latest.
 * NULL where there is no memory or no heap.
 */
gca_region *gca_publication_begin(gca_region *region);
gca_value gca_publication_end(gca_region *publication, gca_value result);

/* Who pays for what is published from here on by the region, until it is swept: 0 to 65534, 0 at first. */
void gca_region_set_account(gca_region *region, uint16_t account);

/* ---- holding ---- */

/* An entry for a value at hand (borrowed from one that is held), in the innermost scope. Other values pass through. */
gca_value gca_hold(gca_region *region, gca_value value);

/* ---- cells: the one mutable value; any thread that holds the cell ---- */

/* A published cell; its value is published first. */
gca_value gca_cell_new(gca_region *region, gca_value value);
gca_value gca_cell_get(gca_region *region, gca_value cell);

/* 0, or -ENOMEM, -ENOSPC (the heap's limit), -EINVAL (a region without a heap, a value that is not published), -EOWNERDEAD:
 * then the cell is as it was. */
int gca_cell_set(gca_region *region, gca_value cell, gca_value value);

/* Sets it if it still holds the very value expected (the same object, or an equal immediate). 1: done; 0: it holds
 * another, which *ret_current (may be NULL) then is, held by an entry; negative as above. */
int gca_cell_compare_set(gca_region *region,
                         gca_value cell,
                         gca_value expected,
                         gca_value desired,
                         gca_value *ret_current);

/* ---- weak values and ephemerons ---- */

/* A published weak value that keeps nothing alive. The target is published first. */
gca_value gca_weak_new(gca_region *region, gca_value target);

/* A weak value that also keeps another alive, for as long as its key lives. */
gca_value gca_ephemeron_new(gca_region *region, gca_value key, gca_value value);

/* The target (the key), or nil once it is gone. Never a value that is about to go. */
gca_value gca_weak_get(gca_region *region, gca_value weak);

/* The value of an ephemeron whose key lives, else nil. */
gca_value gca_ephemeron_get(gca_region *region, gca_value ephemeron);

/* ---- natives: a module's own objects ---- */

enum {
        GCA_NATIVE_SLOTS_MAX = 1024,
};

typedef struct gca_native_type {
        size_t size;      /* sizeof(gca_native_type) */
        const char *name; /* for people */
        size_t payload_bytes;
        size_t n_slots;                  /* each as a cell; at most GCA_NATIVE_SLOTS_MAX */
        void (*finalize)(void *payload); /* gets the payload once the native is gone; NULL: none */
} gca_native_type;

/* The type lives as long as the heap. payload is copied; NULL: zeros. Slots hold nil. */
gca_value gca_native_new(gca_region *region, const gca_native_type *type, const void *payload);
const gca_native_type *gca_native_get_type(gca_value native);
/* Valid while the native is held. The collector never reads it. */
void *gca_native_get_payload(gca_value native);
gca_value gca_native_get_slot(gca_region *region, gca_value native, size_t index);
int gca_native_set_slot(gca_region *region, gca_value native, size_t index, gca_value value);

/* A finaliser that is due: the payload of a native that is gone. */
typedef struct gca_finalizer gca_finalizer;

/* The next one, oldest first, or NULL. Any thread; the caller runs it (as a task) and frees it, or frees it unrun. */
gca_finalizer *gca_heap_take_finalizer(gca_heap *heap);

/* Who is told, on any thread, that some are due, instead of gca_heap_options.on_finalizers: one at a time. call NULL takes
 * back what was set with the same data, which is then not running and will not be called. Not from inside one.
 * 0, -EOWNERDEAD, or -EBUSY: there is another. A runtime that was given the heap does this itself, while it runs, and runs them. */
int gca_heap_set_on_finalizers(gca_heap *heap, void (*call)(void *data), void *data);
void gca_finalizer_run(gca_finalizer *finalizer);
gca_finalizer *gca_finalizer_free(gca_finalizer *finalizer);

/* ---- blobs: large bytes in sealed memory ---- */

/* A published blob with a copy of data. */
gca_value gca_blob_new(gca_region *region, const void *data, size_t size);

/* A published blob around a memfd that is sealed (write, shrink, grow, seal); fd is taken on success. GCA_NO_VALUE with
 * errno, and EINVAL is no fault of the region's: not such a descriptor, or one for reading only, of a memfd with pages never written. */
gca_value gca_blob_new_from_fd(gca_region *region, int fd);

/* A descriptor of the blob's own, borrowed; gca_get_bytes() gives its bytes (mapped at the first call). */
int gca_blob_get_fd(gca_value blob);

/* ---- roots ---- */

/* Who roots belong to: a session, a name table, a task. Its roots are registered by one thread at a time and go in one
 * step with it. id is for people and the census. NULL when out of memory. */
typedef struct gca_root_owner gca_root_owner;
gca_root_owner *gca_root_owner_new(gca_heap *heap, uint64_t id);
/* On an attached thread: all its roots are stale from one moment on, for everybody. Accepts NULL and returns it. */
gca_root_owner *gca_root_owner_free(gca_thread *thread, gca_root_owner *owner);

/* A slot's name. Zero is none. */
typedef struct gca_root {
        uint32_t slot, generation;
} gca_root;

typedef enum gca_root_error {
        GCA_ROOT_E_STALE = 1, /* the root has been given up; its slot may be another's by now */
        GCA_ROOT_E_UNKNOWN,   /* no such slot */
        GCA_ROOT_E_NOT_PUBLISHED,
        GCA_ROOT_E_OVERFLOW, /* too many guards share it */
} gca_root_error;

/* Keeps a published value (or an immediate) alive, with one guard. What a publication that failed has copied so far is not
 * published. 0, GCA_ROOT_E_NOT_PUBLISHED, -ENOMEM, -EOWNERDEAD. */
int gca_root_register(gca_thread *thread,
                      gca_root_owner *owner,
                      gca_value value,
                      gca_root *ret_root);

/* One more guard, and one less; the last one gives the root up. thread NULL: the calling thread is not attached; what
 * it gives up is kept alive until the next cycle begins. 0 or an outcome, which changes nothing; -EOWNERDEAD. */
int gca_root_share(gca_thread *thread, gca_heap *heap, gca_root root);
int gca_root_unregister(gca_thread *thread, gca_heap *heap, gca_root root);

/* The value, held by an entry of the region. 0, an outcome, -ENOMEM or -EOWNERDEAD. */
int gca_root_get(gca_region *region, gca_heap *heap, gca_root root, gca_value *ret_value);

/* Another value in the same root, published or immediate. 0, an outcome, or -EOWNERDEAD. */
int gca_root_set(gca_thread *thread, gca_heap *heap, gca_root root, gca_value value);
bool gca_root_is_registered(gca_heap *heap, gca_root root);

/* Live slots, and the guards that share them; exact when nobody is changing them. */
size_t gca_heap_count_roots(gca_heap *heap);
size_t gca_heap_count_guards(gca_heap *heap);

/* The live roots as of now: calls visit for each, outside sections, stops when that says false. What is registered or given
 * up meanwhile may be told or not. */
typedef struct gca_root_info {
        gca_root root;
        uint64_t owner;
        uint32_t n_guards;
        gca_type type;
} gca_root_info;
void gca_heap_snapshot(gca_thread *thread,
                       bool (*visit)(const gca_root_info *info, void *data),
                       void *data);

/* A guard gives its root up when it leaves its block: gca_guard_ gca_guard guard = gca_guard_new(...). */
typedef struct gca_guard {
        gca_thread *thread;
        gca_root root;
} gca_guard;
int gca_guard_init(gca_guard *guard, gca_thread *thread, gca_root_owner *owner, gca_value value);
void gca_guard_deinit(gca_guard *guard); /* may be called twice */
#define gca_guard_ __attribute__((cleanup(gca_guard_deinit)))

/* ---- statistics ---- */

typedef enum gca_trigger {
        GCA_TRIGGER_NONE = 0,
        GCA_TRIGGER_GROWTH,
        GCA_TRIGGER_LIMIT,
        GCA_TRIGGER_REQUEST,
        GCA_TRIGGER_IDLE,
        GCA_TRIGGER_STRESS,
} gca_trigger;
const char *gca_trigger_to_string(gca_trigger trigger);

typedef struct gca_cycle_info {
        uint64_t number; /* 1 for the first */
        gca_trigger trigger;
        uint64_t started_ns; /* CLOCK_MONOTONIC */
        uint64_t arming_ns, marking_ns, closing_ns, sweeping_ns;
        uint64_t n_marked, marked_bytes;
        uint64_t n_swept, swept_bytes;
        uint64_t n_grace_waits, grace_ns;
        uint64_t n_rounds;       /* of termination */
        uint64_t n_logged;       /* values that logs brought */
        uint64_t floating_bytes; /* born or logged while it marked */
        uint64_t n_weaks_cleared, n_finalizers;
} gca_cycle_info;

enum {
        GCA_CYCLES_KEPT = 64,
};

typedef struct gca_heap_info {
        uint64_t n_cycles;
        uint64_t n_skipped_idle;  /* nothing moved since the last complete cycle */
        uint64_t n_skipped_small; /* growth below the floor */
        uint64_t n_skipped_busy;  /* a cycle was under way and covers it */
        uint64_t live_bytes;      /* after the last cycle */
        uint64_t used_bytes;      /* now: live, floating, garbage not yet swept */
        uint64_t committed_bytes; /* memory taken from the system */
        uint64_t blob_bytes, large_bytes;
        uint64_t published_bytes, n_published;
        uint64_t n_roots, n_guards, n_threads;
        uint64_t marked_total, swept_total,
                pause_max_ns; /* pauses: time a publisher waited for a cycle */
} gca_heap_info;
void gca_heap_get_info(gca_heap *heap, gca_heap_info *ret_info);

/* The last cycles, newest first; returns how many of at most n. Triggers nothing. */
size_t gca_heap_get_cycles(gca_heap *heap, gca_cycle_info *ret_cycles, size_t n);

/* What lies in the store, by type and by account, garbage not yet swept included. Attached threads go on. */
typedef struct gca_census {
        uint64_t n_objects[16], bytes[16]; /* by gca_type */
} gca_census;
void gca_heap_get_census(gca_heap *heap, gca_census *ret_census);
/* Bytes that an account pays for. */
uint64_t gca_heap_get_account_bytes(gca_heap *heap, uint16_t account);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#include <gcasync/root-inline.h>

#endif
