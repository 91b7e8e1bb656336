/* JSON documents of blocks, nanvm_mem's objects or with a count by hand, built by yajl's
 * events. As in the example `history`, a document is a value that never
 * changes while it is shared: a copy is one more reference, and a change copies the
 * lists on its way, as far as somebody else refers to them. Equal values are stored
 * once.
 *
 * yajl converts reals by strtod, as jansson and json-c do. Four fifths of the time to
 * read are spent in it. */
#ifndef BENCH_DOCUMENTS_INTERNED_H
#define BENCH_DOCUMENTS_INTERNED_H

#include "documents.h"
#include "documents_intern.h"

#include <yajl/yajl_parse.h>

/* --- the reader ----------------------------------------------------------------------
 *
 * What belongs to lists that aren't complete lies on two stacks: values, each with a
 * reference, and names, borrowed. */

enum { DOCUMENTS_OPEN = 1000 };

struct documents_list {
    size_t values;
    size_t names;
};

typedef struct documents_reader {
    struct table texts;
    struct table names;
    struct table lists;
    size_t reals; /* lists of them */
    size_t reals_found;
    value *values;
    size_t values_length;
    size_t values_capacity;
    struct name *open_names;
    size_t names_length;
    size_t names_capacity;
    size_t depth;
    struct documents_list open[DOCUMENTS_OPEN];
} documents_reader;

static void *documents_enlarge(void *memory, size_t *capacity, size_t item_size) {
    *capacity *= 2;
    void *larger = realloc(memory, *capacity * item_size);
    if (larger == NULL) {
        bench_fail("out of memory");
    }
    return larger;
}

static inline int push(documents_reader *self, value word) {
    if (self->values_length == self->values_capacity) {
        self->values = (value *)documents_enlarge(self->values, &self->values_capacity,
                                                  sizeof(value));
    }
    self->values[self->values_length++] = word;
    return 1;
}

static int on_null(void *context) {
    return push((documents_reader *)context, value_constant(CONSTANT_NULL));
}

static int on_boolean(void *context, int truth) {
    return push((documents_reader *)context,
                value_constant(truth ? CONSTANT_TRUE : CONSTANT_FALSE));
}

static int on_integer(void *context, long long number) {
    return push((documents_reader *)context, value_integer(number));
}

static int on_real(void *context, double number) {
    return push((documents_reader *)context, value_make(documents_bits(number)));
}

static int on_string(void *context, const unsigned char *bytes, size_t length) {
    documents_reader *self = (documents_reader *)context;
    struct documents_text text = {(const char *)bytes, length};
    if (length <= VALUE_SHORT) {
        return push(self, value_short(text.bytes, length));
    }
    block string = block_clone(intern_text(&self->texts, text).ref);
    return push(self, value_of_block(value_string_tag, string.object));
}

static int on_name(void *context, const unsigned char *bytes, size_t length) {
    documents_reader *self = (documents_reader *)context;
    struct documents_text text = {(const char *)bytes, length};
    if (self->names_length == self->names_capacity) {
        self->open_names = (struct name *)documents_enlarge(
            self->open_names, &self->names_capacity, sizeof(struct name));
    }
    struct entry entry = intern_text(&self->texts, text);
    struct name name = {entry.ref, entry.hash};
    self->open_names[self->names_length++] = name;
    return 1;
}

static int on_open(void *context) {
    documents_reader *self = (documents_reader *)context;
    struct documents_list list = {self->values_length, self->names_length};
    if (self->depth == DOCUMENTS_OPEN) {
        return 0;
    }
    self->open[self->depth++] = list;
    return 1;
}

/* Measured data has few equals. When it turns out that next to no list of reals was
 * there before, the others aren't looked for. */
static block end_reals(documents_reader *self, const struct documents_items *items) {
    if (self->reals > 1024 + 8 * self->reals_found) {
        return block_of(new_list(items));
    }
    size_t used = self->lists.used;
    block list = intern_list(&self->lists, items);
    self->reals += 1;
    self->reals_found += self->lists.used == used ? 1 : 0;
    return list;
}

static int on_array_end(void *context) {
    documents_reader *self = (documents_reader *)context;
    size_t start = self->open[--self->depth].values;
    struct documents_items items = {
        leaves_kind, {NULL}, self->values + start, self->values_length - start};
    if (has_blocks(items.values, items.length)) {
        items.kind = array_kind;
    }
    self->values_length = start;
    block list = are_reals(items.values, items.length)
                     ? end_reals(self, &items)
                     : intern_list(&self->lists, &items);
    return push(self, value_of_block(value_array_tag, list.object));
}

