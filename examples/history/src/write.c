#include "write.h"

static bool needs_escape(unsigned char byte) {
    return byte < 0x20 || byte == '"' || byte == '\\';
}

static bool write_escape(struct buffer *out, unsigned char byte) {
    static const char names[] = "btn?fr";
    char unicode[] = "\\u0000";
    if (byte == '"' || byte == '\\') {
        return buffer_add_char(out, '\\') && buffer_add_char(out, (char)byte);
    }
    if (byte >= '\b' && byte <= '\r' && byte != '\v') {
        return buffer_add_char(out, '\\') && buffer_add_char(out, names[byte - '\b']);
    }
    unicode[4] = (char)('0' + (byte >> 4));
    unicode[5] = "0123456789abcdef"[byte & 15];
    return buffer_add_text(out, unicode);
}

static size_t plain_length(const char *at, size_t left) {
    size_t plain = 0;
    while (plain < left && !needs_escape((unsigned char)at[plain])) {
        plain++;
    }
    return plain;
}

bool write_string(struct buffer *out, struct text text) {
    buffer_add_char(out, '"');
    for (size_t i = 0; i < text.length;) {
        size_t plain = plain_length(text.bytes + i, text.length - i);
        buffer_add(out, text.bytes + i, plain);
        i += plain;
        if (i < text.length) {
            write_escape(out, (unsigned char)text.bytes[i++]);
        }
    }
    return buffer_add_char(out, '"');
}

static bool write_text(struct buffer *out, value self) {
    char room[VALUE_SHORT_TEXT];
    struct text text = value_text(self, room);
    return value_kind(self) == KIND_STRING ? write_string(out, text)
                                           : buffer_add(out, text.bytes, text.length);
}

static bool break_line(struct buffer *out, size_t depth) {
    bool added = buffer_add_char(out, '\n');
    while (added && depth-- != 0) {
        added = buffer_add(out, "  ", 2);
    }
    return added;
}

static bool write_at(struct buffer *out, value self, enum write_style style,
                     size_t depth);

/* Between a name and its value a colon, else a comma and perhaps a new line. */
static bool separate(struct buffer *out, bool colon, bool first, enum write_style style,
                     size_t depth) {
    if (colon) {
        return buffer_add_text(out, style == WRITE_INDENTED ? ": " : ":");
    }
    return (first || buffer_add_char(out, ',')) &&
           (style == WRITE_COMPACT || break_line(out, depth));
}

static bool write_items(struct buffer *out, value self, enum write_style style,
                        size_t depth) {
    bool object = value_kind(self) == KIND_OBJECT;
    size_t length = value_length(self);
    for (size_t i = 0; i < length; i++) {
        if (!separate(out, object && i % 2 == 1, i == 0, style, depth + 1) ||
            !write_at(out, value_list(self)->items[i], style, depth + 1)) {
            return false;
        }
    }
    return length == 0 || style == WRITE_COMPACT || break_line(out, depth);
}

static bool write_list(struct buffer *out, value self, enum write_style style,
                       size_t depth) {
    bool object = value_kind(self) == KIND_OBJECT;
    return buffer_add_char(out, object ? '{' : '[') &&
           write_items(out, self, style, depth) &&
           buffer_add_char(out, object ? '}' : ']');
}

/* Recurses no deeper than VALUE_HEIGHT_LIMIT. */
static bool write_at(struct buffer *out, value self, enum write_style style,
                     size_t depth) {
    switch (value_kind(self)) {
    case KIND_NULL:
        return buffer_add(out, "null", 4);
    case KIND_FALSE:
        return buffer_add(out, "false", 5);
    case KIND_TRUE:
        return buffer_add(out, "true", 4);
    case KIND_STRING:
    case KIND_NUMBER:
        return write_text(out, self);
    default:
        return write_list(out, self, style, depth);
    }
}

bool write_value(struct buffer *out, value self, enum write_style style) {
    return write_at(out, self, style, 0) && !out->failed;
}
