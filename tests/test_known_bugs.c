/* What went wrong in other libraries, tried on this one. Each part says what happened
 * there and where to read of it, how that would look here, and what is expected instead.
 * The step `bugs` of `./run verify` runs exactly these tests, under sanitizers. */
#include <sched.h>
#include <signal.h>

#include <stdatomic.h>

#include "misuse.h"
#include "run.h"
#include "stage.h"
#include "thread.h"

enum { THREADS = 4 };

static const nanvm_count counting[] = {NANVM_COUNT_PLAIN, NANVM_COUNT_ATOMIC,
                                       NANVM_COUNT_CUSTOM};
enum { COUNTING = sizeof(counting) / sizeof(counting[0]) };

static void drop_ref(void *context) {
    nanvm_ref_drop(nanvm_ref_move(context));
}

static nanvm_ref new_ref(nanvm_manager *manager, size_t value) {
    return nanvm_mut_ref_to_ref(tracked_new(manager, value));
}

static nanvm_ref node_of(nanvm_manager *manager, nanvm_ref left, nanvm_ref right) {
    struct node value = {left, 7, right};
    return nanvm_mut_ref_to_ref(nanvm_new_copy(manager, &node_type, &value));
}

static size_t value_of(nanvm_ref tracked) {
    return ((const struct tracked *)nanvm_ref_get(tracked))->value;
}

static void set_count(nanvm_ref ref, int32_t count) {
    nanvm_block_set_count(ref.object, count);
}

/* --- a counter that a leak on an error path makes overflow ---
 *
 * Linux, CVE-2016-0728. A process that joined the session keyring it had already left
 * join_session_keyring() by an error path, which didn't give back the reference that the
 * search for the name had taken. The counter had 32 bits and nothing stopped it at the
 * top: after 2^32 such calls it was 0, and the keyring was freed while it was in use.
 *
 * Here: an operation that fails half-way and keeps a reference, or a program that does
 * so, until the count wraps. Expected: what fails leaves every count as it was; and a
 * count that comes near its limit stays there, and its object lives. */

static bool give_up(void *object, size_t length, void *context) {
    ((nanvm_ref *)object)[0] = nanvm_ref_clone(*(nanvm_ref *)context);
    ((nanvm_ref *)object)[length - 1] = nanvm_ref_clone(*(nanvm_ref *)context);
    return false;
}

static void fail_in_every_way(nanvm_ref *leaf, nanvm_ref *node, nanvm_manager *manager) {
    struct node value = {*leaf, 1, *leaf};
    assert_null(nanvm_new_copy(manager, &node_type, &value).object);
    assert_null(nanvm_new_array(manager, &refs_type, leaf, 1).object);
    assert_null(nanvm_new_with(manager, &refs_type, 3, give_up, leaf).object);
    assert_null(nanvm_ref_clone_object(*node, manager).object);
    assert_null(nanvm_ref_to_mut_ref(node, manager).object);
    assert_null(nanvm_ref_make_mut(node, manager));
}

static void fail_often(accounting *source) {
    nanvm_manager *manager = &source->manager;
    nanvm_ref leaf = new_ref(manager, 3);
    nanvm_ref node = node_of(manager, nanvm_ref_clone(leaf), nanvm_ref_clone(leaf));
    nanvm_ref second = nanvm_ref_clone(node);
    for (size_t i = 0; i < 100; i++) {
        accounting_fail_from(source, 0);
        fail_in_every_way(&leaf, &node, manager);
        accounting_never_fail(source);
        assert_null(nanvm_new_with(manager, &refs_type, 3, give_up, &leaf).object);
        assert_int_equal(nanvm_ref_count(leaf), 2);
        assert_int_equal(nanvm_ref_count(node), 1);
    }
    nanvm_ref_drop(second);
    nanvm_ref_drop(node);
    nanvm_ref_drop(leaf);
}

static void test_failure_keeps_no_reference(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNTING; i++) {
        accounting source;
        accounting_init(&source, counting[i]);
        fail_often(&source);
        accounting_deinit(&source);
    }
}

/* Leaks references from `limit` on, far more than are left, and drops as many. */
static void leak_beyond(nanvm_manager *manager, int32_t limit, int32_t sole) {
    nanvm_ref ref = new_ref(manager, 5);
    set_count(ref, limit);
    for (size_t i = 0; i < 1000; i++) {
        nanvm_ref leaked = nanvm_ref_clone(ref);
        assert_true(nanvm_ref_count(leaked) > 1000);
    }
    assert_int_equal(nanvm_ref_count(ref), SIZE_MAX);
    for (size_t i = 0; i < 2000; i++) {
        nanvm_ref_drop(ref);
    }
    assert_int_equal(tracked_live(), 1);
    assert_int_equal(value_of(ref), 5);
    set_count(ref, sole);
    nanvm_ref_drop(ref);
}

enum { NEAR_PLAIN = INT32_MAX - 9, NEAR_ATOMIC = -0x40000000 + 9 };

static void test_leaked_references_can_not_wrap_a_count(void **state) {
    fixture *self = *state;
    accounting source;
    accounting_init(&source, NANVM_COUNT_ATOMIC);
    leak_beyond(&source.manager, NEAR_ATOMIC, NANVM_COUNT_ATOMIC);
    accounting_deinit(&source);
    leak_beyond(nanvm_global(), NEAR_ATOMIC, NANVM_COUNT_ATOMIC);
    accounting_init(&source, NANVM_COUNT_PLAIN);
    leak_beyond(&source.manager, NEAR_PLAIN, NANVM_COUNT_PLAIN);
    accounting_deinit(&source);
    leak_beyond(self->manager, NEAR_PLAIN, NANVM_COUNT_PLAIN);
}

