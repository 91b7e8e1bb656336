/* jansson, taken as far as it goes: the same parser as for nanvm_mem, which is faster
 * than jansson's own, and documents that share what they have in common. A copy is one
 * more reference; a change copies the lists on its way, one level of each, as far as
 * the count says that somebody else refers to them. */
#include "documents_jansson_values.h"

#include <yajl/yajl_parse.h>

enum { DOCUMENTS_OPEN = 1000 };

typedef struct documents_reader {
    json_t *root;
    size_t depth;
    json_t *open[DOCUMENTS_OPEN]; /* borrowed: each is in the one before */
    char *name;
    size_t name_length;
    size_t name_capacity;
} documents_reader;

static inline void documents_reader_open(documents_reader *self) {
    memset(self, 0, sizeof(*self));
}

static inline void documents_reader_close(documents_reader *self) {
    free(self->name);
}

/* --- what the parser tells -------------------------------------------------------- */

/* Takes over `value`; goes on after 1, stops after 0. */
static inline int add(void *context, json_t *value) {
    documents_reader *self = (documents_reader *)context;
    json_t *list = self->depth == 0 ? NULL : self->open[self->depth - 1];
    if (list == NULL) {
        self->root = value;
        return value != NULL;
    }
    int failed =
        json_is_array(list)
            ? json_array_append_new(list, value)
            : json_object_setn_new_nocheck(list, self->name, self->name_length, value);
    return failed == 0;
}

static int on_null(void *context) {
    return add(context, json_null());
}

static int on_boolean(void *context, int truth) {
    return add(context, json_boolean(truth));
}

static int on_integer(void *context, long long number) {
    return add(context, json_integer(number));
}

static int on_real(void *context, double number) {
    return add(context, json_real(number));
}

static int on_string(void *context, const unsigned char *bytes, size_t length) {
    return add(context, json_stringn_nocheck((const char *)bytes, length));
}

/* A copy of the name: the parser's is gone when the value comes. */
static int on_name(void *context, const unsigned char *bytes, size_t length) {
    documents_reader *self = (documents_reader *)context;
    if (length > self->name_capacity) {
        free(self->name);
        self->name_capacity = 2 * length;
        self->name = (char *)malloc(self->name_capacity);
    }
    self->name_length = length;
    return self->name == NULL || memcpy(self->name, bytes, length) != NULL;
}

static int open_list(void *context, json_t *list) {
    documents_reader *self = (documents_reader *)context;
    if (self->depth == DOCUMENTS_OPEN) {
        json_decref(list);
        return 0;
    }
    int added = add(context, list);
    self->open[self->depth++] = list;
    return added;
}

static int on_open_object(void *context) {
    return open_list(context, json_object());
}

static int on_open_array(void *context) {
    return open_list(context, json_array());
}

static int on_end(void *context) {
    ((documents_reader *)context)->depth -= 1;
    return 1;
}

/* --- documents -------------------------------------------------------------------- */

static inline bool documents_read(documents_reader *self, const char *text, size_t length,
                                  document *out) {
    static const yajl_callbacks callbacks = {
        on_null,        on_boolean, on_integer, on_real,       NULL,  on_string,
        on_open_object, on_name,    on_end,     on_open_array, on_end};
    yajl_handle parser = yajl_alloc(&callbacks, NULL, self);
    self->root = NULL;
    self->depth = 0;
    bool valid =
        yajl_parse(parser, (const unsigned char *)text, length) == yajl_status_ok &&
        yajl_complete_parse(parser) == yajl_status_ok;
    yajl_free(parser);
    if (!valid) {
        json_decref(self->root);
    }
    *out = self->root;
    return valid;
}

static inline document document_copy(const document *self) {
    return json_incref(*self);
}

static inline json_t *documents_own(json_t *list, const struct documents_step *step) {
    json_t *inner = documents_step_into(list, step);
    if (inner->refcount > 1) {
        inner = json_copy(inner);
        documents_replace(list, step, inner);
    }
    return inner;
}

static inline void document_set(document *self, const struct documents_path *path,
                                int number) {
    const struct documents_step *last = &path->steps[path->length - 1];
    if ((*self)->refcount > 1) {
        json_t *copy = json_copy(*self);
        json_decref(*self);
        *self = copy;
    }
    json_t *list = *self;
    for (const struct documents_step *step = path->steps; step != last; ++step) {
        list = documents_own(list, step);
    }
    documents_replace(list, last, json_integer(number));
}
