/* A count is the lower half of its word, and its checksum is the upper half. Whoever
 * loads a plain count to act on it has to be the thread whose object it is. */
#include "hardened/checksum.h"
#include "hardened/owner.h"

static inline uint64_t with_checksum_of(const nanvm_count_word *self, int32_t count) {
    return ((uint64_t)nanvm_checksum_short(NANVM_CHECKSUM_COUNT, self, (uint32_t)count)
            << 32) |
           (uint32_t)count;
}

static inline int32_t checked_count(const nanvm_count_word *self, uint64_t word) {
    int32_t count = (int32_t)(uint32_t)word;
    if (NANVM_UNLIKELY(word != with_checksum_of(self, count))) {
        nanvm_checksum_stop();
    }
    return count;
}

int32_t nanvm_count_word_peek(const nanvm_count_word *self) {
    nanvm_checksum_expect_aligned(self);
    return checked_count(self, __atomic_load_n(&self->checked, __ATOMIC_RELAXED));
}

int32_t nanvm_count_word_load(const nanvm_count_word *self) {
    int32_t count = nanvm_count_word_peek(self);
    if (count >= 0) {
        nanvm_owner_check_plain(self);
    }
    return count;
}

int32_t nanvm_count_word_load_acquire(const nanvm_count_word *self) {
    nanvm_checksum_expect_aligned(self);
    return checked_count(self, __atomic_load_n(&self->checked, __ATOMIC_ACQUIRE));
}

void nanvm_count_word_store(nanvm_count_word *self, int32_t count) {
    nanvm_count_word_store_relaxed(self, count);
}

void nanvm_count_word_store_relaxed(nanvm_count_word *self, int32_t count) {
    __atomic_store_n(&self->checked, with_checksum_of(self, count), __ATOMIC_RELAXED);
}

int32_t nanvm_count_word_exchange_relaxed(nanvm_count_word *self, int32_t count) {
    uint64_t word = with_checksum_of(self, count);
    return checked_count(self,
                         __atomic_exchange_n(&self->checked, word, __ATOMIC_RELAXED));
}

int32_t nanvm_count_word_decrement_relaxed(nanvm_count_word *self) {
    uint64_t word = __atomic_load_n(&self->checked, __ATOMIC_RELAXED);
    int32_t count;
    do {
        count = checked_count(self, word);
    } while (!__atomic_compare_exchange_n(&self->checked, &word,
                                          with_checksum_of(self, count - 1), true,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return count;
}

int32_t nanvm_count_word_increment_release(nanvm_count_word *self) {
    uint64_t word = __atomic_load_n(&self->checked, __ATOMIC_RELAXED);
    int32_t count;
    do {
        count = checked_count(self, word);
    } while (!__atomic_compare_exchange_n(&self->checked, &word,
                                          with_checksum_of(self, count + 1), true,
                                          __ATOMIC_RELEASE, __ATOMIC_RELAXED));
    return count;
}

int32_t nanvm_count_word_change_relaxed(nanvm_count_word *self, int32_t by) {
    uint64_t word = __atomic_load_n(&self->checked, __ATOMIC_RELAXED);
    int32_t count;
    do {
        count = checked_count(self, word);
    } while (!__atomic_compare_exchange_n(&self->checked, &word,
                                          with_checksum_of(self, count + by), true,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return count;
}
