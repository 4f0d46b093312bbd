/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The heap's word: phase and epoch, one atomic 64-bit word, always written whole, by the collector alone, and read once
 * a section. And what a mark byte says, which follows from it.
 *
 *     phase      idle      nothing is marked; sections log nothing
 *                arming    sections log what lacks the *next* epoch's colour; births keep this epoch's
 *                marking   sections log what lacks this epoch's colour
 *
 *     (idle, e) -> (arming, e) -> (marking, e + 1) -> (idle, e + 1), swept meanwhile
 *
 * One mark byte for each granule of the store. That of an object's first granule holds its mark state, that of its last
 * one has MARK_END (they may be the same), the others are zero: what lies where is told without a look
 * at the objects (after Whippet's "nofl" space, A. Wingo). Two colours are enough, because a cycle begins
 * only when the last one is swept to the end, which leaves one colour in use.
 */

#include <stdbool.h>
#include <stdint.h>

enum phase {
        PHASE_IDLE = 0,
        PHASE_ARMING,
        PHASE_MARKING,
};

enum {
        MARK_NONE =
                0, /* no object begins here, or one not yet born: a tracer that meets it leaves it alone */
        MARK_GREY = 1,   /* to be traced: set where a log could not take it (see log.h) */
        MARK_COLOUR = 2, /* this, or this + 1, by epoch */
        MARK_STATE_MASK = 3,
        MARK_END = 0x80,
};

static inline uint64_t word_make(enum phase phase, uint64_t epoch) {
        return epoch << 2 | (uint64_t)phase;
}

static inline enum phase word_get_phase(uint64_t word) {
        return (enum phase)(word & 3);
}

static inline uint64_t word_get_epoch(uint64_t word) {
        return word >> 2;
}

static inline bool word_is_logging(uint64_t word) {
        return (word & 3) != PHASE_IDLE;
}

static inline uint8_t epoch_get_colour(uint64_t epoch) {
        return (uint8_t)(MARK_COLOUR + (epoch & 1));
}

/* What objects are born with in a section that read the word. */
static inline uint8_t word_get_birth_colour(uint64_t word) {
        return epoch_get_colour(word_get_epoch(word));
}

/* What "marked" is to a section that read the word. */
static inline uint8_t word_get_marked_colour(uint64_t word) {
        return epoch_get_colour(word_get_epoch(word) + (word_get_phase(word) == PHASE_ARMING));
}
