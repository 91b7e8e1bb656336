#include "accounting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lies right in front of each piece of memory. */
typedef struct accounting_record {
    struct accounting_record *next;
    struct accounting_record *previous;
    void *raw;
    nanvm_layout layout;
} accounting_record;

enum { TAIL = 16, FRESH = 0xa5, FREED = 0xdd, GUARD = 0x5c };

/* More than any scenario needs; what is asked beyond is "out of memory". */
static const size_t largest = (size_t)1 << 28;

static atomic_size_t live_everywhere;

/* Sizes that no machine has are asked for on purpose: the sanitizers' own malloc
 * stops the program unless it is told to answer NULL, as any other does. They
 * look for these functions by name. */
NANVM_API const char *__asan_default_options(void);
NANVM_API const char *__tsan_default_options(void);

const char *__asan_default_options(void) {
    return "allocator_may_return_null=1";
}

const char *__tsan_default_options(void) {
    return "allocator_may_return_null=1";
}

static accounting_error *on_error;

void accounting_on_error(accounting_error *handler) {
    on_error = handler;
}

/* Never an assertion of cmocka's: another thread may be here. */
static void require(bool condition, const char *text) {
    if (!condition) {
        if (on_error != NULL) {
            on_error(text);
        }
        fprintf(stderr, "accounting: %s\n", text);
        abort();
    }
}

static void lock(accounting *self) {
    while (atomic_flag_test_and_set_explicit(&self->lock, memory_order_acquire)) {
    }
}

static void unlock(accounting *self) {
    atomic_flag_clear_explicit(&self->lock, memory_order_release);
}

static accounting_record *record_of(void *memory) {
    return (accounting_record *)memory - 1;
}

static unsigned char *end_of(accounting_record *record) {
    return (unsigned char *)(record + 1) + record->layout.size;
}

