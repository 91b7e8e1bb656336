#include "utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The smallest code point that takes so many bytes: a longer form is invalid. */
static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};

static size_t sequence_length(unsigned char lead) {
    return lead < 0x80                   ? 1
           : lead >= 0xC2 && lead < 0xE0 ? 2
           : lead >= 0xE0 && lead < 0xF0 ? 3
           : lead >= 0xF0 && lead < 0xF5 ? 4
                                         : 0;
}

/* The length of the sequence at `at`, or 0 if it is invalid. */
static size_t sequence(const unsigned char *at, size_t left) {
    size_t length = sequence_length(*at);
    uint32_t code = *at & (0x7FU >> length);
    if (length > left) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xC0) != 0x80) {
            return 0;
        }
        code = code << 6 | (at[i] & 0x3FU);
    }
    bool surrogate = code >= 0xD800 && code < 0xE000;
    return length > 1 && (code < smallest[length] || surrogate || code > 0x10FFFF)
               ? 0
               : length;
}

static int hex_digit(char byte) {
    const char *digits = "0123456789abcdef0123456789ABCDEF";
    const char *found = byte == '\0' ? NULL : strchr(digits, byte);
    return found == NULL ? -1 : (int)(found - digits) & 15;
}

/* The code unit that `\uXXXX` at `at` escapes; -1 if that isn't one. */
static long escaped_unit(const char *at, size_t left) {
    long unit = 0;
    if (left < 6 || at[0] != '\\' || at[1] != 'u') {
        return -1;
    }
    for (size_t i = 2; i < 6; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0) {
            return -1;
        }
        unit = unit << 4 | digit;
    }
    return unit;
}

static bool is_high(long unit) {
    return unit >= 0xD800 && unit < 0xDC00;
}

static bool is_low(long unit) {
    return unit >= 0xDC00 && unit < 0xE000;
}

/* The length of the escape at `at`, or 0 for half a pair. An escape that is no
 * escape at all is left to the parser. */
static size_t escape(const char *at, size_t left) {
    long unit = escaped_unit(at, left);
    if (is_low(unit)) {
        return 0;
    }
    if (is_high(unit)) {
        return is_low(escaped_unit(at + 6, left - 6)) ? 12 : 0;
    }
    return left < 2 || (unsigned char)at[1] >= 0x80 ? 1 : 2;
}

static bool is_plain(const char *at) {
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    uint64_t slash = word ^ UINT64_C(0x5C5C5C5C5C5C5C5C);
    uint64_t zero = (slash - UINT64_C(0x0101010101010101)) & ~slash;
    return ((word | zero) & UINT64_C(0x8080808080808080)) == 0;
}

/* Eight bytes at a time, while none is a backslash or beyond ASCII. */
static size_t skip_plain(const char *text, size_t at, size_t length) {
    while (length - at >= 8 && is_plain(text + at)) {
        at += 8;
    }
    return at;
}

/* The first `byte`, or `length`. */
static size_t find_byte(const char *text, size_t length, char byte) {
    const char *found = length == 0 ? NULL : memchr(text, byte, length);
    return found == NULL ? length : (size_t)(found - text);
}

static size_t check_encoding(const char *text, size_t length, const char **what) {
    for (size_t at = skip_plain(text, 0, length); at < length;) {
        bool escaped = text[at] == '\\';
        size_t step = escaped ? escape(text + at, length - at)
                              : sequence((const unsigned char *)text + at, length - at);
        if (step == 0) {
            *what = escaped ? "half of a surrogate pair" : "invalid UTF-8";
            return at;
        }
        at = skip_plain(text, at + step, length);
    }
    return length;
}

size_t utf8_check(const char *text, size_t length, const char **what) {
    size_t end = find_byte(text, find_byte(text, length, '\f'), '\v');
    size_t valid = check_encoding(text, end, what);
    if (valid == end && end != length) {
        *what = "neither form feed nor vertical tab is space in JSON";
    }
    return valid;
}
