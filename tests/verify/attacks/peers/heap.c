#include "heap.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../child.h"

enum { PIECES = 128, LARGEST = 400, FORBIDDEN = 4 };

typedef struct piece {
    unsigned char *bytes;
    size_t size;
    unsigned char first; /* the others count up from it */
} piece;

static piece pieces[PIECES];
static piece forbidden[FORBIDDEN]; /* `first` is the sum of the bytes */
static size_t forbidden_length;
static uint32_t random_state;

static uint32_t next_random(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    return random_state ^= random_state << 5;
}

void heap_init(uint32_t seed) {
    random_state = seed * 2654435761U + 1;
}

static void fill(const piece *self) {
    for (size_t i = 0; i < self->size; i++) {
        self->bytes[i] = (unsigned char)(self->first + i);
    }
}

static bool is_right(const piece *self) {
    size_t i = 0;
    while (i < self->size && self->bytes[i] == (unsigned char)(self->first + i)) {
        i++;
    }
    return i == self->size;
}

static void must_be_right(bool right, size_t size) {
    if (!right) {
        child_end(SILENT, "the content of %zu bytes has changed", size);
    }
}

static void check_piece(const piece *self) {
    must_be_right(is_right(self), self->size);
}

static unsigned char sum_of(const piece *self) {
    unsigned char sum = 0;
    for (size_t i = 0; i < self->size; i++) {
        sum = (unsigned char)(sum * 31 + self->bytes[i]);
    }
    return sum;
}

static bool overlap(const piece *a, const piece *b) {
    uintptr_t x = (uintptr_t)a->bytes, y = (uintptr_t)b->bytes;
    return a->bytes != NULL && b->bytes != NULL && x < y + b->size && y < x + a->size;
}

static void check_apart(const piece *new) {
    for (size_t i = 0; i < PIECES; i++) {
        if (&pieces[i] != new &&overlap(&pieces[i], new)) {
            child_end(SILENT, "the same memory was given twice");
        }
    }
    for (size_t i = 0; i < forbidden_length; i++) {
        if (overlap(&forbidden[i], new)) {
            child_end(SILENT, "memory was given that isn't malloc's");
        }
    }
}

void heap_forbid(const void *begin, size_t size) {
    piece *new = &forbidden[forbidden_length++];
    *new = (piece){(unsigned char *)(uintptr_t)begin, size, 0};
    new->first = sum_of(new);
}

void heap_check(void) {
    for (size_t i = 0; i < PIECES; i++) {
        check_piece(&pieces[i]);
    }
    for (size_t i = 0; i < forbidden_length; i++) {
        if (sum_of(&forbidden[i]) != forbidden[i].first) {
            child_end(SILENT, "memory that isn't malloc's has changed");
        }
    }
}

static void let_go(piece *self) {
    piece old = *self;
    bool right = is_right(self);
    *self = (piece){NULL, 0, 0};
    free(old.bytes);
    must_be_right(right, old.size);
}

void heap_free(unsigned char *bytes) {
    for (size_t i = 0; i < PIECES; i++) {
        if (pieces[i].bytes == bytes) {
            let_go(&pieces[i]);
        }
    }
}

static piece *any_piece(void) {
    return &pieces[next_random() % PIECES];
}

static void renew(piece *self, size_t size) {
    let_go(self);
    self->size = size != 0 ? size : 1 + next_random() % LARGEST;
    self->bytes = malloc(self->size);
    self->first = (unsigned char)next_random();
    if (self->bytes == NULL) {
        child_end(SILENT, "malloc has no memory left");
    }
    check_apart(self);
    fill(self);
}

unsigned char *heap_new(size_t size) {
    static size_t next; /* it goes around, so that what is new stays for a while */
    piece *self = &pieces[next++ % PIECES];
    renew(self, size);
    return self->bytes;
}

static void resize(piece *self) {
    size_t size = 1 + next_random() % LARGEST;
    unsigned char *bytes = self->bytes == NULL ? NULL : realloc(self->bytes, size);
    if (bytes != NULL) {
        self->bytes = bytes;
        self->size = size < self->size ? size : self->size;
        check_piece(self);
        self->size = size;
        check_apart(self);
        fill(self);
    }
}

void heap_exercise(size_t steps) {
    for (size_t i = 0; i < steps; i++) {
        switch (next_random() % 4) {
        case 0:
            let_go(any_piece());
            break;
        case 1:
            resize(any_piece());
            break;
        default:
            renew(any_piece(), 0);
        }
    }
}
