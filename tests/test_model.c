/* Random walks: whatever is done, in whatever order and with memory running out
 * at random, every value stays what a plain model says it is. */
#include "run.h"
#include "stage.h"
#include "thread.h"

/* A value: numbers of its own and references to other values. */
struct value {
    uint32_t sum; /* Of what is in it, and in all that it refers to. */
    uint32_t own;
    nanvm_ref parts[];
};

static const size_t value_item_refs[] = {0};
static const nanvm_type value_type = {.name = "value",
                                      .size = sizeof(struct value),
                                      .align = _Alignof(struct value),
                                      .item_size = sizeof(nanvm_ref),
                                      .items_offset = offsetof(struct value, parts),
                                      .item_refs = value_item_refs,
                                      .item_refs_length = 1};

/* The same through callbacks. */
static void visit_part(const void *part, nanvm_visitor *visitor, void *context) {
    visitor(*(const nanvm_ref *)part, context);
}

static void value_drop(void *object, size_t length) {
    (void)object;
    (void)length;
    tracked_forget(1);
}

static bool value_clone(void *copy, const void *source, size_t length) {
    (void)copy;
    (void)source;
    (void)length;
    tracked_expect(1);
    return true;
}

static const nanvm_type called_type = {.name = "called",
                                       .size = sizeof(struct value),
                                       .align = _Alignof(struct value),
                                       .item_size = sizeof(nanvm_ref),
                                       .items_offset = offsetof(struct value, parts),
                                       .visit_item = visit_part,
                                       .drop = value_drop,
                                       .clone = value_clone};

enum { SLOTS = 24, MANAGERS = 4 };

/* What a slot holds, and what the model expects it to add up to. */
typedef struct walk {
    nanvm_manager *managers[MANAGERS];
    nanvm_ref slots[SLOTS];
    uint32_t sums[SLOTS];
    uint32_t random;
} walk;

static uint32_t dice(walk *self, uint32_t sides) {
    return next_random(&self->random) % sides;
}

static const struct value *value_of(nanvm_ref ref) {
    return nanvm_ref_get(ref);
}

static uint32_t sum_of(nanvm_ref ref) {
    return ref.object == NULL ? 0 : value_of(ref)->sum;
}

/* Adds up again what the value says of itself: one level, its parts do the same. */
static uint32_t added_up(nanvm_ref ref) {
    const struct value *value = value_of(ref);
    uint32_t sum = value->own;
    for (size_t i = 0; i < nanvm_ref_length(ref); i++) {
        sum += sum_of(value->parts[i]);
    }
    return sum;
}

static void check_slot(const walk *self, size_t slot) {
    nanvm_ref ref = self->slots[slot];
    if (ref.object != NULL) {
        assert_int_equal(value_of(ref)->sum, self->sums[slot]);
        assert_int_equal(added_up(ref), self->sums[slot]);
    }
}

static void put(walk *self, size_t slot, nanvm_ref ref) {
    nanvm_ref_drop(self->slots[slot]);
    self->slots[slot] = ref;
    self->sums[slot] = sum_of(ref);
}

static nanvm_manager *some_manager(walk *self) {
    return self->managers[dice(self, MANAGERS)];
}

static void add_up(nanvm_mut_ref self) {
    ((struct value *)self.object)->sum = added_up(nanvm_mut_ref_to_ref(self));
}

/* --- the steps --- */

static void make(walk *self, size_t slot) {
    const nanvm_type *type = dice(self, 2) == 0 ? &value_type : &called_type;
    nanvm_ref parts[5];
    size_t length = dice(self, 6);
    for (size_t i = 0; i < length; i++) {
        parts[i] = nanvm_ref_clone(self->slots[dice(self, SLOTS)]);
    }
    nanvm_mut_ref made = nanvm_new_array(some_manager(self), type, parts, length);
    for (size_t i = 0; i < length && made.object == NULL; i++) {
        nanvm_ref_drop(parts[i]);
    }
    if (made.object != NULL) {
        tracked_expect(type == &called_type);
        ((struct value *)made.object)->own = dice(self, 1000);
        add_up(made);
        put(self, slot, nanvm_mut_ref_to_ref(made));
    }
}

static void share(walk *self, size_t slot) {
    put(self, slot, nanvm_ref_clone(self->slots[dice(self, SLOTS)]));
}

