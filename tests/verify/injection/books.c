#include "books.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

value value_of(nanvm_ref ref) {
    value what = {nanvm_ref_type(ref), ref.object, NULL, 0};
    if (what.type != NULL && what.type->item_size != 0) {
        what.items = (const unsigned char *)ref.object + what.type->items_offset;
        what.length = nanvm_ref_length(ref);
    }
    return what;
}

static void visit_offsets(const void *part, const size_t *offsets, size_t length,
                          nanvm_visitor *visitor, void *context) {
    for (size_t i = 0; i < length; i++) {
        const void *slot = (const unsigned char *)part + offsets[i];
        visitor(*(const nanvm_ref *)slot, context);
    }
}

static void visit_item(const nanvm_type *type, const void *item, nanvm_visitor *visitor,
                       void *context) {
    visit_offsets(item, type->item_refs, type->item_refs_length, visitor, context);
    if (type->visit_item != NULL) {
        type->visit_item(item, visitor, context);
    }
}

static void visit_value(value what, nanvm_visitor *visitor, void *context) {
    if (what.fixed != NULL) {
        visit_offsets(what.fixed, what.type->refs, what.type->refs_length, visitor,
                      context);
        if (what.type->visit != NULL) {
            what.type->visit(what.fixed, visitor, context);
        }
    }
    for (size_t i = 0; what.items != NULL && i < what.length; i++) {
        const unsigned char *items = what.items;
        visit_item(what.type, items + i * what.type->item_size, visitor, context);
    }
}

static book_entry *entry_of(books *self, nanvm_ref ref) {
    size_t i = 0;
    while (i < self->length && !nanvm_ref_same(self->entries[i].ref, ref)) {
        i++;
    }
    if (i == self->length) {
        assert_true(self->length < BOOK_ENTRIES);
        self->entries[self->length++] = (book_entry){ref, nanvm_ref_count(ref), 0, 0};
    }
    return &self->entries[i];
}

static void debit(nanvm_ref ref, void *context) {
    if (ref.object != NULL) {
        entry_of(context, ref)->debits++;
    }
}

static void credit(nanvm_ref ref, void *context) {
    if (ref.object != NULL) {
        entry_of(context, ref)->credits++;
    }
}

void books_open(books *self) {
    self->length = 0;
}

void books_debit(books *self, value what) {
    visit_value(what, debit, self);
}

void books_credit(books *self, value what) {
    visit_value(what, credit, self);
}

void books_expect_balance(const books *self) {
    for (size_t i = 0; i < self->length; i++) {
        const book_entry *entry = &self->entries[i];
        size_t expected = entry->others == SIZE_MAX
                              ? SIZE_MAX
                              : entry->others + entry->credits - entry->debits;
        if (entry->credits > 0) {
            assert_int_equal(nanvm_ref_count(entry->ref), expected);
        }
    }
}