/* Marsaglia's xorshift, which needs no more than this. */
uint32_t next_random(uint32_t *state) {
    uint32_t x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

static bool is_chosen(const accounting *self, size_t request) {
    bool chosen = request >= self->fail_first && request <= self->fail_last;
    for (size_t i = 0; i < self->chosen_length; i++) {
        chosen |= self->chosen[i] == request;
    }
    return chosen;
}

bool accounting_serves(accounting *self, size_t size) {
    bool fails = is_chosen(self, self->requests++);
    fails |= self->random != 0 && next_random(&self->random) % self->fail_one_in == 0;
    self->failures += fails;
    return !fails && size <= largest;
}

static void link_record(accounting_record **list, accounting_record *record) {
    record->previous = NULL;
    record->next = *list;
    if (*list != NULL) {
        (*list)->previous = record;
    }
    *list = record;
}

static void unlink_record(accounting_record **list, accounting_record *record) {
    if (record->previous == NULL) {
        *list = record->next;
    } else {
        record->previous->next = record->next;
    }
    if (record->next != NULL) {
        record->next->previous = record->previous;
    }
}

static void count_in(accounting *self, accounting_record *record) {
    link_record(&self->records, record);
    self->live_blocks++;
    self->live_bytes += record->layout.size;
    atomic_fetch_add(&live_everywhere, 1);
}

static void count_out(accounting *self, accounting_record *record) {
    unlink_record(&self->records, record);
    self->live_blocks--;
    self->live_bytes -= record->layout.size;
    atomic_fetch_sub(&live_everywhere, 1);
}

static accounting_record *record_new(nanvm_layout layout) {
    char *raw = malloc(sizeof(accounting_record) + layout.align + layout.size + TAIL);
    require(raw != NULL, "the system has no memory left");
    uintptr_t start = (uintptr_t)raw + sizeof(accounting_record);
    uintptr_t memory = (start + layout.align - 1) & ~((uintptr_t)layout.align - 1);
    accounting_record *record = record_of((void *)memory);
    record->raw = raw;
    record->layout = layout;
    memset((void *)memory, FRESH, layout.size);
    memset(end_of(record), GUARD, TAIL);
    return record;
}

static void check_request(nanvm_layout layout) {
    require(nanvm_layout_is_valid(layout), "asked for an invalid layout");
    require(layout.size >= 1, "asked for no bytes");
    require(layout.align >= sizeof(void *), "asked for less than a pointer's alignment");
}

static void check_record(const accounting_record *record, nanvm_layout layout) {
    require(record->layout.size == layout.size, "given back with another size");
    require(record->layout.align == layout.align, "given back with another alignment");
    for (size_t i = 0; i < TAIL; i++) {
        require(end_of((accounting_record *)record)[i] == GUARD,
                "written beyond its end");
    }
}

/* `less` bytes are about to be given back. */
static void *alloc_instead(accounting *self, nanvm_layout layout, size_t less) {
    accounting_record *record = NULL;
    check_request(layout);
    lock(self);
    bool is_served = accounting_serves(self, layout.size);
    bool has_room = layout.size <= self->limit - (self->live_bytes - less);
    self->failures += is_served && !has_room;
    if (is_served && has_room) {
        record = record_new(layout);
        count_in(self, record);
    }
    unlock(self);
    return record == NULL ? NULL : record + 1;
}

static void *accounting_alloc(nanvm_manager *manager, nanvm_layout layout) {
    return alloc_instead((accounting *)manager, layout, 0);
}

/* Under `keeps_dead` the bytes stay, so that a test can misuse a dropped object
 * without undefined behaviour. */
static void bury(accounting *self, accounting_record *record) {
    if (self->keeps_dead) {
        link_record(&self->dead, record);
    } else {
        memset(record + 1, FREED, record->layout.size);
        free(record->raw);
    }
}

static void accounting_dealloc(nanvm_dealloc *dealloc, void *memory,
                               nanvm_layout layout) {
    accounting *self =
        (accounting *)(void *)((char *)dealloc - offsetof(accounting, dealloc));
    require(memory != NULL, "was given NULL to free");
    accounting_record *record = record_of(memory);
    lock(self);
    check_record(record, layout);
    count_out(self, record);
    bury(self, record);
    unlock(self);
}

/* Always moves, which is the hardest on its callers. */
static void *accounting_resize(nanvm_manager *manager, void *memory, nanvm_layout layout,
                               size_t size) {
    check_record(record_of(memory), layout);
    void *moved = alloc_instead((accounting *)manager,
                                nanvm_layout_make(size, layout.align), layout.size);
    if (moved != NULL) {
        memcpy(moved, memory, size < layout.size ? size : layout.size);
        accounting_dealloc(manager->dealloc, memory, layout);
    }
    return moved;
}

static size_t accounting_count(nanvm_dealloc *self, size_t *counter,
                               nanvm_ref_counter_update update) {
    (void)self;
    size_t others = *counter;
    if (update == NANVM_REF_COUNTER_ADD) {
        *counter = others + 1;
    } else if (update == NANVM_REF_COUNTER_RELEASE && others > 0) {
        *counter = others - 1;
    }
    return others;
}

void accounting_init(accounting *self, nanvm_count count) {
    memset(self, 0, sizeof(*self));
    self->manager.table = &self->manager_table;
    self->manager.dealloc = &self->dealloc;
    self->manager_table.alloc = accounting_alloc;
    self->manager_table.resize = accounting_resize;
    self->dealloc.table = &self->dealloc_table;
    self->dealloc_table.count = count;
    self->dealloc_table.dealloc = accounting_dealloc;
    if (count == NANVM_COUNT_CUSTOM) {
        self->dealloc_table.ref_counter_update = accounting_count;
    }
    atomic_flag_clear(&self->lock);
    self->limit = SIZE_MAX;
    accounting_never_fail(self);
}

void accounting_release_dead(accounting *self) {
    while (self->dead != NULL) {
        accounting_record *record = self->dead;
        self->dead = record->next;
        free(record->raw);
    }
}

void accounting_abandon(accounting *self) {
    while (self->records != NULL) {
        accounting_record *record = self->records;
        count_out(self, record);
        free(record->raw);
    }
    accounting_release_dead(self);
}

void accounting_limit(accounting *self, size_t bytes) {
    require(bytes >= self->live_bytes, "more is alive already");
    self->limit = bytes;
}

void accounting_fail_once(accounting *self, size_t n) {
    self->fail_first = self->requests + n;
    self->fail_last = self->fail_first;
}

void accounting_fail_from(accounting *self, size_t n) {
    self->fail_first = self->requests + n;
    self->fail_last = SIZE_MAX;
}

void accounting_fail_each(accounting *self, const size_t *requests, size_t length) {
    require(length <= ACCOUNTING_CHOSEN, "too many requests are to fail");
    for (size_t i = 0; i < length; i++) {
        self->chosen[i] = self->requests + requests[i];
    }
    self->chosen_length = length;
}

void accounting_fail_at_random(accounting *self, uint32_t seed, uint32_t n) {
    self->random = seed;
    self->fail_one_in = n;
}

void accounting_never_fail(accounting *self) {
    self->random = 0;
    self->chosen_length = 0;
    self->fail_first = SIZE_MAX;
    self->fail_last = 0;
}

void accounting_each(const accounting *self, accounting_visitor *visitor, void *context) {
    for (accounting_record *it = self->records; it != NULL; it = it->next) {
        visitor(it + 1, it->layout.size, context);
    }
}

size_t accounting_live_everywhere(void) {
    return atomic_load(&live_everywhere);
}
