/**
 * @file
 * Who counts the references to a block, and who frees it.
 */
#ifndef NANVM_MEM_DEALLOC_H
#define NANVM_MEM_DEALLOC_H

#include <nanvm/mem/count.h>
#include <nanvm/mem/inline/dealloc.h>
#include <nanvm/mem/type.h>

/**
 * @defgroup dealloc Dealloc
 * @brief The only thing that a reference depends on: how to count, how to free.
 *
 * A dealloc is a struct with a pointer to a table of functions. It is the first member of
 * whatever state these functions need. References reach it through their block, so they
 * stay valid when the manager that created the block is gone. A dealloc must live as long
 * as the last block it serves.
 *
 * Guide: @ref writing_a_manager.
 * @{
 */

/** What is done to a custom count. */
typedef enum nanvm_ref_counter_update {
    NANVM_REF_COUNTER_ADD,    /**< One more reference. */
    NANVM_REF_COUNTER_READ,   /**< No change. */
    NANVM_REF_COUNTER_RELEASE /**< One reference less. */
} nanvm_ref_counter_update;

/** The functions of a dealloc. A function that isn't needed is `NULL`. */
typedef struct nanvm_dealloc_table {
    /** How its blocks are counted. */
    nanvm_count count;

    /**
     * Counts; for #NANVM_COUNT_CUSTOM only, else never called.
     *
     * `counter` is a word of the block. It starts at 0, and the dealloc decides what it
     * means. Returns how many *other* references there were before the update: 0 for
     * `READ` grants exclusive access; 0 for `RELEASE` frees the block; what `ADD` returns
     * is ignored. A function that doesn't really count must return more than 0. Called
     * from any thread that uses a reference; may not use references itself.
     */
    size_t (*ref_counter_update)(nanvm_dealloc *self, size_t *counter,
                                 nanvm_ref_counter_update update);

    /**
     * Frees memory. `memory` is never `NULL`: the manager's `alloc` or `resize` returned
     * it when it was asked for `layout`. Called once for each piece of memory; for an
     * object, from the thread that dropped the last reference, when the object's `drop`
     * is over. It may free `self` too, and may drop references that its state holds. If
     * these drops call another dealloc that drops references, and so on, each call takes
     * stack. While items of an array are being cut off, `dealloc` may drop the last
     * reference to that array, which then ends when all these items have been cut off. If
     * it is called to free the old memory of an array that grows, callbacks that run
     * because of its drops may not use that array. With #NANVM_COUNT_NONE `dealloc` may
     * be `NULL`, and is called only for raw memory, for an array that has moved, for a
     * discarded object, and for an object whose construction or `clone` failed.
     */
    void (*dealloc)(nanvm_dealloc *self, void *memory, nanvm_layout layout);

    /**
     * Frees a block that the manager's `new_block` made, in place of
     * `dealloc`. `NULL` for a manager without `new_block`.
     */
    void (*free_block)(nanvm_dealloc *self, void *object);

    /**
     * Lets any thread count and free a block that has a plain count: nanvm_ref_share() is
     * about to make that count atomic. Returns false if memory runs out; then nothing has
     * changed. `NULL` if only one thread may use the dealloc, as most that count plainly:
     * nanvm_ref_share() then fails.
     */
    bool (*share)(nanvm_dealloc *self, const void *object);

    /** Called when nanvm_ref_freeze() has given up the count of a block, which is never
     *  freed by a drop any more. `NULL` if nothing is to be done. */
    void (*freeze)(nanvm_dealloc *self, const void *object);

    /** Private: traits of the library's own deallocs. In any other dealloc all are false:
     *  a hardened build stops the program if one is set. */
    nanvm_dealloc_traits traits;
} nanvm_dealloc_table;

/** The first member of a dealloc's own state. */
struct nanvm_dealloc {
    const nanvm_dealloc_table *table; /**< Its functions; never `NULL`. */
};

/** @} */

#endif