static void forget(walk *self, size_t slot) {
    put(self, slot, null_ref());
}

/* One part of a value replaced: in place, or by copying. */
static void update(walk *self, size_t slot) {
    nanvm_ref before = self->slots[slot];
    nanvm_mut_ref own = nanvm_ref_to_mut_ref(&self->slots[slot], some_manager(self));
    if (own.object == NULL) {
        assert_true(nanvm_ref_same(before, self->slots[slot]));
        return;
    }
    struct value *value = own.object;
    size_t length = nanvm_mut_ref_length(own);
    value->own = dice(self, 1000);
    if (length > 0) {
        nanvm_ref *part = &value->parts[dice(self, (uint32_t)length)];
        nanvm_ref_drop(*part);
        *part = nanvm_ref_clone(self->slots[dice(self, SLOTS)]);
    }
    add_up(own);
    self->slots[slot] = nanvm_mut_ref_to_ref(own);
    self->sums[slot] = sum_of(self->slots[slot]);
}

static void resize(walk *self, size_t slot) {
    nanvm_mut_ref own;
    if (!nanvm_ref_try_to_mut_ref(&self->slots[slot], &own)) {
        return;
    }
    size_t length = dice(self, 8) == 0 ? dice(self, 400) : dice(self, 12);
    if (nanvm_mut_ref_resize(&own, some_manager(self), length)) {
        assert_int_equal(nanvm_mut_ref_length(own), length);
        add_up(own);
    }
    self->slots[slot] = nanvm_mut_ref_to_ref(own);
    self->sums[slot] = sum_of(self->slots[slot]);
}

static void copy(walk *self, size_t slot) {
    nanvm_ref source = self->slots[dice(self, SLOTS)];
    nanvm_mut_ref made = nanvm_ref_clone_object(source, some_manager(self));
    if (made.object != NULL) {
        put(self, slot, nanvm_mut_ref_to_ref(made));
    }
}

typedef void step(walk *self, size_t slot);
static step *const steps[] = {make,   make,   make,   share,  share, forget,
                              update, update, resize, resize, copy};

static void take_step(walk *self) {
    size_t slot = dice(self, SLOTS);
    steps[dice(self, sizeof(steps) / sizeof(steps[0]))](self, slot);
    check_slot(self, slot);
    check_slot(self, dice(self, SLOTS));
}

static void end_walk(walk *self) {
    for (size_t slot = 0; slot < SLOTS; slot++) {
        check_slot(self, slot);
        put(self, slot, null_ref());
    }
    assert_int_equal(tracked_live(), 0);
}

/* --- the walks --- */

static void walk_all_managers(uint32_t seed, uint32_t fail_one_in) {
    accounting plain, custom;
    accounting_init(&plain, NANVM_COUNT_PLAIN);
    accounting_init(&custom, NANVM_COUNT_CUSTOM);
    custom.manager_table.resize = seed % 2 == 0 ? NULL : custom.manager_table.resize;
    if (fail_one_in > 0) {
        accounting_fail_at_random(&plain, seed, fail_one_in);
        accounting_fail_at_random(&custom, seed + 1, fail_one_in);
    }
    nanvm_local local;
    nanvm_local_init_from(&local, &plain.manager);
    walk self = {.managers = {&plain.manager, &custom.manager,
                              nanvm_local_manager(&local), nanvm_global()},
                 .random = seed};
    for (size_t i = 0; i < 4000; i++) {
        take_step(&self);
    }
    end_walk(&self);
    nanvm_local_deinit(&local);
    accounting_deinit(&plain);
    accounting_deinit(&custom);
}

static size_t walks(void) {
    return scaled(300) + 2;
}

static void test_values_of_mixed_managers_stay_what_they_were(void **state) {
    (void)state;
    for (uint32_t seed = 1; seed <= walks(); seed++) {
        walk_all_managers(seed, 0);
    }
}

static void test_values_stay_what_they_were_when_memory_runs_out_at_random(void **state) {
    (void)state;
    for (uint32_t seed = 1; seed <= walks(); seed++) {
        walk_all_managers(seed, 2 + seed % 20);
    }
}

/* --- local managers end and others begin, while their objects go on --- */

static void begin(nanvm_local *local, accounting *source) {
    nanvm_local_init_from(local, &source->manager);
    nanvm_local_on_leak(local, nanvm_local_ignore_leak, NULL);
}

