/* Everything at once, by dice that are always the same. */
#include "scenes.h"

enum { SLOTS = 6, STEPS = 40 };

typedef struct walk {
    const ground *on;
    nanvm_ref slots[SLOTS];
    uint32_t dice;
} walk;

static nanvm_ref *any_slot(walk *self) {
    return &self->slots[next_random(&self->dice) % SLOTS];
}

static nanvm_manager *any_manager(walk *self) {
    return next_random(&self->dice) % 3 == 0 ? self->on->other : self->on->manager;
}

static void put(walk *self, nanvm_ref ref) {
    nanvm_ref *slot = any_slot(self);
    nanvm_ref_drop(*slot);
    *slot = ref;
}

static void put_leaf(walk *self) {
    put(self, leaf(any_manager(self), 1));
}

static void put_pair(walk *self) {
    nanvm_ref left = nanvm_ref_clone(*any_slot(self));
    nanvm_ref right = nanvm_ref_clone(*any_slot(self));
    put(self, pair(self->on->manager, left, right));
}

static void put_array(walk *self) {
    nanvm_ref items[3];
    for (size_t i = 0; i < 3; i++) {
        items[i] = nanvm_ref_clone(*any_slot(self));
    }
    nanvm_mut_ref made = attempt_array(self->on->manager, &refs_type, items, 3);
    if (made.object == NULL) {
        drop_all(items, 3);
    }
    put(self, nanvm_mut_ref_to_ref(made));
}

static void put_clone(walk *self) {
    nanvm_mut_ref made = attempt_clone(self->on->manager, *any_slot(self));
    put(self, nanvm_mut_ref_to_ref(made));
}

static void put_share(walk *self) {
    put(self, nanvm_ref_clone(*any_slot(self)));
}

static void write_one(walk *self) {
    (void)attempt_make_mut(self->on->manager, any_slot(self));
}

static void resize_one(walk *self) {
    nanvm_ref *slot = any_slot(self);
    size_t length = next_random(&self->dice) % 30;
    if (slot->object == NULL || nanvm_ref_type(*slot)->item_size == 0) {
        return;
    }
    nanvm_mut_ref own = attempt_to_mut_ref(self->on->manager, slot);
    if (own.object != NULL) {
        (void)attempt_resize(self->on->manager, &own, length);
        *slot = nanvm_mut_ref_to_ref(own);
    }
}

static void forget_one(walk *self) {
    nanvm_ref_drop(nanvm_ref_move(any_slot(self)));
}

static void walk_by(const ground *on, uint32_t seed) {
    static void (*const steps[])(walk *) = {put_leaf,   put_leaf,  put_pair,  put_array,
                                            put_clone,  put_share, write_one, resize_one,
                                            resize_one, forget_one};
    walk self = {.on = on, .dice = seed};
    for (size_t i = 0; i < STEPS; i++) {
        steps[next_random(&self.dice) % (sizeof(steps) / sizeof(steps[0]))](&self);
    }
    drop_all(self.slots, SLOTS);
}

static void walk_1(const ground *on) {
    walk_by(on, 1);
}

static void walk_2(const ground *on) {
    walk_by(on, 20220222);
}

static void walk_3(const ground *on) {
    walk_by(on, 0x9e3779b9);
}

static void walk_long(const ground *on) {
    for (uint32_t seed = 3; seed < 9; seed++) {
        walk_by(on, seed * 7919);
    }
}

/* Managers of several kinds that refer to each other, and end in any order. */
static void managers_that_mix(const ground *on) {
    nanvm_local a, b;
    nanvm_arena arena;
    nanvm_local_init_from(&a, on->manager);
    nanvm_local_init_from(&b, on->manager);
    nanvm_arena_init_growing(&arena, on->manager);
    nanvm_manager *const managers[] = {nanvm_local_manager(&a), nanvm_local_manager(&b)};
    nanvm_ref chain = leaf(managers[0], 0);
    for (size_t i = 0; i < 9; i++) {
        chain = pair(managers[i % 2], leaf(managers[(i + 1) % 2], i), chain);
    }
    (void)pair(nanvm_arena_manager(&arena), nanvm_ref_clone(chain), chain).object;
    nanvm_arena_deinit(&arena);
    nanvm_local_deinit(&a);
    nanvm_local_deinit(&b);
}

static const scene_entry entries[] = {
    {"walk 1", walk_1, false},
    {"walk 2", walk_2, false},
    {"walk 3", walk_3, false},
    {"long walk", walk_long, false},
    {"managers that mix", managers_that_mix, false},
};
const scene_list mixed_scenes = SCENE_LIST(entries);
