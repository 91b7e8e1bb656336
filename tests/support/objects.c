#include "objects.h"

#include <stdatomic.h>
#include <string.h>

static atomic_size_t live;
static bool refuses;

nanvm_mut_ref tracked_new(nanvm_manager *manager, size_t value) {
    struct tracked tracked = {value};
    nanvm_mut_ref self = nanvm_new_copy(manager, &tracked_type, &tracked);
    if (self.object != NULL) {
        tracked_expect(1);
    }
    return self;
}

void tracked_drop(void *object, size_t length) {
    (void)object;
    (void)length;
    tracked_forget(1);
}

bool tracked_clone(void *copy, const void *source, size_t length) {
    (void)length;
    if (refuses || ((const struct tracked *)source)->value !=
                       ((const struct tracked *)copy)->value) {
        return false;
    }
    tracked_expect(1);
    return true;
}

size_t tracked_live(void) {
    return atomic_load(&live);
}

void tracked_forget(size_t n) {
    atomic_fetch_sub(&live, n);
}

void tracked_expect(size_t n) {
    atomic_fetch_add(&live, n);
}

void tracked_reset(void) {
    atomic_store(&live, 0);
    refuses = false;
}

void tracked_refuse_to_clone(bool refuse) {
    refuses = refuse;
}

static const size_t table_refs[] = {offsetof(struct table, name)};
static const size_t table_item_refs[] = {offsetof(struct entry, value)};

const nanvm_type table_type = {
    .name = "table",
    .size = sizeof(struct table),
    .align = NANVM_ALIGNOF(struct table),
    .item_size = sizeof(struct entry),
    .items_offset = offsetof(struct table, entries),
    .refs = table_refs,
    .refs_length = 1,
    .item_refs = table_item_refs,
    .item_refs_length = 1,
};

word word_from_ref(nanvm_ref ref) {
    return (word)ref.object;
}

word word_from_number(size_t number) {
    return (word)number << 1 | 1;
}

bool word_is_number(word self) {
    return (self & 1) != 0;
}

nanvm_ref word_to_ref(word self) {
    nanvm_ref ref = {word_is_number(self) ? NULL : (const void *)self};
    return ref;
}

size_t word_to_number(word self) {
    return self >> 1;
}

static void visit_word(const void *part, nanvm_visitor *visitor, void *context) {
    word self = *(const word *)part;
    if (!word_is_number(self)) {
        visitor(word_to_ref(self), context);
    }
}

const nanvm_type words_type = {
    .name = "words",
    .size = sizeof(struct words),
    .align = NANVM_ALIGNOF(struct words),
    .item_size = sizeof(word),
    .items_offset = offsetof(struct words, items),
    .visit = visit_word,
    .visit_item = visit_word,
};

/* A quiet NaN with its sign set, which no arithmetic yields on its own. */
static const uint64_t box_mask = 0xfffc000000000000;

uint64_t boxed_from_ref(nanvm_ref ref) {
    return box_mask | (uint64_t)(uintptr_t)ref.object;
}

uint64_t boxed_from_double(double number) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof(bits));
    return bits;
}

nanvm_ref boxed_to_ref(uint64_t bits) {
    bool is_ref = (bits & box_mask) == box_mask;
    nanvm_ref ref = {is_ref ? (const void *)(uintptr_t)(bits & ~box_mask) : NULL};
    return ref;
}

static void visit_boxed(const void *part, nanvm_visitor *visitor, void *context) {
    uint64_t bits = ((const struct boxed *)part)->bits;
    if (boxed_to_ref(bits).object != NULL) {
        visitor(boxed_to_ref(bits), context);
    }
}

const nanvm_type boxed_type = {
    .name = "boxed",
    .size = sizeof(struct boxed),
    .align = NANVM_ALIGNOF(struct boxed),
    .visit = visit_boxed,
};

const nanvm_type boxes_type = {
    .name = "boxed[]",
    .align = NANVM_ALIGNOF(struct boxed),
    .item_size = sizeof(struct boxed),
    .visit_item = visit_boxed,
};

const nanvm_type nothing_type = {.name = "nothing", .align = 1};

const nanvm_type page_type = {.name = "page", .size = 4096, .align = 4096};

const nanvm_type lines_type = {
    .name = "lines",
    .align = NANVM_ALIGNOF(struct line),
    .item_size = sizeof(struct line),
};

void hidden_drop(void *object, size_t length) {
    (void)length;
    nanvm_ref_drop(nanvm_ref_move(&((struct hidden *)object)->secret));
}
