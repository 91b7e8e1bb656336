/* Whether a function that calls back is still at work, or was left by longjmp.
 *
 * Stacks grow down: whatever is called by the one at work lies below the words that this
 * one has left in its frame. What lies there and wasn't called by it has most likely
 * written over some of them. In a hardened build only: elsewhere nobody asks. */
#ifndef NANVM_FRAME_H
#define NANVM_FRAME_H

#include "internal.h"

#if defined(NANVM_HARDENED)

#define NANVM_FRAME_ADDRESS ((uintptr_t)__builtin_frame_address(0))

enum { NANVM_FRAME_WORDS = 8 };

typedef struct nanvm_frame {
    uintptr_t address; /* of the frame, wherever a sanitizer keeps this */
    volatile uintptr_t words[NANVM_FRAME_WORDS];
} nanvm_frame;

/* Nobody else writes this there. */
static inline uintptr_t nanvm_frame_word(const volatile uintptr_t *word) {
    return ~(uintptr_t)word;
}

/* `here` is the address of the caller's frame. */
static inline void nanvm_frame_enter(nanvm_frame *self, uintptr_t here) {
    self->address = here;
    for (size_t i = 0; i < NANVM_FRAME_WORDS; ++i) {
        self->words[i] = nanvm_frame_word(&self->words[i]);
    }
}

static inline void nanvm_frame_leave(nanvm_frame *self) {
    self->words[0] = 0;
}

/* `here` is the address of a frame of who asks. What was left may be anybody's by now. */
__attribute__((no_sanitize("address"))) static inline bool nanvm_frame_was_left(
    const nanvm_frame *self, uintptr_t here) {
    bool is_left = here >= self->address;
    for (size_t i = 0; i < NANVM_FRAME_WORDS; ++i) {
        is_left = is_left || self->words[i] != nanvm_frame_word(&self->words[i]);
    }
    return is_left;
}

#else

#define NANVM_FRAME_ADDRESS ((uintptr_t)0)

typedef char nanvm_frame;

static inline void nanvm_frame_enter(nanvm_frame *self, uintptr_t here) {
    (void)self;
    (void)here;
}

static inline void nanvm_frame_leave(nanvm_frame *self) {
    (void)self;
}

#endif

#endif
