#include "diff.h"

#include "write.h"

/* A long value is cut off in a line, at this many bytes. */
#define SHOWN 60

struct diff {
    struct buffer *out;
    struct buffer path; /* Of where the walk is. */
    struct buffer text; /* A value, written. */
};

static bool step_name(struct diff *self, value name) {
    char room[VALUE_SHORT_TEXT];
    struct text text = value_text(name, room);
    bool added = buffer_add_char(&self->path, '/');
    for (size_t i = 0; added && i < text.length; i++) {
        char byte = text.bytes[i];
        added = byte == '~'   ? buffer_add(&self->path, "~0", 2)
                : byte == '/' ? buffer_add(&self->path, "~1", 2)
                              : buffer_add_char(&self->path, byte);
    }
    return added;
}

static bool step_index(struct diff *self, size_t index) {
    return buffer_add_char(&self->path, '/') && buffer_add_number(&self->path, index);
}

/* Not inside a character. */
static size_t cut(const struct buffer *text) {
    size_t length = text->length <= SHOWN ? text->length : SHOWN;
    while (length < text->length && ((unsigned char)text->bytes[length] & 0xC0) == 0x80) {
        length--;
    }
    return length;
}

static bool show(struct diff *self, value word) {
    self->text.length = 0;
    if (!write_value(&self->text, word, WRITE_COMPACT)) {
        return false;
    }
    size_t length = cut(&self->text);
    return buffer_add_char(self->out, ' ') &&
           buffer_add(self->out, self->text.bytes, length) &&
           (length == self->text.length || buffer_add_text(self->out, "..."));
}

/* As a JSON string, so that a line stays a line. */
static bool begin_line(struct diff *self, char sign) {
    struct text path = {self->path.bytes, self->path.length};
    return buffer_add_char(self->out, sign) && buffer_add_char(self->out, ' ') &&
           write_string(self->out, path);
}

static bool line(struct diff *self, char sign, value word) {
    return begin_line(self, sign) && show(self, word) && buffer_add_char(self->out, '\n');
}

static bool changed_line(struct diff *self, value before, value after) {
    return begin_line(self, '~') && show(self, before) &&
           buffer_add_text(self->out, " ->") && show(self, after) &&
           buffer_add_char(self->out, '\n');
}

static bool walk(struct diff *self, value before, value after);

/* An item that is in one of the two arrays only. */
static bool item_line(struct diff *self, char sign, value list, size_t index) {
    size_t length = self->path.length;
    bool done =
        step_index(self, index) && line(self, sign, value_list(list)->items[index]);
    self->path.length = length;
    return done;
}

static bool walk_item(struct diff *self, value before, value after, size_t index) {
    size_t length = self->path.length;
    bool done = step_index(self, index) && walk(self, value_list(before)->items[index],
                                                value_list(after)->items[index]);
    self->path.length = length;
    return done;
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t common_start(value a, value b) {
    size_t most = smaller(value_length(a), value_length(b));
    size_t start = 0;
    while (start < most &&
           value_same(value_list(a)->items[start], value_list(b)->items[start])) {
        start++;
    }
    return start;
}

/* How many items at the end are the same, behind the first `start`. */
static size_t common_end(value a, value b, size_t start) {
    size_t length_a = value_length(a);
    size_t length_b = value_length(b);
    size_t most = smaller(length_a, length_b) - start;
    size_t end = 0;
    while (end < most && value_same(value_list(a)->items[length_a - end - 1],
                                    value_list(b)->items[length_b - end - 1])) {
        end++;
    }
    return end;
}

/* What lies between a common start and a common end is compared item by item. */
static bool walk_arrays(struct diff *self, value before, value after) {
    size_t start = common_start(before, after);
    size_t end = common_end(before, after, start);
    size_t old = value_length(before) - end;
    size_t new = value_length(after) - end;
    bool done = true;
    for (size_t i = start; done && (i < old || i < new); i++) {
        done = i >= new   ? item_line(self, '-', before, i)
               : i >= old ? item_line(self, '+', after, i)
                          : walk_item(self, before, after, i);
    }
    return done;
}

/* Which member with this name it is, counted from 0. */
static size_t ordinal(value object, size_t index) {
    const value *items = value_list(object)->items;
    size_t before = 0;
    for (size_t i = 0; i < index; i += 2) {
        before += value_same(items[i], items[index]);
    }
    return before;
}

/* The member of `object` that answers to the one at `index` of `other`; the length
 * if there is none. Members with one name answer in their order. */
static size_t counterpart(value object, value other, size_t index) {
    const value *items = value_list(object)->items;
    value name = value_list(other)->items[index];
    size_t length = value_length(object);
    size_t left = ordinal(other, index);
    for (size_t i = 0; i < length; i += 2) {
        if (value_same(items[i], name) && left-- == 0) {
            return i;
        }
    }
    return length;
}

static bool walk_member(struct diff *self, value before, value after, size_t index) {
    size_t length = self->path.length;
    const value *items = value_list(before)->items;
    size_t other = counterpart(after, before, index);
    bool done = step_name(self, items[index]) &&
                (other == value_length(after)
                     ? line(self, '-', items[index + 1])
                     : walk(self, items[index + 1], value_list(after)->items[other + 1]));
    self->path.length = length;
    return done;
}

static bool new_member(struct diff *self, value before, value after, size_t index) {
    size_t length = self->path.length;
    const value *items = value_list(after)->items;
    bool done = counterpart(before, after, index) != value_length(before) ||
                (step_name(self, items[index]) && line(self, '+', items[index + 1]));
    self->path.length = length;
    return done;
}

static bool member_stayed(value before, value after, size_t index) {
    const value *old = value_list(before)->items + index;
    const value *new = value_list(after)->items + index;
    return index < value_length(before) && index < value_length(after) &&
           value_same(old[0], new[0]) && value_same(old[1], new[1]);
}

static bool walk_objects(struct diff *self, value before, value after) {
    size_t written = self->out->length;
    bool done = true;
    for (size_t i = 0; done && i < value_length(before); i += 2) {
        done = member_stayed(before, after, i) || walk_member(self, before, after, i);
    }
    for (size_t i = 0; done && i < value_length(after); i += 2) {
        done = member_stayed(before, after, i) || new_member(self, before, after, i);
    }
    if (done && written == self->out->length) {
        return begin_line(self, '~') && buffer_add_text(self->out, " (order)\n");
    }
    return done;
}

/* Recurses no deeper than VALUE_HEIGHT_LIMIT. */
static bool walk(struct diff *self, value before, value after) {
    enum kind kind = value_kind(before);
    if (value_same(before, after)) {
        return true;
    }
    if (kind != value_kind(after) || !value_is_list(before)) {
        return changed_line(self, before, after);
    }
    return kind == KIND_ARRAY ? walk_arrays(self, before, after)
                              : walk_objects(self, before, after);
}

bool diff_write(struct buffer *out, value before, value after) {
    struct diff diff = {out, buffer_make(out->manager), buffer_make(out->manager)};
    bool done = walk(&diff, before, after);
    buffer_free(&diff.text);
    buffer_free(&diff.path);
    return done;
}
