/* A cell by hand: a mutex around a reference, and an atomic count. */
#include "cell.h"
#include "counted_atomic.h"

#include <pthread.h>

typedef struct cell_counted {
    counted_word count;
    struct cell_object object;
} cell_counted;

static pthread_mutex_t cell_mutex = PTHREAD_MUTEX_INITIALIZER;
static cell_counted *cell_held;

static inline cell_counted *cell_new(uint64_t word) {
    cell_counted *self = (cell_counted *)malloc(sizeof(*self));
    if (self == NULL) {
        bench_fail("out of memory");
    }
    counted_init(&self->count);
    self->object.word = word;
    self->object.other = word;
    return self;
}

static inline void cell_drop(cell_counted *self) {
    if (counted_release(&self->count)) {
        free(self);
    }
}

static inline void cell_open(uint64_t word) {
    cell_held = cell_new(word);
}

static inline void cell_close(void) {
    cell_drop(cell_held);
}

static inline uint64_t cell_load(void) {
    (void)pthread_mutex_lock(&cell_mutex);
    cell_counted *self = cell_held;
    counted_add(&self->count);
    (void)pthread_mutex_unlock(&cell_mutex);
    uint64_t word = self->object.word;
    cell_drop(self);
    return word;
}

static inline void cell_store(uint64_t word) {
    cell_counted *self = cell_new(word);
    (void)pthread_mutex_lock(&cell_mutex);
    cell_counted *before = cell_held;
    cell_held = self;
    (void)pthread_mutex_unlock(&cell_mutex);
    cell_drop(before);
}