static int on_object_end(void *context) {
    documents_reader *self = (documents_reader *)context;
    struct documents_list start = self->open[--self->depth];
    struct documents_names names = {self->open_names + start.names,
                                    self->names_length - start.names};
    struct documents_items items = {leaf_members_kind, intern_names(&self->names, names),
                                    self->values + start.values, names.length};
    if (has_blocks(items.values, items.length)) {
        items.kind = members_kind;
    }
    self->values_length = start.values;
    self->names_length = start.names;
    block list = intern_list(&self->lists, &items);
    return push(self, value_of_block(value_object_tag, list.object));
}

static inline void documents_reader_open(documents_reader *self) {
    memset(self, 0, sizeof(*self));
    self->values_capacity = self->names_capacity = 64;
    self->values = (value *)documents_allocate(self->values_capacity * sizeof(value));
    self->open_names =
        (struct name *)documents_allocate(self->names_capacity * sizeof(struct name));
    table_open(&self->texts, 256);
    table_open(&self->names, 64);
    table_open(&self->lists, 256);
}

static inline void documents_reader_close(documents_reader *self) {
    table_close(&self->lists);
    table_close(&self->names);
    table_close(&self->texts);
    free(self->values);
    free(self->open_names);
}

/* What a text that isn't valid has left. */
static void documents_forget(documents_reader *self) {
    while (self->values_length > 0) {
        value_drop(self->values[--self->values_length]);
    }
    self->names_length = 0;
    self->depth = 0;
}

static bool documents_parse(documents_reader *self, const char *text, size_t length) {
    static const yajl_callbacks callbacks = {
        on_null, on_boolean, on_integer,    on_real, NULL,        on_string,
        on_open, on_name,    on_object_end, on_open, on_array_end};
    yajl_handle parser = yajl_alloc(&callbacks, NULL, self);
    bool valid =
        yajl_parse(parser, (const unsigned char *)text, length) == yajl_status_ok &&
        yajl_complete_parse(parser) == yajl_status_ok;
    yajl_free(parser);
    return valid;
}

typedef value document;

static inline bool documents_read(documents_reader *self, const char *text, size_t length,
                                  document *out) {
    if (!documents_parse(self, text, length)) {
        documents_forget(self);
        *out = value_constant(CONSTANT_NULL);
        return false;
    }
    *out = self->values[--self->values_length];
    return true;
}

/* --- documents --------------------------------------------------------------------- */

static inline document document_copy(const document *self) {
    return value_clone(*self);
}

static inline void document_drop(document self) {
    value_drop(self);
}

/* The list in `*self`, which has only this owner from now on. */
static inline void *value_own(value *self) {
    void *own = block_own(value_ref(*self));
    *self = value_of_block(self->word & value_tag_mask, own);
    return own;
}

static inline value *members_find(struct members *self,
                                  const struct documents_step *step) {
    struct documents_text text = {step->name, step->length};
    size_t at = names_find(self->names, text);
    if (at == block_length(self->names)) {
        bench_fail("there is no such member");
    }
    return &self->values[at];
}

/* An integer that fits into a word is no reference: the list's type stays right. */
static inline void document_set(document *self, const struct documents_path *path,
                                int number) {
    value *at = self;
    for (size_t i = 0; i < path->length; ++i) {
        void *list = value_own(at);
        at = path->steps[i].is_member
                 ? members_find((struct members *)list, &path->steps[i])
                 : (value *)list + path->steps[i].index;
    }
    value_drop(*at);
    *at = value_integer(number);
}

static void documents_visit_value(value self, const struct documents_visitor *visitor);

static void documents_visit_members(block object,
                                    const struct documents_visitor *visitor) {
    const struct members *self = (const struct members *)object.object;
    const struct names *names = (const struct names *)self->names.object;
    size_t length = block_length(object);
    for (size_t i = 0; i < length; ++i) {
        block text = names->items[i].text;
        visitor->name(visitor->context, (const char *)text.object, block_length(text));
        documents_visit_value(self->values[i], visitor);
    }
}

static void documents_visit_items(block array, const struct documents_visitor *visitor) {
    const value *items = (const value *)array.object;
    size_t length = block_length(array);
    for (size_t i = 0; i < length; ++i) {
        documents_visit_value(items[i], visitor);
    }
}

static void documents_visit_value(value self, const struct documents_visitor *visitor) {
    if (self.word < value_array_tag) {
        visitor->leaf(visitor->context, value_number(self));
        return;
    }
    bool is_object = self.word >= value_object_tag;
    visitor->open(visitor->context, is_object);
    if (is_object) {
        documents_visit_members(value_ref(self), visitor);
    } else {
        documents_visit_items(value_ref(self), visitor);
    }
    visitor->close(visitor->context);
}

static inline void document_visit(const document *self,
                                  const struct documents_visitor *visitor) {
    documents_visit_value(*self, visitor);
}

#endif
