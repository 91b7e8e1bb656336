/* Threads that clone, drop, take, copy and hand on references as fast as they can, for
 * ThreadSanitizer to watch:
 *
 *   stress OPERATIONS SECONDS [THREADS]
 *
 * until there were so many operations, or it took so long (0: however long). Prints
 * how many operations on references there were. Every object says what it must contain;
 * whoever changes one has it alone. */
#include <nanvm/mem.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MOST_THREADS = 16, SLOTS = 8, BOXES = 8, DEPTH = 4, ROUND = 200000 };

static void check(bool condition, const char *what) {
    if (!condition) {
        (void)fprintf(stderr, "stress: %s\n", what);
        abort();
    }
}

/* --- objects: a number, its complement, and a reference to another --------- */

typedef struct item {
    size_t value;
    size_t complement;
    size_t depth; /* how many follow */
    nanvm_ref next;
} item;

NANVM_TYPE_REFS(item_type, item, next);
NANVM_TYPED(item, item, item_type);

static void check_content(const item *self) {
    check(self->value == ~self->complement, "an object's content is torn");
}

static void change(item *self, size_t value) {
    check_content(self);
    self->value = value;
    self->complement = ~value;
}

/* --- two managers that count atomically ------------------------------------ */

static atomic_size_t live; /* blocks of one of them */

static void *own_alloc(nanvm_manager *self, nanvm_layout layout) {
    (void)self;
    (void)atomic_fetch_add_explicit(&live, 1, memory_order_relaxed); /* orders nothing */
    return malloc(layout.size);
}

static void own_dealloc(nanvm_dealloc *self, void *memory, nanvm_layout layout) {
    (void)self;
    (void)layout;
    (void)atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
    free(memory);
}

static const nanvm_dealloc_table own_dealloc_table = {.count = NANVM_COUNT_ATOMIC,
                                                      .dealloc = own_dealloc};
static nanvm_dealloc own_dealloc_state = {&own_dealloc_table};
static const nanvm_manager_table own_table = {own_alloc, NULL, NULL, NULL, NULL};
static nanvm_manager own_manager = {&own_table, &own_dealloc_state, 0, NULL};

/* --- what threads share ---------------------------------------------------------------
 */

/* References that wait for whoever takes them. */
static _Atomic(const void *) boxes[BOXES];

/* An object whose count is next to its limit, for all threads at once. */
static nanvm_ref limited;

static atomic_size_t done; /* operations of all threads */
static size_t most_operations;
static time_t most_seconds;
static time_t began;
static bool enough; /* written by one thread while the others wait */
static pthread_barrier_t barrier;

/* --- a thread -------------------------------------------------------------- */

typedef struct worker {
    item_ref slots[SLOTS];
    size_t operations;
    uint64_t random;
} worker;

static size_t pick(worker *self, size_t limit) {
    self->random ^= self->random << 13;
    self->random ^= self->random >> 7;
    self->random ^= self->random << 17;
    return (size_t)(self->random >> 33) % limit;
}

static nanvm_manager *pick_manager(worker *self) {
    return pick(self, 2) == 0 ? nanvm_global() : &own_manager;
}

static item_ref *pick_slot(worker *self) {
    return &self->slots[pick(self, SLOTS)];
}

static item_mut_ref new_item(worker *self) {
    size_t value = pick(self, SIZE_MAX);
    item content = {value, ~value, 0, {NULL}};
    item_mut_ref made = item_new_copy(pick_manager(self), &content);
    check(item_mut_ref_get(made) != NULL, "there is no memory");
    ++self->operations;
    return made;
}

static void put(worker *self, item_ref *slot, item_ref ref) {
    item_ref_drop(item_ref_move(slot));
    *slot = ref;
    ++self->operations;
}

static item_ref clone(worker *self, item_ref ref) {
    ++self->operations;
    return item_ref_clone(ref);
}

static void do_create(worker *self) {
    put(self, pick_slot(self), item_mut_ref_to_ref(new_item(self)));
}

static void do_clone(worker *self) {
    put(self, pick_slot(self), clone(self, *pick_slot(self)));
}

static void do_read(worker *self) {
    item_ref copy = clone(self, *pick_slot(self));
    const item *content = item_ref_get(copy);
    if (content != NULL) {
        check_content(content);
    }
    item_ref_drop(copy);
    ++self->operations;
}

/* A new object in front of another. */
static void do_link(worker *self) {
    item_ref next = clone(self, *pick_slot(self));
    const item *content = item_ref_get(next);
    item_mut_ref made = new_item(self);
    if (content == NULL || content->depth == DEPTH) {
        item_ref_drop(next);
        ++self->operations;
    } else {
        item_mut_ref_get(made)->depth = content->depth + 1;
        item_mut_ref_get(made)->next = next.untyped;
    }
    put(self, pick_slot(self), item_mut_ref_to_ref(made));
}

static void do_take(worker *self) {
    item_ref *slot = pick_slot(self);
    item_mut_ref taken;
    ++self->operations;
    if (item_ref_try_to_mut_ref(slot, &taken)) {
        change(item_mut_ref_get(taken), pick(self, SIZE_MAX));
        if (pick(self, 4) == 0) {
            item_mut_ref_drop(taken);
            ++self->operations;
        } else {
            *slot = item_mut_ref_to_ref(taken);
        }
    }
}

