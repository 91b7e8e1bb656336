/* What both ways of using jansson have in common. */
#ifndef BENCH_DOCUMENTS_JANSSON_VALUES_H
#define BENCH_DOCUMENTS_JANSSON_VALUES_H

#include "documents.h"

#include <jansson.h>

static inline void bench_open(void) {}

static inline void bench_close(void) {}

typedef json_t *document;

static inline void document_drop(document self) {
    json_decref(self);
}

static inline json_t *documents_step_into(json_t *list,
                                          const struct documents_step *step) {
    return step->is_member ? json_object_getn(list, step->name, step->length)
                           : json_array_get(list, step->index);
}

/* Takes over `value`. */
static inline void documents_replace(json_t *list, const struct documents_step *step,
                                     json_t *value) {
    int failed = step->is_member
                     ? json_object_setn_new(list, step->name, step->length, value)
                     : json_array_set_new(list, step->index, value);
    if (failed != 0) {
        bench_fail("jansson can't set a value");
    }
}

static inline uint64_t documents_number(const json_t *self) {
    switch (json_typeof(self)) {
    case JSON_INTEGER:
        return (uint64_t)json_integer_value(self);
    case JSON_REAL:
        return documents_bits(json_real_value(self));
    case JSON_STRING:
        return json_string_length(self);
    default:
        return json_is_true(self) ? 1 : 0;
    }
}

static void documents_visit_value(json_t *self, const struct documents_visitor *visitor) {
    size_t index;
    size_t length;
    const char *name;
    json_t *value;
    if (!json_is_object(self) && !json_is_array(self)) {
        visitor->leaf(visitor->context, documents_number(self));
        return;
    }
    visitor->open(visitor->context, json_is_object(self));
    json_object_keylen_foreach(self, name, length, value) {
        visitor->name(visitor->context, name, length);
        documents_visit_value(value, visitor);
    }
    json_array_foreach(self, index, value) {
        documents_visit_value(value, visitor);
    }
    visitor->close(visitor->context);
}

static inline void document_visit(const document *self,
                                  const struct documents_visitor *visitor) {
    documents_visit_value(*self, visitor);
}

#endif
