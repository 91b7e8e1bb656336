/* jansson: values with a count each. Whoever wants to change a document and keep it
 * copies it first, by json_deep_copy. */
#include "documents_jansson_values.h"

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

static inline void document_set(document *self, const struct documents_path *path,
                                int number) {
    json_t *list = *self;
    const struct documents_step *last = &path->steps[path->length - 1];
    for (const struct documents_step *step = path->steps; step != last; ++step) {
        list = documents_step_into(list, step);
    }
    documents_replace(list, last, json_integer(number));
}