static void leak_and_drop(void *context) {
    nanvm_ref ref = *(nanvm_ref *)context;
    for (size_t i = 0; i < 2000; i++) {
        nanvm_ref leaked = nanvm_ref_clone(ref);
        (void)leaked;
    }
    for (size_t i = 0; i < 4000; i++) {
        nanvm_ref_drop(ref);
    }
}

static void test_threads_can_not_wrap_a_count_together(void **state) {
    (void)state;
    needs_threads();
    nanvm_ref ref = new_ref(nanvm_global(), 6);
    set_count(ref, NEAR_ATOMIC);
    in_threads(leak_and_drop, THREADS, &ref, 0);
    assert_int_equal(nanvm_ref_count(ref), SIZE_MAX);
    assert_int_equal(tracked_live(), 1);
    set_count(ref, NANVM_COUNT_ATOMIC);
    nanvm_ref_drop(ref);
}

/* --- an immortal count that drops take out of immortality ---
 *
 * CPython, issue 125174. Immortal was an object whose count lay above a threshold. An
 * extension built for the stable ABI of Python 3.11 or older counts down without a look;
 * enough of that, and the count was below: a permanent object was one that could be
 * freed. Since then immortality sticks: an incref keeps to it longer than a decref does.
 *
 * Here: a count that has stuck, or that says "not counted", and gets more drops than
 * clones. Expected: its word isn't written at all, whatever is dropped. */

static void drop_more_than_clone(nanvm_ref ref) {
    int32_t count = nanvm_block_count(ref.object);
    nanvm_mut_ref out;
    for (size_t i = 0; i < scaled(1000000); i++) {
        nanvm_ref_drop(ref);
        ref = i % 3 == 0 ? nanvm_ref_clone(ref) : ref;
    }
    assert_int_equal(nanvm_block_count(ref.object), count);
    assert_int_equal(nanvm_ref_count(ref), SIZE_MAX);
    assert_false(nanvm_ref_try_to_mut_ref(&ref, &out));
}

static void expect_stuck_for_ever(nanvm_manager *manager, int32_t limit, int32_t sole) {
    nanvm_ref ref = new_ref(manager, 8);
    set_count(ref, limit);
    while (nanvm_ref_count(ref) != SIZE_MAX) {
        ref = nanvm_ref_clone(ref);
    }
    drop_more_than_clone(ref);
    assert_int_equal(tracked_live(), 1);
    set_count(ref, sole);
    nanvm_ref_drop(ref);
}

static void expect_uncounted_for_ever(nanvm_manager *manager) {
    drop_more_than_clone(nanvm_mut_ref_to_ref(nanvm_new(manager, &point_type)));
}

static void test_stuck_count_stays_stuck_whatever_is_dropped(void **state) {
    (void)state;
    expect_stuck_for_ever(nanvm_global(), NEAR_ATOMIC, NANVM_COUNT_ATOMIC);
    accounting source;
    accounting_init(&source, NANVM_COUNT_PLAIN);
    expect_stuck_for_ever(&source.manager, NEAR_PLAIN, NANVM_COUNT_PLAIN);
    accounting_deinit(&source);
    accounting_init(&source, NANVM_COUNT_NONE);
    expect_uncounted_for_ever(&source.manager);
    accounting_deinit(&source);
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, nanvm_global());
    expect_uncounted_for_ever(nanvm_arena_manager(&arena));
    nanvm_arena_deinit(&arena);
}

/* --- a relaxed load before exclusive access is granted ---
 *
 * Rust, rust-lang/rust issue 51780. Arc::get_mut() found out that it was alone by a load
 * that didn't synchronise with the release in drop: what the new sole owner wrote raced
 * with what the former owners had read and written.
 *
 * Here: any of the ways to become the sole owner, or to end the object. Expected: what
 * the others did happened before. ThreadSanitizer sees it if it didn't. */

/* Waits till it is alone, and writes; whether everything was as it should be. */
typedef bool taking(nanvm_ref *self);

typedef struct heir {
    nanvm_ref ref;
    taking *take; /* `NULL` for those who read, and drop. */
    size_t errors;
} heir;

static void wait_till_alone(nanvm_ref ref) {
    while (nanvm_ref_count(ref) != 0) {
        sched_yield();
    }
}

static bool write_point(struct point *point) {
    point->x += 1;
    point->y = 4;
    return point->x == 1;
}

static bool take_by_try(nanvm_ref *self) {
    nanvm_mut_ref own;
    while (!nanvm_ref_try_to_mut_ref(self, &own)) {
        sched_yield();
    }
    bool right = write_point(nanvm_mut_ref_get(own));
    nanvm_mut_ref_drop(own);
    return right;
}

static bool take_by_to_mut_ref(nanvm_ref *self) {
    const void *object = self->object;
    wait_till_alone(*self);
    nanvm_mut_ref own = nanvm_ref_to_mut_ref(self, nanvm_global());
    bool right = own.object == object && write_point(nanvm_mut_ref_get(own));
    nanvm_mut_ref_drop(own);
    return right;
}

static bool take_by_make_mut(nanvm_ref *self) {
    const void *object = self->object;
    wait_till_alone(*self);
    struct point *point = nanvm_ref_make_mut(self, nanvm_global());
    bool right = point == object && write_point(point);
    nanvm_ref_drop(nanvm_ref_move(self));
    return right;
}