static void come_and_go(walk *self, nanvm_local *local, accounting *source) {
    if (dice(self, 100) == 0) {
        nanvm_local_deinit(local);
        begin(local, source);
    } else if (dice(self, 50) == 0) {
        (void)nanvm_local_trim(local);
    }
}

static void walk_mortal_managers(accounting *source, uint32_t seed) {
    nanvm_local locals[MANAGERS];
    walk self = {.random = seed};
    for (size_t i = 0; i < MANAGERS; i++) {
        begin(&locals[i], source);
        self.managers[i] = nanvm_local_manager(&locals[i]);
    }
    for (size_t i = 0; i < 3000; i++) {
        take_step(&self);
        come_and_go(&self, &locals[dice(&self, MANAGERS)], source);
    }
    end_walk(&self);
    for (size_t i = 0; i < MANAGERS; i++) {
        nanvm_local_deinit(&locals[i]);
    }
}

static void test_values_stay_what_they_were_while_managers_come_and_go(void **state) {
    (void)state;
    for (uint32_t seed = 1; seed <= walks(); seed++) {
        accounting source;
        accounting_init(&source, NANVM_COUNT_PLAIN);
        accounting_fail_at_random(&source, seed, 50);
        walk_mortal_managers(&source, seed);
        accounting_deinit(&source);
    }
}

/* --- an array that callbacks use while it is resized --- */

/* Every item that ends takes a step of its own with the array, by the very handle that
 * the call under way was given. The model is a list of numbers. */
enum { LONGEST = 60, STEPS = 200 };

static struct {
    nanvm_manager *manager;
    nanvm_local *local; /* or NULL */
    nanvm_mut_ref array;
    size_t numbers[LONGEST]; /* 0: a null item */
    size_t length;
    size_t target; /* of a resize under way; SIZE_MAX if none, or if it is done */
    size_t next;   /* number */
    size_t ended;  /* items */
    size_t acts;   /* steps that callbacks may still take: else one leads to another */
    uint32_t random;
} hand;

static size_t toss(uint32_t sides) {
    return next_random(&hand.random) % sides;
}

static void take_step_with_the_array(void);

/* The first callback: the array is as it will be. */
static void note_length(void) {
    if (hand.target != SIZE_MAX) {
        assert_int_equal(nanvm_mut_ref_length(hand.array), hand.target);
        hand.length = hand.target;
        hand.target = SIZE_MAX;
    }
}

static void item_drop(void *object, size_t length) {
    (void)object;
    (void)length;
    hand.ended++;
    note_length();
    if (hand.acts > 0) {
        hand.acts--;
        take_step_with_the_array();
    }
}

NANVM_TYPE_CALLBACKS(item_type, struct tracked, NULL, item_drop, NULL);

static void expect_numbers(void) {
    const nanvm_ref *items = hand.array.object;
    assert_int_equal(nanvm_mut_ref_length(hand.array), hand.length);
    for (size_t i = 0; i < hand.length; i++) {
        const struct tracked *item = items[i].object;
        assert_int_equal(item == NULL ? 0 : item->value, hand.numbers[i]);
    }
}

/* The items come from the global manager: what is cut off ends at once. */
static void fill_item(size_t i) {
    struct tracked value = {++hand.next};
    nanvm_mut_ref made = nanvm_new_copy(nanvm_global(), &item_type, &value);
    nanvm_ref *items = hand.array.object;
    nanvm_ref old = items[i];
    items[i] = nanvm_mut_ref_to_ref(made);
    hand.numbers[i] = value.value;
    nanvm_ref_drop(old);
}

/* New items are null. Those that a callback has appended meanwhile stay. */
static void resize_to(size_t length) {
    size_t before = hand.length;
    for (size_t i = before; i < length; i++) {
        hand.numbers[i] = 0;
    }
    hand.target = length;
    bool done = nanvm_mut_ref_resize(&hand.array, hand.manager, length);
    if (hand.target != SIZE_MAX) { /* no callback ran */
        hand.length = done ? length : before;
        hand.target = SIZE_MAX;
    } else {
        assert_true(done);
    }
    expect_numbers();
}

