/* Included in front of every file of the library, and of the scenarios: turns the
 * compiler's atomic operations into those of the model checker. The text of the library,
 * with its orderings, stays as it is shipped.
 *
 * Each operation is known by two names: the function that it stands in, which is one of
 * <nanvm/mem/inline/atomic.h> as a rule, and the function that called that one. */
#ifndef MODEL_H
#define MODEL_H

/* Functions have the names here that they have in the sources. */
#define NANVM_PLAIN_NAMES

#include <stdint.h>
#include <stdlib.h>

#include "operations.h"

/* What is in memory: what a word starts with, and nothing from then on. */
#define MODEL_FRESH(word) ((uint64_t)(*(word)))
#define MODEL_VALUE(word, value) ((uint64_t)(__typeof__(*(word)))(value))
#define MODEL_RESULT(word, result) ((__typeof__(*(word)))(result))

#define __atomic_load_n(word, order)                                                     \
    MODEL_RESULT(word, model_load(word, MODEL_FRESH(word), order, __func__))
#define __atomic_store_n(word, value, order)                                             \
    model_store(word, MODEL_FRESH(word), MODEL_VALUE(word, value), order, __func__)
#define __atomic_exchange_n(word, value, order)                                          \
    MODEL_RESULT(word, model_exchange(word, MODEL_FRESH(word), MODEL_VALUE(word, value), \
                                      order, __func__))
#define __atomic_fetch_add(word, value, order)                                           \
    MODEL_RESULT(word,                                                                   \
                 model_add(word, MODEL_FRESH(word), (uint64_t)(value), order, __func__))
#define __atomic_fetch_sub(word, value, order)                                           \
    MODEL_RESULT(                                                                        \
        word, model_add(word, MODEL_FRESH(word), -(uint64_t)(value), order, __func__))
#define __atomic_compare_exchange_n(word, expected, value, weak, order, failed_order)    \
    model_compare_exchange(word, MODEL_FRESH(word), (void *)(expected),                  \
                           MODEL_VALUE(word, value), weak, order, failed_order,          \
                           __func__)

/* A copy of each inline function in each file, so that none is outside of the model. */
#define NANVM_INLINE static inline
#include <nanvm/mem/inline/atomic.h>

/* From here on a call of an operation says who calls; the file in which a hardened build
 * has the operations can't, as it would call itself. */
#define MODEL_CALL(call) (model_enter(__func__), model_leave(call))
#define MODEL_CALL_VOID(call) (model_enter(__func__), (call), (void)model_leave(0))
#define MODEL_CALL_ANY(call)                                                             \
    ({                                                                                   \
        model_enter(__func__);                                                           \
        __typeof__(call) result_of_call = (call);                                        \
        (void)model_leave(0);                                                            \
        result_of_call;                                                                  \
    })

#if !defined(MODEL_OF_CHECKSUMS)
#define nanvm_count_word_load(word) MODEL_CALL(nanvm_count_word_load(word))
#define nanvm_count_word_load_acquire(word)                                              \
    MODEL_CALL(nanvm_count_word_load_acquire(word))
#define nanvm_count_word_store_relaxed(word, count)                                      \
    MODEL_CALL_VOID(nanvm_count_word_store_relaxed(word, count))
#define nanvm_count_word_exchange_relaxed(word, count)                                   \
    MODEL_CALL(nanvm_count_word_exchange_relaxed(word, count))
#define nanvm_count_word_decrement_relaxed(word)                                         \
    MODEL_CALL(nanvm_count_word_decrement_relaxed(word))
#define nanvm_count_word_increment_release(word)                                         \
    MODEL_CALL(nanvm_count_word_increment_release(word))
#define nanvm_count_word_change_relaxed(word, by)                                        \
    MODEL_CALL(nanvm_count_word_change_relaxed(word, by))
#if defined(NANVM_HARDENED)
#define nanvm_count_word_store(word, count)                                              \
    MODEL_CALL_VOID(nanvm_count_word_store(word, count))
#else
#define nanvm_count_word_store(word, count)                                              \
    model_store_plain(word, MODEL_FRESH(word), MODEL_VALUE(word, count), __func__)
#endif
#endif

/* The threads of the model take turns in one of the system's: what a thread has of its
 * own lies in one place, and is changed when another goes on. */
#include "../../../src/system/atomic.h"
#if defined(NANVM_HARDENED)
#include "../../../src/hardened/atomic.h"
#endif
#undef NANVM_THREAD_LOCAL
#define NANVM_THREAD_LOCAL __attribute__((section("thread_locals")))
#define tls_model(model) unused

#define nanvm_atomic_increment_relaxed(word)                                             \
    MODEL_CALL_VOID(nanvm_atomic_increment_relaxed(word))
#define nanvm_atomic_read_relaxed(word) MODEL_CALL_ANY(nanvm_atomic_read_relaxed(word))
#define nanvm_atomic_write_relaxed(word, value)                                          \
    MODEL_CALL_VOID(nanvm_atomic_write_relaxed(word, value))
#define nanvm_atomic_raise_relaxed(word) MODEL_CALL_ANY(nanvm_atomic_raise_relaxed(word))
#define nanvm_atomic_lower(word, by) MODEL_CALL_ANY(nanvm_atomic_lower(word, by))
#define nanvm_atomic_read_pointer(word) MODEL_CALL_ANY(nanvm_atomic_read_pointer(word))
#define nanvm_atomic_read_pointer_relaxed(word)                                          \
    MODEL_CALL_ANY(nanvm_atomic_read_pointer_relaxed(word))
#define nanvm_atomic_take_pointer(word) MODEL_CALL_ANY(nanvm_atomic_take_pointer(word))
#define nanvm_atomic_exchange_pointer(word, value)                                       \
    MODEL_CALL_ANY(nanvm_atomic_exchange_pointer(word, value))
#define nanvm_atomic_replace_pointer(word, expected, value)                              \
    MODEL_CALL_ANY(nanvm_atomic_replace_pointer(word, expected, value))

#define malloc model_malloc
#define aligned_alloc model_aligned_alloc
#define realloc model_realloc
#define free model_free
#define getentropy model_getentropy

/* In a hardened build the dead wait: their bytes are cleared, and looked at in the end.
 */
#if defined(NANVM_HARDENED) && !defined(MODEL_OF_CHECKSUMS) &&                           \
    !defined(MODEL_OF_QUARANTINE)
#include "../../../src/hardened/quarantine.h"
#define nanvm_wipe_object(object, size)                                                  \
    (model_write(object), nanvm_wipe_object(object, size))
#define nanvm_quarantine_check(object, size)                                             \
    (model_read(object), nanvm_quarantine_check(object, size))
#endif

/* What the thread that has a pool does there, and what others look at when its manager
 * has ended. */
#if !defined(MODEL_OF_CHECKSUMS) && !defined(MODEL_OF_REMOTE)
#include <nanvm/mem/inline/slots.h>
#define nanvm_slots_pop(slots) (model_write(slots), nanvm_slots_pop(slots))
#define nanvm_slots_free_to(slots, origin, object)                                       \
    (model_write(slots), nanvm_slots_free_to(slots, origin, object))
#include "../../../src/remote.h"
#define nanvm_remote_take(remote)                                                        \
    (model_write((remote)->slots), nanvm_remote_take(remote))
#define nanvm_remote_close(remote, alive)                                                \
    (model_write((remote)->slots), nanvm_remote_close(remote, alive))
#define nanvm_remote_forget(remote)                                                      \
    (model_read((remote)->slots), nanvm_remote_forget(remote))
#endif

#endif
