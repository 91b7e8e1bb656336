/* Whether a function that calls back is still at work, or was left by longjmp.
 *
 * Stacks grow down: whatever is called by the one at work lies below the words that this
 * one has left in its frame. What lies there and wasn't called by it has most likely
 * written over some of them. In a hardened build only: elsewhere nobody asks. */
#ifndef NANVM_FRAME_H
#define NANVM_FRAME_H

#include "internal.h"

#if defined(NANVM_HARDENED)

enum { NANVM_FRAME_WORDS = 8 };

typedef struct nanvm_frame {
    volatile uintptr_t words[NANVM_FRAME_WORDS];
} nanvm_frame;

/* Nobody else writes this there. */
static inline uintptr_t nanvm_frame_word(const volatile uintptr_t *word) {
    return ~(uintptr_t)word;
}

static inline void nanvm_frame_enter(nanvm_frame *self) {
    for (size_t i = 0; i < NANVM_FRAME_WORDS; ++i) {
        self->words[i] = nanvm_frame_word(&self->words[i]);
    }
}

static inline void nanvm_frame_leave(nanvm_frame *self) {
    self->words[0] = 0;
}

/* `here` is an address in the frame of who asks. */
static inline bool nanvm_frame_was_left(const nanvm_frame *self, uintptr_t here) {
    bool is_left = here >= (uintptr_t)self;
    for (size_t i = 0; i < NANVM_FRAME_WORDS; ++i) {
        is_left = is_left || self->words[i] != nanvm_frame_word(&self->words[i]);
    }
    return is_left;
}

#else

typedef char nanvm_frame;

static inline void nanvm_frame_enter(nanvm_frame *self) {
    (void)self;
}

static inline void nanvm_frame_leave(nanvm_frame *self) {
    (void)self;
}

#endif

#endif