static void append_items(void) {
    for (size_t more = toss(20) + 1; more > 0 && hand.length < LONGEST; more--) {
        size_t end = hand.length;
        resize_to(end + 1);
        if (hand.length > end) {
            fill_item(end);
        }
    }
}

static void cut_items(void) {
    resize_to(toss(4) == 0 ? 0 : toss((uint32_t)hand.length + 1));
}

static void replace_item(void) {
    if (hand.length > 0) {
        fill_item(toss((uint32_t)hand.length));
    }
}

static void copy_array(void) {
    nanvm_ref shared = nanvm_mut_ref_to_ref(hand.array);
    nanvm_mut_ref copy = nanvm_ref_clone_object(shared, hand.manager);
    assert_true(copy.object == NULL || nanvm_mut_ref_length(copy) == hand.length);
    nanvm_mut_ref_drop(copy);
}

static void replace_array(void) {
    nanvm_mut_ref made = nanvm_new(hand.manager, &refs_type);
    if (made.object != NULL) {
        nanvm_mut_ref old = hand.array;
        hand.array = made;
        hand.length = 0;
        nanvm_mut_ref_drop(old);
    }
}

static void trim_or_end(void) {
    if (hand.local != NULL && toss(2) == 0) {
        nanvm_local_deinit(hand.local);
    } else if (hand.local != NULL) {
        (void)nanvm_local_trim(hand.local);
    }
}

static void take_step_with_the_array(void) {
    static void (*const ways[])(void) = {append_items,  append_items, cut_items,
                                         cut_items,     replace_item, copy_array,
                                         replace_array, trim_or_end};
    ways[toss(sizeof(ways) / sizeof(ways[0]))]();
    expect_numbers();
}

static void walk_with_an_array(nanvm_manager *manager, nanvm_local *local,
                               uint32_t seed) {
    memset(&hand, 0, sizeof(hand));
    hand.manager = manager;
    hand.local = local;
    hand.random = seed;
    hand.target = SIZE_MAX;
    hand.array = nanvm_new(manager, &refs_type);
    for (size_t i = 0; i < STEPS && hand.array.object != NULL; i++) {
        hand.acts = 30;
        take_step_with_the_array();
    }
    hand.acts = 0;
    nanvm_mut_ref_drop(hand.array);
}

static void walk_in_local(accounting *source, uint32_t seed) {
    nanvm_local local;
    begin(&local, source);
    walk_with_an_array(nanvm_local_manager(&local), &local, seed);
    nanvm_local_deinit(&local);
    assert_int_equal(hand.ended, hand.next);
}

static void walk_in_arena(nanvm_manager *source, uint32_t seed) {
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, source);
    walk_with_an_array(nanvm_arena_manager(&arena), NULL, seed);
    nanvm_arena_deinit(&arena);
    assert_int_equal(hand.ended, hand.next);
}

static void walk_in_users_manager(accounting *source, uint32_t seed) {
    source->manager_table.resize = seed % 2 == 0 ? NULL : source->manager_table.resize;
    walk_with_an_array(&source->manager, NULL, seed);
    assert_int_equal(hand.ended, hand.next);
}

static void walk_arrays(uint32_t seed, uint32_t fail_one_in) {
    accounting source;
    accounting_init(&source, seed % 3 == 0 ? NANVM_COUNT_CUSTOM : NANVM_COUNT_PLAIN);
    if (fail_one_in > 0) {
        accounting_fail_at_random(&source, seed, fail_one_in);
    }
    walk_in_local(&source, seed);
    walk_in_arena(&source.manager, seed);
    walk_in_users_manager(&source, seed);
    accounting_deinit(&source);
    walk_with_an_array(nanvm_global(), NULL, seed);
    assert_int_equal(hand.ended, hand.next);
}

static void test_array_stays_what_it_is_while_callbacks_resize_it(void **state) {
    (void)state;
    for (uint32_t seed = 1; seed <= walks() / 5 + 1; seed++) {
        walk_arrays(seed, 0);
        walk_arrays(seed, 1 + seed % 4);
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_values_of_mixed_managers_stay_what_they_were),
    TEST(test_values_stay_what_they_were_when_memory_runs_out_at_random),
    TEST(test_values_stay_what_they_were_while_managers_come_and_go),
    TEST(test_array_stays_what_it_is_while_callbacks_resize_it),
};

RUN_TESTS(tests)
