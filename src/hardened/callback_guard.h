/* Whether a function that calls back is still at work, or was left by longjmp.
 *
 *   1. On entry the function fills words in its stack frame with values that depend on
 *      their addresses.
 *   2. Stacks grow down. While the function is at work, the frames of all that it calls
 *      lie below those words, so the words stay whole.
 *   3. After a longjmp `is_set` is still true. The next function that calls
 *      nanvm_callback_guard_check() notices the longjmp if its own frame doesn't lie
 *      below the frame that was left. If it does lie below, calls since the longjmp have
 *      most likely written over some of the words.
 *
 * usual/callback_guard.h is the other half of this interface. */
#ifndef NANVM_CALLBACK_GUARD_H
#define NANVM_CALLBACK_GUARD_H

#include "internal.h"

#define NANVM_FRAME_ADDRESS ((uintptr_t)__builtin_frame_address(0))

enum { NANVM_CALLBACK_GUARD_WORDS = 8 };

typedef struct nanvm_callback_guard {
    uintptr_t address; /* of the frame; a sanitizer may keep this struct elsewhere */
    volatile uintptr_t words[NANVM_CALLBACK_GUARD_WORDS];
} nanvm_callback_guard;

/* What is written to a word: no other code is likely to write it there. */
static inline uintptr_t nanvm_callback_guard_word(const volatile uintptr_t *word) {
    return ~(uintptr_t)word;
}

static inline void nanvm_callback_guard_enter(nanvm_at_work *self,
                                              nanvm_callback_guard *frame,
                                              uintptr_t here) {
    frame->address = here;
    for (size_t i = NANVM_CALLBACK_GUARD_WORDS; i > 0; --i) {
        frame->words[i - 1] = nanvm_callback_guard_word(&frame->words[i - 1]);
    }
    self->is_set = true;
    self->frame = frame;
}

static inline void nanvm_callback_guard_leave(nanvm_at_work *self) {
    nanvm_callback_guard *frame = (nanvm_callback_guard *)(uintptr_t)self->frame;
    frame->words[0] = 0;
    self->is_set = false;
}

/* `here` is the address of the caller's frame. The words may lie in memory that other
 * functions use by now. */
__attribute__((no_sanitize("address"))) static inline bool nanvm_callback_guard_was_left(
    const nanvm_callback_guard *self, uintptr_t here) {
    bool is_left = here >= self->address;
    for (size_t i = 0; i < NANVM_CALLBACK_GUARD_WORDS; ++i) {
        is_left = is_left || self->words[i] != nanvm_callback_guard_word(&self->words[i]);
    }
    return is_left;
}

static inline void nanvm_callback_guard_check(const nanvm_at_work *self, uintptr_t here,
                                              const char *message) {
    if (self->is_set && nanvm_callback_guard_was_left(self->frame, here)) {
        nanvm_fatal(message);
    }
}

#endif