/* Its memory is written by whoever has it next. */
static bool take_by_drop(nanvm_ref *self) {
    wait_till_alone(*self);
    nanvm_ref_drop(nanvm_ref_move(self));
    return true;
}

static void read_or_take(void *context) {
    heir *self = context;
    if (self->take != NULL) {
        self->errors += !self->take(&self->ref);
        return;
    }
    const struct point *point = nanvm_ref_get(self->ref);
    self->errors += point->x != 0 || point->y != 0;
    nanvm_ref_drop(nanvm_ref_move(&self->ref));
}

static void hand_over(taking *take) {
    for (size_t i = 0; i < scaled(2000) + 10; i++) {
        heir heirs[3] = {{.take = take}};
        heirs[0].ref = nanvm_mut_ref_to_ref(nanvm_new(nanvm_global(), &point_type));
        heirs[1].ref = nanvm_ref_clone(heirs[0].ref);
        heirs[2].ref = nanvm_ref_clone(heirs[0].ref);
        in_threads(read_or_take, 3, heirs, sizeof(heirs[0]));
        assert_int_equal(heirs[0].errors + heirs[1].errors + heirs[2].errors, 0);
    }
}

static void test_threads_hand_exclusive_access_over_without_a_race(void **state) {
    (void)state;
    hand_over(take_by_try);
    hand_over(take_by_to_mut_ref);
    hand_over(take_by_make_mut);
    hand_over(take_by_drop);
}

/* --- an object without owners that gets one again ---
 *
 * Rust, crate internment, RUSTSEC-2020-0017. ArcIntern::drop() counted down to 0 first
 * and took the lock of the table afterwards. In between another thread found the value
 * in the table and counted it from 0 to 1; then it was freed, and that thread had a
 * reference to nothing.
 *
 * Here: a reference made from an object whose end has begun, by its own `drop`; and a
 * table that shares what it holds. Expected: from the end on the count is a value of its
 * own, with which every use of a reference is reported; and a table has references as
 * anybody has, and forgets only what it alone refers to. */

typedef void misusing(nanvm_ref self);

static misusing *use_in_drop;

static void phoenix_drop(void *object, size_t length) {
    nanvm_ref self = {object};
    (void)length;
    use_in_drop(self);
}

NANVM_TYPE_CALLBACKS(phoenix_type, struct tracked, NULL, phoenix_drop, NULL);

static void revive_by_clone(nanvm_ref self) {
    nanvm_ref revived = nanvm_ref_clone(self);
    (void)revived;
}

static void revive_by_take(nanvm_ref self) {
    nanvm_mut_ref revived;
    (void)!nanvm_ref_try_to_mut_ref(&self, &revived);
}

static void drop_again(nanvm_ref self) {
    nanvm_ref_drop(self);
}

static void end_phoenix(void *manager) {
    nanvm_mut_ref_drop(nanvm_new(manager, &phoenix_type));
}

static void expect_reported(nanvm_manager *manager) {
    misusing *const uses[] = {revive_by_clone, revive_by_take, drop_again};
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        char output[4096];
        use_in_drop = uses[i];
        int signal = run_in_child(end_phoenix, manager, output, sizeof(output));
        assert_int_equal(signal, SIGABRT);
        assert_non_null(strstr(output, "nanvm_mem: "));
    }
}

static void test_object_whose_end_has_begun_can_not_be_revived(void **state) {
    fixture *self = *state;
    expect_reported(nanvm_global());
    expect_reported(self->manager);
    nanvm_local_deinit(&self->local);
    for (size_t i = 0; i < COUNTING; i++) {
        accounting source;
        accounting_init(&source, counting[i]);
        expect_reported(&source.manager);
        accounting_deinit(&source);
    }
}

enum { KEYS = 8 };

static struct {
    atomic_flag lock;
    nanvm_ref entries[KEYS];
} table;

static void lock_table(void) {
    while (atomic_flag_test_and_set_explicit(&table.lock, memory_order_acquire)) {
        sched_yield();
    }
}

static void unlock_table(void) {
    atomic_flag_clear_explicit(&table.lock, memory_order_release);
}

static nanvm_ref intern(size_t key) {
    lock_table();
    if (table.entries[key].object == NULL) {
        table.entries[key] = new_ref(nanvm_global(), key);
    }
    nanvm_ref found = nanvm_ref_clone(table.entries[key]);
    unlock_table();
    return found;
}

static void forget_unused(void) {
    lock_table();
    for (size_t key = 0; key < KEYS; key++) {
        nanvm_mut_ref sole;
        if (nanvm_ref_try_to_mut_ref(&table.entries[key], &sole)) {
            nanvm_mut_ref_drop(sole);
        }
    }
    unlock_table();
}

static void use_table(void *context) {
    size_t *errors = context;
    for (size_t i = 0; i < scaled(40000); i++) {
        size_t key = i * 7 % KEYS;
        nanvm_ref found = intern(key);
        if (i % 3 == 0) {
            forget_unused();
        }
        *errors += value_of(found) != key;
        nanvm_ref_drop(found);
    }
}

static void test_threads_share_a_table_that_forgets_what_is_unused(void **state) {
    (void)state;
    size_t errors[THREADS] = {0};
    atomic_flag_clear(&table.lock);
    in_threads(use_table, THREADS, errors, sizeof(errors[0]));
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(errors[i], 0);
    }
    forget_unused();
    assert_int_equal(tracked_live(), 0);
}

