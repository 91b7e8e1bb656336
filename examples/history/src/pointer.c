#include "pointer.h"

#include <string.h>

static bool is_escape(const char *at, size_t left) {
    return left > 1 && (at[1] == '0' || at[1] == '1');
}

bool pointer_is_valid(struct text text) {
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] == '~' && !is_escape(text.bytes + i, text.length - i)) {
            return false;
        }
    }
    return text.length == 0 || text.bytes[0] == '/';
}

size_t pointer_depth(pointer self) {
    size_t depth = 0;
    for (size_t i = 0; i < self.length; i++) {
        depth += self.bytes[i] == '/';
    }
    return depth;
}

struct text pointer_step(pointer *self) {
    struct text step = {self->bytes + 1, self->length - 1};
    const char *slash = step.length == 0 ? NULL : memchr(step.bytes, '/', step.length);
    if (slash != NULL) {
        step.length = (size_t)(slash - step.bytes);
    }
    self->bytes = step.bytes + step.length;
    self->length -= 1 + step.length;
    return step;
}

struct text pointer_name(struct text step, char *room) {
    size_t length = 0;
    for (size_t i = 0; i < step.length; i++) {
        char byte = step.bytes[i];
        if (byte == '~') {
            byte = step.bytes[++i] == '0' ? '~' : '/';
        }
        room[length++] = byte;
    }
    return (struct text){room, length};
}

size_t pointer_index(struct text step, size_t length) {
    size_t index = 0;
    if (step.length == 1 && step.bytes[0] == '-') {
        return length;
    }
    if (step.length == 0 || (step.length > 1 && step.bytes[0] == '0')) {
        return SIZE_MAX;
    }
    for (size_t i = 0; i < step.length; i++) {
        if (step.bytes[i] < '0' || step.bytes[i] > '9' || index > length) {
            return SIZE_MAX;
        }
        index = index * 10 + (size_t)(step.bytes[i] - '0');
    }
    return index <= length ? index : SIZE_MAX;
}

bool pointer_is_prefix(pointer self, pointer below) {
    return self.length <= below.length &&
           (self.length == 0 || memcmp(self.bytes, below.bytes, self.length) == 0) &&
           (self.length == below.length || below.bytes[self.length] == '/');
}
