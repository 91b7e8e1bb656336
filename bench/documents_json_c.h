/* json-c: values with a count each. Whoever wants to change a document and keep it
 * copies it first, by json_object_deep_copy. */
#include "documents.h"

#include <json-c/json.h>

static inline void bench_open(void) {}

static inline void bench_close(void) {}

typedef json_object *document;
typedef json_tokener *documents_reader;

static inline void documents_reader_open(documents_reader *self) {
    *self = json_tokener_new();
    if (*self == NULL) {
        bench_fail("out of memory");
    }
    json_tokener_set_flags(*self, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
}

static inline void documents_reader_close(documents_reader *self) {
    json_tokener_free(*self);
}

/* The 0 behind the text is its end to json-c. */
static inline bool documents_read(documents_reader *self, const char *text, size_t length,
                                  document *out) {
    json_tokener_reset(*self);
    *out = json_tokener_parse_ex(*self, text, (int)length + 1);
    return json_tokener_get_error(*self) == json_tokener_success;
}

static inline document document_copy(const document *self) {
    document copy = NULL;
    if (json_object_deep_copy(*self, &copy, NULL) != 0) {
        bench_fail("json-c can't copy a document");
    }
    return copy;
}

static inline void document_drop(document self) {
    (void)json_object_put(self);
}

static inline json_object *documents_step_into(json_object *list,
                                               const struct documents_step *step) {
    return step->is_member ? json_object_object_get(list, step->name)
                           : json_object_array_get_idx(list, step->index);
}

static inline void document_set(document *self, const struct documents_path *path,
                                int number) {
    json_object *list = *self;
    const struct documents_step *last = &path->steps[path->length - 1];
    for (const struct documents_step *step = path->steps; step != last; ++step) {
        list = documents_step_into(list, step);
    }
    int failed =
        last->is_member
            ? json_object_object_add(list, last->name, json_object_new_int(number))
            : json_object_array_put_idx(list, last->index, json_object_new_int(number));
    if (failed != 0) {
        bench_fail("json-c can't set a value");
    }
}

static inline uint64_t documents_number(json_object *self) {
    switch (json_object_get_type(self)) {
    case json_type_int:
        return (uint64_t)json_object_get_int64(self);
    case json_type_double:
        return documents_bits(json_object_get_double(self));
    case json_type_string:
        return (uint64_t)json_object_get_string_len(self);
    default:
        return json_object_get_boolean(self) ? 1 : 0;
    }
}

static void documents_visit_value(json_object *self,
                                  const struct documents_visitor *visitor);

static inline void documents_visit_members(json_object *self,
                                           const struct documents_visitor *visitor) {
    struct lh_table *members = json_object_get_object(self);
    for (struct lh_entry *entry = lh_table_head(members); entry != NULL;
         entry = lh_entry_next(entry)) {
        const char *name = (const char *)lh_entry_k(entry);
        visitor->name(visitor->context, name, strlen(name));
        documents_visit_value((json_object *)lh_entry_v(entry), visitor);
    }
}

static inline void documents_visit_items(json_object *self,
                                         const struct documents_visitor *visitor) {
    for (size_t i = 0; i < json_object_array_length(self); ++i) {
        documents_visit_value(json_object_array_get_idx(self, i), visitor);
    }
}

static void documents_visit_value(json_object *self,
                                  const struct documents_visitor *visitor) {
    bool is_object = json_object_is_type(self, json_type_object);
    if (!is_object && !json_object_is_type(self, json_type_array)) {
        visitor->leaf(visitor->context, documents_number(self));
        return;
    }
    visitor->open(visitor->context, is_object);
    if (is_object) {
        documents_visit_members(self, visitor);
    } else {
        documents_visit_items(self, visitor);
    }
    visitor->close(visitor->context);
}

static inline void document_visit(const document *self,
                                  const struct documents_visitor *visitor) {
    documents_visit_value(*self, visitor);
}