/* --- use after free, but only when memory runs out ---
 *
 * Expat, CVE-2022-43680 (libexpat issue 649). A parser for an external entity shares the
 * DTD of its parent. When an allocation failed before the new parser was marked as one
 * that shares, the clean-up took the DTD for its own and freed it under the parent.
 *
 * Here: an object that shares something, and whose making fails after that. Expected: the
 * clean-up drops the references that were made and no other, whichever request failed. */

struct sharing {
    nanvm_manager *manager;
    nanvm_ref shared;
};

static bool share_then_allocate(void *object, size_t length, void *context) {
    struct sharing *self = context;
    nanvm_ref *items = object;
    for (size_t i = 0; i < length; i += 2) {
        items[i] = nanvm_ref_clone(self->shared);
        items[i + 1] = new_ref(self->manager, i);
        if (items[i + 1].object == NULL) {
            return false;
        }
    }
    return true;
}

static void expect_shared_by(const struct sharing *self, const stage *on, size_t others) {
    if (on->counts) {
        assert_int_equal(nanvm_ref_count(self->shared), others);
    }
    assert_int_equal(value_of(self->shared), 21);
}

static bool make_child(const stage *on, struct sharing *self, nanvm_ref parent) {
    nanvm_mut_ref child =
        nanvm_new_with(on->manager, &refs_type, 6, share_then_allocate, self);
    size_t others = child.object != NULL ? 4 : 1;
    expect_shared_by(self, on, others);
    nanvm_mut_ref copy = nanvm_ref_clone_object(parent, on->manager);
    expect_shared_by(self, on, others + (copy.object != NULL));
    bool made = child.object != NULL && copy.object != NULL;
    nanvm_mut_ref_drop(copy);
    nanvm_mut_ref_drop(child);
    expect_shared_by(self, on, 1);
    return made;
}

static bool share_with_children(const stage *on) {
    struct sharing self = {on->manager, new_ref(on->manager, 21)};
    if (self.shared.object == NULL) {
        return false;
    }
    struct node value = {nanvm_ref_clone(self.shared), 0, null_ref()};
    nanvm_mut_ref made = nanvm_new_copy(on->manager, &node_type, &value);
    nanvm_ref parent = nanvm_mut_ref_to_ref(made);
    bool done = made.object != NULL && make_child(on, &self, parent);
    nanvm_ref_drop(made.object == NULL ? value.left : parent);
    expect_shared_by(&self, on, 0);
    nanvm_ref_drop(self.shared);
    return done;
}

static void test_clean_up_without_memory_frees_nothing_that_is_shared(void **state) {
    (void)state;
    on_every_manager(share_with_children);
}

/* --- free from inside a handler ---
 *
 * Expat, CVE-2026-50219 (libexpat pull request 1246). A handler that freed, or reset, the
 * parser that was just calling it took away the state that the parser went on with.
 *
 * Here: a `drop` that ends the manager its object is in, resets its arena, or drops what
 * is being dropped around it; a leak report that ends its manager. Expected: what is
 * under way goes on with what is still valid, and all of it ends, once. */

static struct {
    nanvm_local *local;
    nanvm_arena *arena;
    nanvm_ref others[4];
    size_t calls;
} handler;

static void end_local_again(void *context, const nanvm_type *type, size_t blocks,
                            size_t bytes) {
    (void)context;
    (void)type;
    (void)blocks;
    (void)bytes;
    if (handler.local != NULL) {
        nanvm_local_deinit(handler.local);
    }
}

static void rude_drop(void *object, size_t length) {
    (void)object;
    (void)length;
    nanvm_ref_drop(nanvm_ref_move(&handler.others[handler.calls++ % 4]));
    if (handler.local != NULL) {
        (void)nanvm_local_trim(handler.local);
        nanvm_local_deinit(handler.local);
    }
    if (handler.arena != NULL) {
        nanvm_arena_reset(handler.arena);
    }
}

static const size_t rude_refs[] = {offsetof(struct node, left),
                                   offsetof(struct node, right)};
static const nanvm_type rude_type = {.name = "rude",
                                     .size = sizeof(struct node),
                                     .align = _Alignof(struct node),
                                     .refs = rude_refs,
                                     .refs_length = 2,
                                     .drop = rude_drop};

/* 2^(depth + 1) - 1 rude ones, among others. */
static nanvm_ref rude_tree(nanvm_manager *manager, size_t depth) {
    struct node value = {new_ref(manager, depth), depth, null_ref()};
    if (depth > 0) {
        value.left = node_of(manager, value.left, rude_tree(manager, depth - 1));
        value.right = rude_tree(manager, depth - 1);
    }
    return nanvm_mut_ref_to_ref(nanvm_new_copy(manager, &rude_type, &value));
}

static void end_manager_from_drop(accounting *source) {
    nanvm_local local;
    nanvm_local_init_from(&local, &source->manager);
    nanvm_local_on_leak(&local, end_local_again, NULL);
    nanvm_manager *manager = nanvm_local_manager(&local);
    memset(&handler, 0, sizeof(handler));
    nanvm_ref tree = rude_tree(manager, 5);
    for (size_t i = 0; i < 4; i++) {
        handler.others[i] = rude_tree(manager, 3);
    }
    handler.local = &local;
    nanvm_ref_drop(tree);
    assert_int_equal(handler.calls, 63 + 4 * 15);
    nanvm_local_deinit(&local);
    handler.local = NULL;
}

