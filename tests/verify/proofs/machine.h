/* What Frama-C 25 doesn't know of C11 and gcc, said in what it knows. Read before each
 * file. The atomic operations have the meaning that they have in one thread; what they do
 * between threads is checked by the step "orderings". */
#ifndef NANVM_PROOFS_MACHINE_H
#define NANVM_PROOFS_MACHINE_H

#define _Alignof __alignof__
#define __thread

/* What has it is aligned so on this machine without it, too. */
#define _Alignas(bytes)

/* They change no value, and in the type of a function they would be in the way. */
#define __attribute__(words)

extern void *aligned_alloc(__SIZE_TYPE__ align, __SIZE_TYPE__ size);

/* Where it is analysed what happens when memory runs out. */
#if defined(NANVM_PROOFS_MALLOC)
#include <stdlib.h>
void *nanvm_proofs_malloc(size_t size);
void *nanvm_proofs_realloc(void *memory, size_t size);
#define malloc nanvm_proofs_malloc
#define realloc nanvm_proofs_realloc
#else
/* WP follows no pointers to functions: a call of a dealloc's function stands for any, and
 * what its contract requires is proved where it is called. */
struct nanvm_dealloc;
void nanvm_proofs_free_block(struct nanvm_dealloc *dealloc, void *object);
#define free_block(dealloc, object) free_block, nanvm_proofs_free_block(dealloc, object)
#endif

/* What the library tells compilers to rely on has to be proved, too; where places are
 * sought that are never reached, these are none. */
#if defined(NANVM_PROOFS_REACHED)
#define __builtin_unreachable() ((void)0)
#else
/*@ requires \false;
    assigns \nothing; */
void nanvm_proofs_unreachable(void);
#define __builtin_unreachable() nanvm_proofs_unreachable()
#endif

#define __builtin_prefetch(address) ((void)(address))

#define __atomic_load_n(word, order) (*(word))
#define __atomic_store_n(word, value, order) (*(word) = (value))
#define __atomic_exchange_n(word, value, order)                                          \
    ({                                                                                   \
        __typeof__(*(word)) before_ = *(word);                                           \
        *(word) = (value);                                                               \
        before_;                                                                         \
    })

/* Never fails for no reason, as a weak one may: the loops around those only try again. */
#define __atomic_compare_exchange_n(word, expected, value, weak, success, failure)       \
    ({                                                                                   \
        __typeof__(*(word)) found_ = *(word);                                            \
        int same_ = found_ == *(expected);                                               \
        if (same_) {                                                                     \
            *(word) = (value);                                                           \
        } else {                                                                         \
            *(expected) = found_;                                                        \
        }                                                                                \
        same_;                                                                           \
    })

/* They wrap, as the processor's do: the sum can't overflow 64 bits, and only its low bits
 * are kept. */
#define NANVM_PROOFS_ADD(word, number)                                                   \
    ({                                                                                   \
        __typeof__(*(word)) before_ = *(word);                                           \
        *(word) = (__typeof__(*(word)))((long long)before_ + (number));                  \
        before_;                                                                         \
    })
#define __atomic_fetch_add(word, number, order) NANVM_PROOFS_ADD(word, number)
#define __atomic_fetch_sub(word, number, order) NANVM_PROOFS_ADD(word, -(number))

#endif
