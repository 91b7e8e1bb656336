/* The inline functions that read and write the words in front of an object. A part of
 * <nanvm/mem/block.h>. */
#ifndef NANVM_MEM_INLINE_BLOCK_H
#define NANVM_MEM_INLINE_BLOCK_H

NANVM_STATIC_ASSERT(sizeof(nanvm_header) ==
                        sizeof(nanvm_count_word) + 4 NANVM_INTEGRITY(+4),
                    "a header has no padding");

NANVM_BEGIN_DECLS

NANVM_INLINE nanvm_header *nanvm_block_header(const void *object) {
    return NANVM_BITS_TO(nanvm_header *, NANVM_ADDRESS(object) - sizeof(nanvm_header));
}

/* The origin that a header leads to. Nothing is checked. */
NANVM_INLINE NANVM_RETURNS_NONNULL nanvm_origin *nanvm_header_origin(
    const nanvm_header *self) {
    uintptr_t distance = NANVM_TO(uintptr_t, self->origin) * sizeof(void *);
    return NANVM_BITS_TO(nanvm_origin *, NANVM_ADDRESS(self) - distance);
}

NANVM_INLINE nanvm_origin *nanvm_block_origin(const void *object) {
    nanvm_header_check(object);
    return nanvm_header_origin(nanvm_block_header(object));
}

NANVM_INLINE NANVM_RETURNS_NONNULL nanvm_count_word *nanvm_block_count_word(
    const void *object) {
    return &nanvm_block_header(object)->count;
}

NANVM_INLINE int32_t nanvm_block_count(const void *object) {
    return nanvm_count_word_load(nanvm_block_count_word(object));
}

/* Sets the count, for the only thread that uses the object. */
NANVM_INLINE void nanvm_block_set_count(const void *object, int32_t count) {
    nanvm_count_word_store(nanvm_block_count_word(object), count);
}

/* Marks the object as dropped, for the only thread that uses the object. Another thread
 * may be looking for objects to share in the chunk meanwhile. */
NANVM_INLINE void nanvm_block_mark_dead(const void *object) {
    nanvm_count_word_store_relaxed(nanvm_block_count_word(object), NANVM_COUNT_DEAD);
}

NANVM_END_DECLS

#endif