static void test_drop_may_end_the_manager_it_is_called_for(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNTING; i++) {
        accounting source;
        accounting_init(&source, counting[i]);
        end_manager_from_drop(&source);
        accounting_deinit(&source);
        assert_int_equal(tracked_live(), 0);
    }
}

static void test_drop_may_reset_the_arena_it_is_called_for(void **state) {
    fixture *self = *state;
    memset(&handler, 0, sizeof(handler));
    handler.arena = &self->arena;
    for (size_t round = 1; round <= 3; round++) {
        assert_non_null(rude_tree(self->manager, 6).object);
        handler.others[1] = new_ref(&self->source.manager, 1);
        nanvm_arena_reset(&self->arena);
        assert_int_equal(tracked_live(), 0);
        assert_int_equal(handler.calls, 127 * round);
    }
    handler.arena = NULL;
}

/* --- a destructor that runs before the state is committed ---
 *
 * Rust, crate sized-chunks, RUSTSEC-2020-0041. Chunk's clone() and insert_from() set the
 * bounds of a chunk before its items were there: when making an item panicked, the
 * destructor ran over items that had never been written. (The same crate, up to 0.7.0,
 * drops items before it takes them out of its bounds: they can be dropped twice.)
 *
 * Here: an object whose construction or clone gives up after some of its items; and an
 * array that is cut, whose items' `drop` looks at it. Expected: what was written is
 * dropped once, what wasn't never; no `drop` for an object that didn't come to be; and an
 * array that has its new length before anything is dropped. */

struct half {
    nanvm_manager *manager;
    size_t stop;
};

static bool stop_half_way(void *object, size_t length, void *context) {
    struct half *self = context;
    nanvm_ref *items = object;
    for (size_t i = 0; i < length && i < self->stop; i++) {
        items[i] = new_ref(self->manager, i);
        if (items[i].object == NULL) {
            return false;
        }
    }
    return self->stop >= length;
}

/* Its `drop` would say that a tracked object has ended. */
static bool refuse_at_once(void *object, size_t length, void *context) {
    (void)length;
    (void)context;
    ((struct tracked *)object)->value = 5;
    return false;
}

static bool stop_at(const stage *on, size_t stop, size_t length) {
    struct half half = {on->manager, stop};
    size_t before = tracked_live();
    nanvm_mut_ref made =
        nanvm_new_with(on->manager, &refs_type, length, stop_half_way, &half);
    bool done = made.object != NULL;
    if (on->counts) {
        assert_int_equal(tracked_live() - before, done ? length : 0);
    }
    nanvm_mut_ref_drop(made);
    before = tracked_live();
    made = nanvm_new_with(on->manager, &tracked_type, 0, refuse_at_once, NULL);
    assert_null(made.object);
    assert_int_equal(tracked_live(), before);
    return done || stop < length;
}

static bool stop_at_every_item(const stage *on) {
    bool done = true;
    for (size_t stop = 0; stop <= 5; stop++) {
        done = stop_at(on, stop, 5) && done;
    }
    return done;
}

static void test_construction_that_stops_drops_what_was_written_once(void **state) {
    (void)state;
    on_every_manager(stop_at_every_item);
}

/* `drop` and `clone` of an array of references; the clone refuses. */
static size_t batch_drops;

static void batch_drop(void *object, size_t length) {
    (void)object;
    (void)length;
    batch_drops++;
}

static bool batch_refuse(void *copy, const void *source, size_t length) {
    (void)copy;
    (void)source;
    (void)length;
    return false;
}

static const size_t batch_item_refs[] = {0};
static const nanvm_type batch_type = {.name = "batch",
                                      .align = _Alignof(nanvm_ref),
                                      .item_size = sizeof(nanvm_ref),
                                      .item_refs = batch_item_refs,
                                      .item_refs_length = 1,
                                      .drop = batch_drop,
                                      .clone = batch_refuse};

static void expect_refusal(nanvm_ref batch, nanvm_ref leaf, nanvm_manager *manager) {
    size_t others = nanvm_ref_count(leaf);
    nanvm_ref second = nanvm_ref_clone(batch);
    batch_drops = 0;
    assert_null(nanvm_ref_clone_object(batch, manager).object);
    assert_null(nanvm_ref_to_mut_ref(&second, manager).object);
    assert_null(nanvm_ref_make_mut(&second, manager));
    assert_ptr_equal(second.object, batch.object);
    assert_int_equal(batch_drops, 0);
    assert_int_equal(nanvm_ref_count(leaf), others);
    nanvm_ref_drop(second);
}

static bool refuse_to_clone(const stage *on) {
    nanvm_ref leaf = new_ref(on->manager, 1);
    if (leaf.object == NULL) {
        return false;
    }
    nanvm_ref items[] = {leaf, nanvm_ref_clone(leaf), nanvm_ref_clone(leaf)};
    nanvm_mut_ref batch = nanvm_new_array(on->manager, &batch_type, items, 3);
    if (batch.object != NULL) {
        expect_refusal(nanvm_mut_ref_to_ref(batch), leaf, on->manager);
    }
    for (size_t i = 0; batch.object == NULL && i < 3; i++) {
        nanvm_ref_drop(items[i]);
    }
    nanvm_mut_ref_drop(batch);
    return batch.object != NULL;
}

static void test_clone_that_refuses_drops_nothing_of_its_source(void **state) {
    (void)state;
    on_every_manager(refuse_to_clone);
}

/* Cmocka's assertions may not leave a callback: it counts what is wrong. */
static struct {
    nanvm_mut_ref *array;
    size_t length; /* That it has from now on. */
    size_t drops;
    size_t errors;
} cut;

