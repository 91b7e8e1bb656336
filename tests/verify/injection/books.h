/* Double entry for references: what values refer to before an operation is debited, what
 * they refer to afterwards is credited, and each count must have changed by just the
 * difference. Written against the tables alone, without the library's own visiting. */
#ifndef INJECTION_BOOKS_H
#define INJECTION_BOOKS_H

#include "objects.h"

enum { BOOK_ENTRIES = 160 };

typedef struct book_entry {
    nanvm_ref ref;
    size_t others; /* At the first look. */
    size_t debits;
    size_t credits;
} book_entry;

typedef struct books {
    book_entry entries[BOOK_ENTRIES];
    size_t length;
} books;

/* A value of a type, in a block or not yet in one. Either part may be missing. */
typedef struct value {
    const nanvm_type *type;
    const void *fixed;
    const void *items;
    size_t length;
} value;

/* That of a block; nothing for a null handle. */
value value_of(nanvm_ref ref);

void books_open(books *self);
void books_debit(books *self, value what);
void books_credit(books *self, value what);

/* Of everything that is still referred to. */
void books_expect_balance(const books *self);

#endif
