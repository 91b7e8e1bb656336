#include "number.h"

/* A number is its digits, from the first that isn't 0 to the last, times a power
 * of ten. The digits stay in the text; a point among them is stepped over. */
struct decimal {
    bool negative;
    const char *first;
    const char *end;
    int64_t exponent; /* Of the first digit. */
};

/* Far beyond what a text in memory can make up for with digits. */
#define EXPONENT_LIMIT (INT64_MAX / 4)

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

static int64_t read_exponent(const char *at, const char *end) {
    bool negative = at != end && *at == '-';
    int64_t exponent = 0;
    for (; at != end; at++) {
        if (is_digit(*at) && exponent < EXPONENT_LIMIT / 10) {
            exponent = exponent * 10 + (*at - '0');
        }
    }
    return negative ? -exponent : exponent;
}

static const char *find_exponent(const char *at, const char *end) {
    while (at != end && *at != 'e' && *at != 'E') {
        at++;
    }
    return at;
}

/* How many digits stand before the point. */
static int64_t whole_digits(const char *at, const char *end) {
    int64_t digits = 0;
    for (; at != end && is_digit(*at); at++) {
        digits++;
    }
    return digits;
}

static bool is_zero_or_point(char byte) {
    return byte == '0' || byte == '.';
}

static void trim(struct decimal *self) {
    while (self->first != self->end && is_zero_or_point(*self->first)) {
        self->exponent -= *self->first == '0';
        self->first++;
    }
    while (self->first != self->end && is_zero_or_point(self->end[-1])) {
        self->end--;
    }
}

static struct decimal parse(struct text text) {
    const char *end = text.bytes + text.length;
    struct decimal self = {.negative = text.length != 0 && text.bytes[0] == '-'};
    self.first = text.bytes + self.negative;
    self.end = find_exponent(self.first, end);
    self.exponent = whole_digits(self.first, self.end);
    self.exponent += self.end == end ? 0 : read_exponent(self.end + 1, end);
    trim(&self);
    return self;
}

/* The next digit, or 0 at the end. */
static char next_digit(struct decimal *self) {
    if (self->first != self->end && *self->first == '.') {
        self->first++;
    }
    return self->first == self->end ? '\0' : *self->first++;
}

bool number_equal(struct text a, struct text b) {
    struct decimal x = parse(a);
    struct decimal y = parse(b);
    if (x.first == x.end || y.first == y.end) {
        return x.first == x.end && y.first == y.end; /* Zero has no sign here. */
    }
    bool equal = x.negative == y.negative && x.exponent == y.exponent;
    for (char digit = '0'; equal && digit != '\0';) {
        digit = next_digit(&x);
        equal = digit == next_digit(&y);
    }
    return equal;
}
