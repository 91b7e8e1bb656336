/* The cold half of counting. Plain counts, and the clone of a reference to an object with
 * an atomic count, are handled inline. */
#include "internal.h"
#include "system/sanitizer.h"

/* Under a sanitizer, the sanitizer's report comes first, with the stacks of the object's
 * creation and end. */
NANVM_COLD NANVM_NORETURN static void stop_dead(const void *object, const char *message) {
    nanvm_sanitizer_read(nanvm_block_header(object), sizeof(nanvm_header));
    nanvm_fatal(message);
}

static size_t update_custom(const void *object, nanvm_ref_counter_update update) {
    nanvm_origin *origin = nanvm_block_origin(object);
    size_t *counter = (size_t *)(void *)origin - 1;
    return origin->dealloc->table->ref_counter_update(origin->dealloc, counter, update);
}

void nanvm_count_add_cold(const void *object) {
    int32_t count = nanvm_block_count(object);
    if (nanvm_count_is_atomic(count)) {
        nanvm_count_add_atomic(nanvm_block_count_word(object));
    } else if (count == NANVM_COUNT_CUSTOM) {
        (void)update_custom(object, NANVM_REF_COUNTER_ADD);
    } else if (count == NANVM_COUNT_DEAD) {
        stop_dead(object, "clone of a reference to an object that was dropped");
    }
}

bool nanvm_count_release(const void *object) {
    nanvm_count_word *word = nanvm_block_count_word(object);
    int32_t count = nanvm_count_word_load(word);
    if (NANVM_LIKELY(nanvm_count_is_atomic(count))) {
        return nanvm_count_release_atomic(word, count);
    }
    if (count == NANVM_COUNT_CUSTOM) {
        return update_custom(object, NANVM_REF_COUNTER_RELEASE) == 0;
    }
    if (count == NANVM_COUNT_DEAD) {
        stop_dead(object, "drop of a reference to an object that was dropped before");
    }
    return false;
}

bool nanvm_count_add_many(const void *object, int32_t more) {
    nanvm_count_word *word = nanvm_block_count_word(object);
    int32_t count = nanvm_count_word_load_acquire(word);
    if (count == NANVM_COUNT_ATOMIC) { /* no other thread has a reference */
        nanvm_count_word_store(word, count - more);
    } else if (!nanvm_count_is_atomic(count)) {
        return false;
    } else if (nanvm_count_word_change_relaxed(word, -more) <
               NANVM_COUNT_ATOMIC_LAST + more) {
        nanvm_count_word_store_relaxed(word, NANVM_COUNT_STUCK);
    }
    return true;
}

void nanvm_count_release_many(const void *object, int32_t less) {
    nanvm_count_word *word = nanvm_block_count_word(object);
    if (nanvm_count_is_atomic(nanvm_count_word_load(word))) {
        (void)nanvm_count_word_change_relaxed(word, less);
    }
}

bool nanvm_count_is_sole_cold(const void *object) {
    nanvm_count_word *word = nanvm_block_count_word(object);
    return nanvm_count_is_atomic(nanvm_count_word_load(word))
               ? nanvm_count_is_sole_atomic(word)
               : nanvm_count_read_others(object) == 0;
}

void nanvm_count_stop_dead(const void *object) {
    stop_dead(object, "use of a reference to an object that was dropped");
}

size_t nanvm_count_read_others(const void *object) {
    int32_t count = nanvm_block_count(object);
    if (count >= 0 || nanvm_count_is_atomic(count)) {
        return nanvm_count_others(count);
    }
    if (count == NANVM_COUNT_DEAD) {
        nanvm_count_stop_dead(object);
    }
    return count == NANVM_COUNT_CUSTOM ? update_custom(object, NANVM_REF_COUNTER_READ)
                                       : SIZE_MAX;
}
