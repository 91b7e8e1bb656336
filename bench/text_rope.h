/* libstdc++: its rope, an extension to C++. Ropes share what they have in common. */
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
#ifdef PIECES
    text_ref r;
    for (size_t i = 0; i < TEXT_LENGTH; i += PIECES)
        r.append(letters.get() + i, PIECES);
    return r;
#else
    return text_ref(letters.get(), TEXT_LENGTH);
#endif
}

static inline text_ref text_clone(const text_ref *self) {
    return *self;
}

static inline void text_drop(text_ref self) {
    (void)self;
}

static inline void text_edit(text_ref *self, size_t at, char letter) {
#ifdef REF
    self->mutable_reference_at(at) = letter;
#else
    self->replace(at, letter);
#endif
}

static inline uint64_t text_sum(const text_ref *self, uint64_t sum) {
    std::unique_ptr<char[]> letters(new char[TEXT_LENGTH]);
    self->copy(letters.get());
    return text_sum_add(sum, letters.get(), TEXT_LENGTH);
}