static void do_to_mut(worker *self) {
    item_ref *slot = pick_slot(self);
    if (item_ref_get(*slot) != NULL) {
        item_mut_ref taken = item_ref_to_mut_ref(slot, pick_manager(self));
        check(item_mut_ref_get(taken) != NULL, "there is no memory");
        change(item_mut_ref_get(taken), pick(self, SIZE_MAX));
        *slot = item_mut_ref_to_ref(taken);
        ++self->operations;
    }
}

static void do_make_mut(worker *self) {
    item_ref *slot = pick_slot(self);
    if (item_ref_get(*slot) != NULL) {
        item *content = item_ref_make_mut(slot, pick_manager(self));
        check(content != NULL, "there is no memory");
        change(content, pick(self, SIZE_MAX));
        ++self->operations;
    }
}

/* What was in the box goes to the slot, and the other way round. */
static void do_hand_on(worker *self) {
    item_ref *slot = pick_slot(self);
    const void *mine = slot->untyped.object;
    slot->untyped.object = atomic_exchange(&boxes[pick(self, BOXES)], mine);
}

static void do_count(worker *self) {
    (void)item_ref_count(*pick_slot(self));
    ++self->operations;
}

/* Far more often than there is room for: the object lives. */
static void do_limited(worker *self) {
    item_ref copy = {nanvm_ref_clone(limited)};
    item_mut_ref taken;
    check_content(item_ref_get(copy));
    check(!item_ref_try_to_mut_ref(&copy, &taken), "a shared object was taken");
    if (pick(self, 2) == 0) {
        item_ref_drop(copy);
    }
    self->operations += 3;
}

static void do_one(worker *self) {
    static void (*const all[])(worker *) = {
        do_create,  do_clone,   do_clone, do_clone,  do_read,     do_read,
        do_link,    do_take,    do_take,  do_to_mut, do_make_mut, do_hand_on,
        do_hand_on, do_hand_on, do_count, do_limited};
    all[pick(self, sizeof(all) / sizeof(all[0]))](self);
}

/* --- rounds: each has its own object near the limit ------------------------ */

enum { ROOM = 100 };

static void begin_round(worker *self) {
    limited = item_mut_ref_to_ref(new_item(self)).untyped;
    nanvm_block_set_count(limited.object, NANVM_COUNT_ATOMIC_LAST + ROOM);
}

/* Now there is nobody else. */
static void end_round(worker *self) {
    (void)self;
    check(nanvm_ref_count(limited) == SIZE_MAX, "the count doesn't stick");
    nanvm_block_set_count(limited.object, NANVM_COUNT_ATOMIC);
    nanvm_ref_drop(limited);
    enough = atomic_load(&done) >= most_operations ||
             (most_seconds != 0 && time(NULL) - began >= most_seconds);
}

/* Waits for all threads; one of them does `task` before they go on. */
static void meet(worker *self, void (*task)(worker *)) {
    if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) {
        task(self);
    }
    (void)pthread_barrier_wait(&barrier);
}

static void *work(void *context) {
    worker *self = context;
    while (!enough) {
        meet(self, begin_round);
        for (size_t i = 0; i < ROUND; ++i) {
            do_one(self);
        }
        atomic_fetch_add(&done, self->operations);
        self->operations = 0;
        meet(self, end_round);
    }
    for (size_t i = 0; i < SLOTS; ++i) {
        item_ref_cleanup(&self->slots[i]);
    }
    return NULL;
}

static void empty_boxes(void) {
    for (size_t i = 0; i < BOXES; ++i) {
        nanvm_ref ref = {atomic_load(&boxes[i])};
        nanvm_ref_drop(ref);
    }
}

static void run(size_t threads) {
    static worker workers[MOST_THREADS];
    pthread_t running[MOST_THREADS];
    check(pthread_barrier_init(&barrier, NULL, (unsigned)threads) == 0, "no barrier");
    for (size_t i = 0; i < threads; ++i) {
        workers[i].random = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
        check(pthread_create(&running[i], NULL, work, &workers[i]) == 0, "no thread");
    }
    for (size_t i = 0; i < threads; ++i) {
        check(pthread_join(running[i], NULL) == 0, "no end of a thread");
    }
    empty_boxes();
    check(atomic_load(&live) == 0, "something was left");
}

int main(int argc, char **argv) {
    size_t threads = argc > 3 ? strtoul(argv[3], NULL, 10) : 4;
    if (argc < 3 || threads == 0 || threads > MOST_THREADS) {
        (void)fprintf(stderr, "usage: stress OPERATIONS SECONDS [THREADS]\n");
        return 64;
    }
    most_operations = strtoul(argv[1], NULL, 10);
    most_seconds = strtol(argv[2], NULL, 10);
    began = time(NULL);
    run(threads);
    printf("operations %zu\nseconds %ld\n", atomic_load(&done),
           (long)(time(NULL) - began));
    return 0;
}