static void witness_drop(void *object, size_t length) {
    size_t value = ((struct tracked *)object)->value;
    const nanvm_ref *items = nanvm_mut_ref_get(*cut.array);
    (void)length;
    cut.drops++;
    cut.errors += value < cut.length || nanvm_mut_ref_length(*cut.array) != cut.length;
    for (size_t i = 0; i < nanvm_mut_ref_length(*cut.array); i++) {
        cut.errors += value_of(items[i]) != i;
    }
}

NANVM_TYPE_CALLBACKS(witness_type, struct tracked, NULL, witness_drop, NULL);

static bool fill_with_witnesses(const stage *on, nanvm_mut_ref *array) {
    for (size_t i = 0; i < nanvm_mut_ref_length(*array); i++) {
        struct tracked value = {i};
        nanvm_mut_ref made = nanvm_new_copy(on->manager, &witness_type, &value);
        if (made.object == NULL) {
            return false;
        }
        ((nanvm_ref *)array->object)[i] = nanvm_mut_ref_to_ref(made);
    }
    return true;
}

/* Nobody looks at an array while it is dropped as a whole. */
static void drop_with_witnesses(nanvm_mut_ref array) {
    nanvm_mut_ref none = {NULL};
    cut.array = &none;
    cut.length = 0;
    nanvm_mut_ref_drop(array);
}

static bool cut_before_witnesses(const stage *on, size_t from, size_t to) {
    nanvm_mut_ref array = nanvm_new_array(on->manager, &refs_type, NULL, from);
    if (array.object == NULL || !fill_with_witnesses(on, &array)) {
        drop_with_witnesses(array);
        return false;
    }
    cut.array = &array;
    cut.length = to;
    cut.drops = cut.errors = 0;
    bool done = nanvm_mut_ref_resize(&array, on->manager, to);
    assert_int_equal(cut.errors, 0);
    assert_int_equal(cut.drops, done ? from - to : 0);
    drop_with_witnesses(array);
    return done;
}

static bool cut_a_few(const stage *on) {
    return cut_before_witnesses(on, 9, 4);
}

static bool cut_many(const stage *on) {
    return cut_before_witnesses(on, 40, 3); /* more than are kept aside */
}

static void test_array_has_its_new_length_before_items_are_dropped(void **state) {
    (void)state;
    on_counting_managers(cut_a_few);
    on_counting_managers(cut_many);
}

/* --- recursion as deep as the data ---
 *
 * Expat, CVE-2024-8176. A long chain of entities, each naming the next, was resolved by a
 * call within a call, until the stack was used up; version 2.7.0 does without.
 *
 * Here: everything that lets go of a long chain of objects. Expected: the same few bytes
 * of stack for any length. */

static nanvm_ref link_to(nanvm_manager *manager, nanvm_ref next, size_t kind) {
    struct hidden hidden = {next};
    struct boxed boxed = {boxed_from_ref(next)};
    switch (kind % 4) {
    case 0:
        return node_of(manager, null_ref(), next);
    case 1:
        return nanvm_mut_ref_to_ref(nanvm_new_array(manager, &refs_type, &next, 1));
    case 2:
        return nanvm_mut_ref_to_ref(nanvm_new_copy(manager, &boxed_type, &boxed));
    default:
        return nanvm_mut_ref_to_ref(nanvm_new_copy(manager, &hidden_type, &hidden));
    }
}

static nanvm_ref chain(nanvm_manager *manager) {
    nanvm_ref head = new_ref(manager, 0);
    for (size_t i = 0; i < scaled(400000); i++) {
        head = link_to(manager, head, i);
    }
    return head;
}

static nanvm_manager *deep_manager;

static bool take_and_refuse(void *object, size_t length, void *context) {
    ((nanvm_ref *)object)[length - 1] = nanvm_ref_move(context);
    return false;
}

static void refuse_with_chain(void *context) {
    nanvm_mut_ref made =
        nanvm_new_with(deep_manager, &refs_type, 2, take_and_refuse, context);
    nanvm_mut_ref_drop(made);
}

static void cut_chain_off(void *context) {
    nanvm_mut_ref array = nanvm_new_array(deep_manager, &refs_type, context, 1);
    *(nanvm_ref *)context = null_ref();
    (void)!nanvm_mut_ref_resize(&array, deep_manager, 0);
    nanvm_mut_ref_drop(array);
}

static void reset_arena_with_chain(void *context) {
    unsigned char buffer[256];
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, sizeof(buffer));
    nanvm_mut_ref holder =
        nanvm_new_array(nanvm_arena_manager(&arena), &refs_type, context, 1);
    *(nanvm_ref *)context = null_ref();
    nanvm_mut_ref_drop(holder);
    nanvm_arena_deinit(&arena);
}

static void take_and_drop_chain(void *context) {
    nanvm_mut_ref own;
    if (nanvm_ref_try_to_mut_ref(context, &own)) {
        nanvm_mut_ref_drop(own);
    }
}

static void let_go_in_every_way(nanvm_manager *manager, nanvm_local *local) {
    thread_body *const ways[] = {drop_ref, refuse_with_chain, cut_chain_off,
                                 reset_arena_with_chain, take_and_drop_chain};
    deep_manager = manager;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        nanvm_ref head = chain(manager);
        assert_non_null(head.object);
        on_small_stack(ways[i], &head, local);
        assert_null(head.object);
        assert_int_equal(tracked_live(), 0);
    }
}

