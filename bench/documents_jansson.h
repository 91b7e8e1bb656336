/* jansson: values with a count each. Whoever wants to change a document and keep it
 * copies it first, by json_deep_copy. */
#include "documents.h"

#include <jansson.h>

static inline void bench_open(void) {}

static inline void bench_close(void) {}

typedef json_t *document;
typedef int documents_reader; /* nothing is shared */

static inline void documents_reader_open(documents_reader *self) {
    *self = 0;
}

static inline void documents_reader_close(documents_reader *self) {
    (void)self;
}

static inline bool documents_read(documents_reader *self, const char *text, size_t length,
                                  document *out) {
    (void)self;
    *out = json_loadb(text, length, 0, NULL);
    return *out != NULL;
}

static inline document document_copy(const document *self) {
    return json_deep_copy(*self);
}

static inline void document_drop(document self) {
    json_decref(self);
}

static inline json_t *documents_step_into(json_t *list,
                                          const struct documents_step *step) {
    return step->is_member ? json_object_getn(list, step->name, step->length)
                           : json_array_get(list, step->index);
}

static inline void document_set(document *self, const struct documents_path *path,
                                int number) {
    json_t *list = *self;
    const struct documents_step *last = &path->steps[path->length - 1];
    for (const struct documents_step *step = path->steps; step != last; ++step) {
        list = documents_step_into(list, step);
    }
    int failed =
        last->is_member
            ? json_object_setn_new(list, last->name, last->length, json_integer(number))
            : json_array_set_new(list, last->index, json_integer(number));
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
