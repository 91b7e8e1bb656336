#include "buffer.h"

#include <stdio.h>
#include <string.h>

struct buffer buffer_make(nanvm_manager *manager) {
    return (struct buffer){.manager = manager};
}

static nanvm_layout layout_of(size_t size) {
    return nanvm_layout_make(size, sizeof(void *));
}

void buffer_free(struct buffer *self) {
    nanvm_manager_dealloc(self->manager, self->bytes, layout_of(self->capacity));
    *self = buffer_make(self->manager);
}

static bool grow(struct buffer *self, size_t size) {
    size_t capacity = self->capacity < 256 ? 256 : self->capacity * 2;
    if (capacity - self->length < size) {
        capacity = self->length + size;
    }
    char *bytes = capacity < size
                      ? NULL
                      : nanvm_manager_resize(self->manager, self->bytes,
                                             layout_of(self->capacity), capacity);
    self->failed = bytes == NULL;
    if (bytes != NULL) {
        self->bytes = bytes;
        self->capacity = capacity;
    }
    return !self->failed;
}

bool buffer_reserve(struct buffer *self, size_t size) {
    return !self->failed && (self->capacity - self->length >= size || grow(self, size));
}

bool buffer_add(struct buffer *self, const void *bytes, size_t size) {
    if (!buffer_reserve(self, size)) {
        return false;
    }
    if (size != 0) {
        memcpy(self->bytes + self->length, bytes, size);
    }
    self->length += size;
    return true;
}

bool buffer_add_text(struct buffer *self, const char *text) {
    return buffer_add(self, text, strlen(text));
}

bool buffer_add_char(struct buffer *self, char byte) {
    if (self->length == self->capacity && !buffer_reserve(self, 1)) {
        return false;
    }
    self->bytes[self->length++] = byte;
    return true;
}

bool buffer_add_number(struct buffer *self, size_t number) {
    char text[3 * sizeof(number) + 1];
    snprintf(text, sizeof(text), "%zu", number);
    return buffer_add_text(self, text);
}