static void test_letting_go_of_a_long_chain_takes_no_stack(void **state) {
    (void)state;
    let_go_in_every_way(nanvm_global(), NULL);
    accounting source;
    accounting_init(&source, NANVM_COUNT_CUSTOM);
    nanvm_local local;
    nanvm_local_init_from(&local, &source.manager);
    let_go_in_every_way(nanvm_local_manager(&local), &local);
    nanvm_local_deinit(&local);
    let_go_in_every_way(&source.manager, NULL);
    accounting_deinit(&source);
}

/* --- a length that wraps ---
 *
 * "BadAlloc", 2021: a family of some 25 CVEs in allocators of embedded systems, such as
 * CVE-2021-31571 and -31572 in FreeRTOS. A length times the size of an item, or a size
 * plus that of a header, was computed without a check: near the largest number it wrapped
 * to a few bytes, which were handed out as if they were all of it.
 *
 * Here: arrays and raw memory of such lengths, for everything that is added on the way.
 * Expected: a null handle, and nothing that was there before is touched. */

/* The first length at which the items and `extra` bytes are more than `limit`. */
static size_t length_beyond(const nanvm_type *type, size_t limit, size_t extra) {
    return (limit - type->items_offset - extra) / type->item_size + 1;
}

static void expect_no_new(const stage *on, const nanvm_type *type, size_t length) {
    struct half half = {on->manager, 0};
    assert_null(nanvm_new_array(on->manager, type, NULL, length).object);
    assert_null(nanvm_new_array(on->manager, type, type, length).object);
    assert_null(nanvm_new_with(on->manager, type, length, stop_half_way, &half).object);
}

static void expect_no_resize(const stage *on, nanvm_mut_ref *array, size_t length) {
    void *place = array->object;
    size_t items = nanvm_mut_ref_length(*array);
    assert_false(nanvm_mut_ref_resize(array, on->manager, length));
    assert_false(nanvm_mut_ref_resize_unset(array, on->manager, length));
    assert_ptr_equal(array->object, place);
    assert_int_equal(nanvm_mut_ref_length(*array), items);
}

static bool refuse_lengths(const stage *on, const nanvm_type *type, size_t items) {
    nanvm_mut_ref old = nanvm_new_array(on->manager, type, NULL, items);
    if (old.object == NULL) {
        return false;
    }
    for (size_t extra = 0; extra < 160; extra++) {
        size_t wraps = length_beyond(type, SIZE_MAX, extra);
        size_t negative = length_beyond(type, (size_t)PTRDIFF_MAX, extra % 8);
        expect_no_new(on, type, wraps);
        expect_no_new(on, type, negative);
        expect_no_resize(on, &old, wraps);
        expect_no_resize(on, &old, negative);
    }
    nanvm_mut_ref_drop(old);
    return true;
}

static void expect_no_memory(const stage *on) {
    for (size_t less = 0; less < 100; less++) {
        for (size_t align = 1; align <= 4096; align *= 4) {
            nanvm_layout layout = nanvm_layout_make(SIZE_MAX - less, align);
            assert_null(nanvm_manager_alloc(on->manager, layout));
        }
    }
}

static bool refuse_raw_sizes(const stage *on) {
    nanvm_layout small = nanvm_layout_make(20, 8);
    expect_no_memory(on);
    unsigned char *memory = nanvm_manager_alloc(on->manager, small);
    if (memory == NULL) {
        return false;
    }
    memset(memory, 0x11, small.size);
    for (size_t less = 0; less < 100; less++) {
        assert_null(nanvm_manager_resize(on->manager, memory, small, SIZE_MAX - less));
    }
    assert_int_equal(memory[19], 0x11);
    nanvm_manager_dealloc(on->manager, memory, small);
    return true;
}

static bool refuse_what_wraps(const stage *on) {
    static const nanvm_type triples_type = {
        .name = "triple[]", .size = 5, .align = 1, .item_size = 3, .items_offset = 4};
    const nanvm_type *const types[] = {&triples_type, &text_type,  &ints_type, &refs_type,
                                       &table_type,   &words_type, &lines_type};
    bool done = refuse_raw_sizes(on);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        done = refuse_lengths(on, types[i], 2) && done;
    }
    return refuse_lengths(on, &ints_type, 1500) && done;
}

static void test_length_that_wraps_gives_a_null_handle(void **state) {
    (void)state;
    on_counting_managers(refuse_what_wraps);
    static unsigned char buffer[16384];
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, sizeof(buffer));
    stage on = {"arena in a buffer", nanvm_arena_manager(&arena), false};
    assert_true(refuse_what_wraps(&on));
    nanvm_arena_deinit(&arena);
    nanvm_arena_init_growing(&arena, nanvm_global());
    assert_true(refuse_what_wraps(&on));
    nanvm_arena_deinit(&arena);
}

/* --- a manager that dies before its blocks ---
 *
 * Matter, project-chip/connectedhomeip issues 11880 and 15573. At the end of the program
 * the pool of end points went before some that it had handed out, without a look at their
 * counts; whoever still had a reference used freed memory.
 *
 * Here: a local manager, or several, one in the other's memory, that end while objects
 * are referred to. Expected: these stay valid in every way, and the last one takes the
 * storage along. */

