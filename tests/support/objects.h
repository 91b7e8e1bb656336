/* The types of objects that the tests create. */
#ifndef TEST_OBJECTS_H
#define TEST_OBJECTS_H

#include <nanvm/mem.h>

/* No references. */
struct point {
    double x, y;
};
NANVM_TYPE(point_type, struct point);

/* Two references. */
struct node {
    nanvm_ref left;
    size_t value;
    nanvm_ref right;
};
NANVM_TYPE_REFS(node_type, struct node, left, right);

/* Lives and dies by callbacks, which count how many are alive. */
struct tracked {
    size_t value;
};
void tracked_drop(void *object, size_t length);
bool tracked_clone(void *copy, const void *source, size_t length);
NANVM_TYPE_CALLBACKS(tracked_type, struct tracked, NULL, tracked_drop, tracked_clone);

/* A new tracked object; null handle if memory runs out. */
NANVM_NODISCARD nanvm_mut_ref tracked_new(nanvm_manager *manager, size_t value);
size_t tracked_live(void);
/* Says that `n` tracked objects went without `drop`, or came without `tracked_new`. */
void tracked_forget(size_t n);
void tracked_expect(size_t n);
void tracked_reset(void);
/* Lets `tracked_clone` refuse. */
void tracked_refuse_to_clone(bool refuse);

/* A drop, but no clone: can't be cloned. */
NANVM_TYPE_CALLBACKS(unique_type, struct tracked, NULL, tracked_drop, NULL);

/* Items only. */
NANVM_ARRAY_OF(ints_type, int);
NANVM_ARRAY_OF_REFS(refs_type);

/* A fixed part whose items begin inside its padding. */
struct text {
    size_t hash;
    char tag;
    char bytes[];
};
NANVM_ARRAY(text_type, struct text, bytes);

/* References in the fixed part and in each item. */
struct entry {
    size_t key;
    nanvm_ref value;
};
struct table {
    nanvm_ref name;
    struct entry entries[];
};
extern const nanvm_type table_type;

/* Words that are a reference, or a number with its lowest bit set. */
typedef uintptr_t word;
word word_from_ref(nanvm_ref ref);
word word_from_number(size_t number);
nanvm_ref word_to_ref(word self);
size_t word_to_number(word self);
bool word_is_number(word self);

/* Tagged words in the fixed part, and in each item. */
struct words {
    word first;
    word items[];
};
extern const nanvm_type words_type;

/* As doubles: a NaN whose payload is a reference, or a number. 64 bits always. */
struct boxed {
    uint64_t bits;
};
uint64_t boxed_from_ref(nanvm_ref ref);
uint64_t boxed_from_double(double number);
nanvm_ref boxed_to_ref(uint64_t bits);
extern const nanvm_type boxed_type;
extern const nanvm_type boxes_type; /* An array of them. */

/* Nothing at all. */
extern const nanvm_type nothing_type;

/* Over-aligned. */
struct line {
    _Alignas(64) unsigned char bytes[64];
};
NANVM_TYPE(line_type, struct line);
extern const nanvm_type page_type;  /* 4096 bytes at a multiple of 4096. */
extern const nanvm_type lines_type; /* An array of lines. */

/* A reference that the table doesn't declare: only `drop` knows of it. */
struct hidden {
    nanvm_ref secret;
};
void hidden_drop(void *object, size_t length);
NANVM_TYPE_CALLBACKS(hidden_type, struct hidden, NULL, hidden_drop, NULL);

static inline nanvm_ref null_ref(void) {
    nanvm_ref ref = {NULL};
    return ref;
}

#endif
