/* libstdc++'s rope, a text that is a tree by itself: ropes share what they have in
 * common. It is made of the whole text at once, as one that was loaded from a file, which
 * was faster than of pieces. Its counts may be used from any thread: each has a mutex. */
#include "text.h"

#include <ext/rope>
#include <memory>

static inline void bench_open(void) {}
static inline void bench_close(void) {}

using text_ref = __gnu_cxx::crope;

static inline text_ref text_null() {
    return {};
}

static inline text_ref text_build(bench_random *random) {
    std::unique_ptr<char[]> letters(new char[TEXT_LENGTH]);
    for (size_t i = 0; i < TEXT_LENGTH; ++i) {
        letters[i] = text_letter(random);
    }
    return text_ref(letters.get(), TEXT_LENGTH);
}

static inline text_ref text_clone(const text_ref *self) {
    return *self;
}

static inline void text_drop(text_ref self) {
    (void)self;
}

static inline void text_edit(text_ref *self, size_t at, char letter) {
    self->replace(at, letter);
}

static inline uint64_t text_sum(const text_ref *self, uint64_t sum) {
    std::unique_ptr<char[]> letters(new char[TEXT_LENGTH]);
    self->copy(letters.get());
    return text_sum_add(sum, letters.get(), TEXT_LENGTH);
}