/* Of each kind: small, a leaf, an array, large, over-aligned, with callbacks. */
static nanvm_ref all_kinds(nanvm_manager *manager) {
    nanvm_mut_ref refs = nanvm_new_array(manager, &refs_type, NULL, 6);
    nanvm_ref *items = refs.object;
    struct boxed boxed = {boxed_from_ref(new_ref(manager, 31))};
    items[0] = nanvm_mut_ref_to_ref(nanvm_new(manager, &point_type));
    items[1] = new_ref(manager, 30);
    items[2] = nanvm_mut_ref_to_ref(nanvm_new_array(manager, &ints_type, NULL, 3000));
    items[3] = nanvm_mut_ref_to_ref(nanvm_new(manager, &page_type));
    items[4] = nanvm_mut_ref_to_ref(nanvm_new_copy(manager, &boxed_type, &boxed));
    items[5] = node_of(manager, nanvm_ref_clone(items[1]), nanvm_ref_clone(items[2]));
    return nanvm_mut_ref_to_ref(refs);
}

static void end_local(nanvm_local *self) {
    nanvm_local_on_leak(self, nanvm_local_ignore_leak, NULL);
    nanvm_local_deinit(self);
    memset(self, 0xdd, sizeof(*self));
}

/* Everything that can be done with what is left. */
static void use_orphans(nanvm_ref orphans, nanvm_manager *living) {
    const nanvm_ref *items = nanvm_ref_get(orphans);
    assert_int_equal(nanvm_ref_length(orphans), 6);
    assert_int_equal(value_of(items[1]), 30);
    assert_int_equal(nanvm_ref_count(items[1]), 1);
    assert_int_equal(nanvm_ref_length(items[2]), 3000);
    nanvm_ref second = nanvm_ref_clone(orphans);
    nanvm_mut_ref copy = nanvm_ref_to_mut_ref(&second, living);
    assert_int_equal(nanvm_ref_count(items[1]), 2);
    assert_true(nanvm_mut_ref_resize(&copy, living, 40));
    nanvm_mut_ref_drop(copy);
    nanvm_mut_ref own;
    assert_true(nanvm_ref_try_to_mut_ref(&orphans, &own));
    assert_true(nanvm_mut_ref_resize(&own, living, 4));
    assert_true(nanvm_mut_ref_resize(&own, living, 400));
    nanvm_mut_ref_drop(own);
}

static void outlive_one(accounting *source, bool trims) {
    nanvm_local local;
    nanvm_local_init_from(&local, &source->manager);
    nanvm_ref dropped = all_kinds(nanvm_local_manager(&local));
    nanvm_ref orphans = all_kinds(nanvm_local_manager(&local));
    nanvm_ref_drop(dropped);
    if (trims) {
        (void)nanvm_local_trim(&local);
    }
    end_local(&local);
    use_orphans(orphans, nanvm_global());
}

static void outlive_two(accounting *source, bool outer_first) {
    nanvm_local inner, outer;
    nanvm_local_init_from(&inner, &source->manager);
    nanvm_local_init_from(&outer, nanvm_local_manager(&inner));
    nanvm_ref a = all_kinds(nanvm_local_manager(&inner));
    nanvm_ref b = node_of(nanvm_local_manager(&outer), nanvm_ref_clone(a),
                          all_kinds(nanvm_local_manager(&outer)));
    end_local(&outer);
    end_local(&inner);
    nanvm_ref_drop(outer_first ? b : a);
    assert_int_equal(value_of(((const nanvm_ref *)a.object)[1]), 30);
    nanvm_ref_drop(outer_first ? a : b);
}

static void outlive_managers(nanvm_count count) {
    accounting source;
    accounting_init(&source, count);
    outlive_one(&source, false);
    outlive_one(&source, true);
    outlive_two(&source, false);
    outlive_two(&source, true);
    accounting_deinit(&source);
    assert_int_equal(tracked_live(), 0);
}

static void test_blocks_outlive_their_managers(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNTING; i++) {
        outlive_managers(counting[i]);
    }
}

/* A reference depends on the dealloc alone: the manager's own struct may be gone. */
static void test_blocks_need_no_more_than_their_dealloc(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNTING; i++) {
        accounting source;
        accounting_init(&source, counting[i]);
        nanvm_ref all = all_kinds(&source.manager);
        memset(&source.manager, 0xdd, sizeof(source.manager));
        memset(&source.manager_table, 0xdd, sizeof(source.manager_table));
        use_orphans(all, nanvm_global());
        accounting_deinit(&source);
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_failure_keeps_no_reference),
    TEST(test_leaked_references_can_not_wrap_a_count, local),
    TEST(test_threads_can_not_wrap_a_count_together),
    TEST(test_stuck_count_stays_stuck_whatever_is_dropped),
    TEST(test_threads_hand_exclusive_access_over_without_a_race),
    TEST(test_object_whose_end_has_begun_can_not_be_revived, local),
    TEST(test_threads_share_a_table_that_forgets_what_is_unused),
    TEST(test_clean_up_without_memory_frees_nothing_that_is_shared),
    TEST(test_drop_may_end_the_manager_it_is_called_for),
    TEST(test_drop_may_reset_the_arena_it_is_called_for, arena_over_source),
    TEST(test_construction_that_stops_drops_what_was_written_once),
    TEST(test_clone_that_refuses_drops_nothing_of_its_source),
    TEST(test_array_has_its_new_length_before_items_are_dropped),
    TEST(test_letting_go_of_a_long_chain_takes_no_stack),
    TEST(test_length_that_wraps_gives_a_null_handle),
    TEST(test_blocks_outlive_their_managers),
    TEST(test_blocks_need_no_more_than_their_dealloc),
};

RUN_TESTS(tests)
