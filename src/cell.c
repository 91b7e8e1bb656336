/* A cell: a variable that holds a reference, and that any thread loads and stores.
 *
 * A load must not find the object freed between reading its address and counting one
 * more reference. So the cell has references counted in advance: while an object is in
 * the cell, its count has PREPAID references more, and the word of the cell says how many
 * of them were taken.
 *
 * 1. A store adds PREPAID references to the object's count, then exchanges the word.
 * 2. A load takes one of them by a compare-and-exchange of the word, which holds the
 *    address, too. It doesn't touch the object.
 * 3. The thread that exchanged the word takes the references that are left off the count
 *    of the object that was there. The cell's own reference keeps that object alive.
 * 4. A load that finds ENOUGH of them taken adds as many to the object's count as were
 *    taken, and subtracts them from the word. It takes them off again if another thread
 *    did so first. References to one object are all alike: if the object was replaced and
 *    is back, the sum still holds.
 *
 *   references to an object in a cell = those outside + 1 + PREPAID - taken
 *
 * This is a split reference count, as in several atomic shared pointers of C++. It takes
 * no memory, and a thread has nothing to do when it ends. */
#include "internal.h"
#include "system/wide.h"

/* The word of a cell, from its lowest bit: how many references were taken; whether they
 * are counted at all; the address, folded. Zero is an empty cell. */
enum { TAKEN_BITS = 10, ADDRESS_SHIFT = TAKEN_BITS + 1 };

/* So many threads may be at rule 4 at the same time before a load has to wait for one of
 * them: PREPAID - ENOUGH. */
enum { PREPAID = (1 << TAKEN_BITS) - 1, ENOUGH = PREPAID / 2 };

#define COUNTED ((uint64_t)1 << TAKEN_BITS)
#define TAKEN (COUNTED - 1)

#if UINTPTR_MAX > UINT32_MAX
/* An address has 48 bits, of which the last three are 0, and a tag in the highest byte
 * where the processor or a sanitizer puts one there. Systems give longer addresses only
 * to programs that ask for them. */
enum { ALIGN_BITS = 3, ADDRESS_BITS = 48, TAG_SHIFT = 56 };
#define UNTAGGED (((uint64_t)1 << ADDRESS_BITS) - 1)

static uint64_t fold(const void *object) {
    uint64_t address = (uintptr_t)object;
    return (address & UNTAGGED) >> ALIGN_BITS |
           address >> TAG_SHIFT << (ADDRESS_BITS - ALIGN_BITS);
}

static const void *unfold(uint64_t folded) {
    return (const void *)((folded << ALIGN_BITS & UNTAGGED) |
                          folded >> (ADDRESS_BITS - ALIGN_BITS) << TAG_SHIFT);
}
#else
static uint64_t fold(const void *object) {
    return (uintptr_t)object;
}

static const void *unfold(uint64_t folded) {
    return (const void *)(uintptr_t)folded;
}
#endif

static nanvm_ref ref_of(uint64_t word) {
    nanvm_ref ref = {unfold(word >> ADDRESS_SHIFT)};
    return ref;
}

static bool is_counted(uint64_t word) {
    return (word & COUNTED) != 0;
}

static int32_t taken_of(uint64_t word) {
    return (int32_t)(word & TAKEN);
}

/* Counts references in advance. False where references aren't counted. */
static bool prepay(const void *object) {
    int32_t count = nanvm_block_count(object);
    if (count == NANVM_COUNT_DEAD) {
        nanvm_count_stop_dead(object);
    }
    if (count >= 0 || count == NANVM_COUNT_CUSTOM) {
        nanvm_fatal("a cell was given an object that isn't counted atomically");
    }
    return nanvm_count_add_many(object, PREPAID);
}

/* The word of a cell that is to hold `ref`. */
static uint64_t word_with(nanvm_ref ref) {
    uint64_t word = fold(ref.object) << ADDRESS_SHIFT;
    if (ref_of(word).object != ref.object) {
        nanvm_fatal("a cell was given an object at an address that it has no room for");
    }
    return ref.object != NULL && prepay(ref.object) ? word | COUNTED : word;
}

/* The reference that `word` held, which is in no cell any more. */
static nanvm_ref settle(uint64_t word) {
    nanvm_ref ref = ref_of(word);
    if (is_counted(word)) {
        nanvm_count_release_many(ref.object, PREPAID - taken_of(word));
    }
    return ref;
}

/* Rule 4, for a thread that has taken a reference: `word` is as that left it. */
NANVM_COLD static void refill(nanvm_cell *self, uint64_t word) {
    const void *object = ref_of(word).object;
    int32_t more = taken_of(word);
    (void)nanvm_count_add_many(object, more);
    while (ref_of(word).object == object && taken_of(word) >= more) {
        if (nanvm_wide_replace(&self->word, &word, word - (uint64_t)more)) {
            return;
        }
    }
    nanvm_count_release_many(object, more);
}

void nanvm_cell_init(nanvm_cell *self, nanvm_ref ref) {
    self->word = word_with(ref);
}

nanvm_ref nanvm_cell_load(nanvm_cell *self) {
    uint64_t word = nanvm_wide_read(&self->word);
    while (is_counted(word)) {
        if (NANVM_UNLIKELY(taken_of(word) == PREPAID)) {
            word = nanvm_wide_read(&self->word);
        } else if (nanvm_wide_replace(&self->word, &word, word + 1)) {
            if (NANVM_UNLIKELY(taken_of(word) >= ENOUGH)) {
                refill(self, word + 1);
            }
            break;
        }
    }
    return ref_of(word);
}

nanvm_ref nanvm_cell_exchange(nanvm_cell *self, nanvm_ref ref) {
    return settle(nanvm_wide_exchange(&self->word, word_with(ref)));
}

void nanvm_cell_store(nanvm_cell *self, nanvm_ref ref) {
    nanvm_ref_drop(nanvm_cell_exchange(self, ref));
}

bool nanvm_cell_compare_exchange(nanvm_cell *self, nanvm_ref expected,
                                 nanvm_ref desired) {
    uint64_t word = nanvm_wide_read(&self->word);
    if (ref_of(word).object != expected.object) {
        return false;
    }
    uint64_t wanted = word_with(desired);
    do {
        if (nanvm_wide_replace(&self->word, &word, wanted)) {
            nanvm_ref_drop(settle(word));
            return true;
        }
    } while (ref_of(word).object == expected.object);
    (void)settle(wanted);
    return false;
}

void nanvm_cell_deinit(nanvm_cell *self) {
    nanvm_cell_store(self, nanvm_ref_null());
}
