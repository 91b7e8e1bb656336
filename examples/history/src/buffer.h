/* Bytes that grow, in memory of a manager. */
#ifndef HISTORY_BUFFER_H
#define HISTORY_BUFFER_H

#include <nanvm/mem.h>

struct buffer {
    nanvm_manager *manager;
    char *bytes;
    size_t length;
    size_t capacity;
    bool failed; /* Memory ran out; everything written since is lost. */
};

struct buffer buffer_make(nanvm_manager *manager);
void buffer_free(struct buffer *self);

/* Room for `size` more bytes, at `bytes + length`. */
bool buffer_reserve(struct buffer *self, size_t size);

bool buffer_add(struct buffer *self, const void *bytes, size_t size);
bool buffer_add_text(struct buffer *self, const char *text);
bool buffer_add_char(struct buffer *self, char byte);
bool buffer_add_number(struct buffer *self, size_t number);

#endif
