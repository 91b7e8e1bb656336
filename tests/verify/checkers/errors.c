/* One error a run, named on the command line, for a memory checker to report. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nanvm/mem.h>

#define NOINLINE __attribute__((noinline))

/* 24 bytes: an overrun by one lies in no padding. */
struct victim {
    unsigned char bytes[24];
};
NANVM_TYPE(victim_type, struct victim);
NANVM_TYPED(victim, struct victim, victim_type);
NANVM_ARRAY_OF(bytes_type, unsigned char);

struct holder {
    nanvm_ref held;
};
NANVM_TYPE_REFS(holder_type, struct holder, held);

static struct {
    nanvm_local local;
    nanvm_arena arena;
    unsigned char buffer[4096];
} room;

/* What is seen in a report: who made the object, and who dropped it. */

NOINLINE static unsigned char *make_victim(nanvm_manager *manager, nanvm_ref *ref) {
    *ref = nanvm_mut_ref_to_ref(nanvm_new(manager, &victim_type));
    return (unsigned char *)(uintptr_t)ref->object;
}

NOINLINE static unsigned char *make_bytes(nanvm_manager *manager, size_t length,
                                          nanvm_ref *ref) {
    *ref = nanvm_mut_ref_to_ref(nanvm_new_array(manager, &bytes_type, NULL, length));
    return (unsigned char *)(uintptr_t)ref->object;
}

NOINLINE static void drop_victim(nanvm_ref ref) {
    nanvm_ref_drop(ref);
}

/* In a function of its own, so that the report says which drop was the first. */
NOINLINE static void drop_again(nanvm_ref ref) {
    nanvm_ref_drop(ref);
}

NOINLINE static void drop_mut_ref(nanvm_mut_ref own) {
    nanvm_mut_ref_drop(own);
}

NOINLINE static void drop_mut_ref_again(nanvm_mut_ref own) {
    nanvm_mut_ref_drop(own);
}

NOINLINE static void touch(volatile unsigned char *byte) {
    *byte = 1;
}

NOINLINE static int read_byte(const volatile unsigned char *byte) {
    return *byte;
}

/* Depends on the byte, so that one that was never written is noticed. */
NOINLINE static void depend_on(const volatile unsigned char *byte) {
    puts(*byte == 1 ? "one" : "other");
}

static void touch_dropped(nanvm_manager *manager) {
    nanvm_ref ref;
    unsigned char *bytes = make_victim(manager, &ref);
    drop_victim(ref);
    touch(bytes);
}

static void drop_twice(nanvm_manager *manager) {
    nanvm_ref ref;
    (void)make_victim(manager, &ref);
    drop_victim(ref);
    drop_again(ref);
}

static void drop_mut_ref_twice(nanvm_manager *manager) {
    nanvm_ref ref;
    nanvm_mut_ref own;
    (void)make_victim(manager, &ref);
    if (nanvm_ref_try_to_mut_ref(&ref, &own)) {
        drop_mut_ref(own);
        drop_mut_ref_again(own);
    }
}

/* What the holder holds has gone already when the holder goes. */
static void drop_held_twice(nanvm_manager *manager) {
    struct holder value;
    (void)make_victim(manager, &value.held);
    nanvm_mut_ref holder = nanvm_new_copy(manager, &holder_type, &value);
    drop_victim(value.held);
    drop_again(nanvm_mut_ref_to_ref(holder));
}

static void clone_dropped(nanvm_manager *manager) {
    nanvm_ref ref;
    (void)make_victim(manager, &ref);
    drop_victim(ref);
    drop_again(nanvm_ref_clone(ref));
}

static void clone_object_dropped(nanvm_manager *manager) {
    nanvm_ref ref;
    (void)make_victim(manager, &ref);
    drop_victim(ref);
    drop_mut_ref_again(nanvm_ref_clone_object(ref, manager));
}

static void overrun(nanvm_manager *manager) {
    nanvm_ref ref;
    touch(make_victim(manager, &ref) + sizeof(struct victim));
}

static void overrun_array(nanvm_manager *manager, size_t length) {
    nanvm_ref ref;
    touch(make_bytes(manager, length, &ref) + length);
}

/* --- the errors --- */

static nanvm_manager *local(void) {
    return nanvm_local_manager(&room.local);
}

static nanvm_manager *arena_in_buffer(void) {
    nanvm_arena_init(&room.arena, room.buffer, sizeof(room.buffer));
    return nanvm_arena_manager(&room.arena);
}

static nanvm_manager *arena_that_grows(void) {
    nanvm_arena_init_growing(&room.arena, nanvm_global());
    return nanvm_arena_manager(&room.arena);
}

static void local_read_after_drop(void) {
    nanvm_ref ref;
    unsigned char *bytes = make_victim(local(), &ref);
    drop_victim(ref);
    (void)read_byte(bytes);
}

static void local_write_after_drop(void) {
    touch_dropped(local());
}

NOINLINE static void drop_typed(victim_ref ref) {
    victim_ref_drop(ref);
}

static void local_typed_after_drop(void) {
    victim_ref ref = victim_mut_ref_to_ref(victim_new(local()));
    unsigned char *bytes = (unsigned char *)(uintptr_t)ref.untyped.object;
    drop_typed(ref);
    touch(bytes);
}

/* A slot that has served before, with many others at hand. */
static void local_used_again_after_drop(void) {
    nanvm_ref refs[100];
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 100; ++i) {
            (void)make_victim(local(), &refs[i]);
        }
        for (int i = 0; i < 100; ++i) {
            drop_victim(refs[i]);
        }
    }
    touch((unsigned char *)(uintptr_t)refs[50].object);
}

static void local_large_after_drop(void) {
    nanvm_ref ref;
    unsigned char *bytes = make_bytes(local(), 10000, &ref);
    drop_victim(ref);
    touch(bytes + 5000);
}

static void local_after_its_end(void) {
    nanvm_ref ref;
    unsigned char *bytes = make_victim(local(), &ref);
    nanvm_local_deinit(&room.local);
    drop_victim(ref);
    touch(bytes);
}

static void local_dropped_twice(void) {
    drop_twice(local());
}

static void local_mut_ref_dropped_twice(void) {
    drop_mut_ref_twice(local());
}

static void local_held_dropped_twice(void) {
    drop_held_twice(local());
}

NOINLINE static void drop_typed_again(victim_ref ref) {
    victim_ref_drop(ref);
}

static void local_typed_dropped_twice(void) {
    victim_ref ref = victim_mut_ref_to_ref(victim_new(local()));
    drop_typed(ref);
    drop_typed_again(ref);
}

static void local_cloned_after_drop(void) {
    clone_dropped(local());
}

static void local_object_cloned_after_drop(void) {
    clone_object_dropped(local());
}

static void local_overrun(void) {
    overrun(local());
}

static void local_array_overrun(void) {
    overrun_array(local(), 13);
}

static void local_large_overrun(void) {
    overrun_array(local(), 10000);
}

/* Growing leaves no room that could be overrun in silence. */
static void local_grown_overrun(void) {
    nanvm_ref ref;
    (void)make_bytes(local(), 10000, &ref);
    nanvm_mut_ref grown;
    if (nanvm_ref_try_to_mut_ref(&ref, &grown) &&
        nanvm_mut_ref_resize(&grown, local(), 10001)) {
        touch((unsigned char *)grown.object + 10001);
    }
}

static void local_raw_overrun(void) {
    touch((unsigned char *)nanvm_manager_alloc(local(), nanvm_layout_make(40, 8)) + 40);
}

static void local_item_not_written(void) {
    nanvm_mut_ref array = nanvm_new_array(local(), &bytes_type, NULL, 4);
    if (nanvm_mut_ref_resize_unset(&array, local(), 10000)) {
        depend_on((unsigned char *)array.object + 9000);
    }
}

static void arena_unused_part(void) {
    nanvm_ref ref;
    touch(make_victim(arena_in_buffer(), &ref) + 1000);
}

static void arena_overrun(void) {
    overrun(arena_in_buffer());
}

/* The object has a neighbour. */
static void arena_overrun_between(void) {
    nanvm_ref ref, next;
    unsigned char *bytes = make_victim(arena_in_buffer(), &ref);
    (void)make_victim(nanvm_arena_manager(&room.arena), &next);
    touch(bytes + sizeof(struct victim));
}

static void arena_after_reset(void) {
    nanvm_ref ref;
    unsigned char *bytes = make_victim(arena_in_buffer(), &ref);
    nanvm_arena_reset(&room.arena);
    touch(bytes);
}

static void arena_growing_unused_part(void) {
    nanvm_ref ref;
    touch(make_victim(arena_that_grows(), &ref) + 1000);
}

static void arena_growing_overrun(void) {
    overrun(arena_that_grows());
}

static void arena_growing_after_reset(void) {
    nanvm_ref ref;
    unsigned char *bytes = make_victim(arena_that_grows(), &ref);
    nanvm_arena_reset(&room.arena);
    touch(bytes);
}

static void arena_growing_after_deinit(void) {
    nanvm_ref ref;
    unsigned char *bytes = make_victim(arena_that_grows(), &ref);
    nanvm_arena_deinit(&room.arena);
    touch(bytes);
}

static void arena_bytes_not_written(void) {
    nanvm_layout layout = nanvm_layout_make(40, 8);
    depend_on(nanvm_manager_alloc(arena_in_buffer(), layout));
}

static void global_write_after_drop(void) {
    touch_dropped(nanvm_global());
}

static void global_dropped_twice(void) {
    drop_twice(nanvm_global());
}

static void global_mut_ref_dropped_twice(void) {
    drop_mut_ref_twice(nanvm_global());
}

static void global_held_dropped_twice(void) {
    drop_held_twice(nanvm_global());
}

static void global_object_cloned_after_drop(void) {
    clone_object_dropped(nanvm_global());
}

static void global_overrun(void) {
    overrun(nanvm_global());
}

/* No error at all: what a checker mustn't report. */
static void none(void) {
    nanvm_manager *managers[] = {local(), arena_in_buffer(), nanvm_global()};
    for (size_t i = 0; i < 3; ++i) {
        nanvm_ref ref;
        memset(make_victim(managers[i], &ref), 1, sizeof(struct victim));
        nanvm_ref other = nanvm_ref_clone(ref);
        nanvm_mut_ref copy = nanvm_ref_clone_object(other, managers[i]);
        nanvm_mut_ref array = nanvm_new_array(managers[i], &bytes_type, NULL, 10);
        for (size_t length = 11; array.object != NULL && length < 60; ++length) {
            if (nanvm_mut_ref_resize(&array, managers[i], length)) {
                touch((unsigned char *)array.object + length - 1);
            }
        }
        drop_victim(ref);
        drop_victim(other);
        nanvm_mut_ref_drop(copy);
        nanvm_mut_ref_drop(array);
    }
    nanvm_arena_reset(&room.arena);
    nanvm_arena_deinit(&room.arena);
    memset(room.buffer, 1, sizeof(room.buffer));
}

#define ERROR(name)                                                                      \
    { #name, name }

static const struct {
    const char *name;
    void (*commit)(void);
} errors[] = {
    ERROR(local_read_after_drop),
    ERROR(local_write_after_drop),
    ERROR(local_typed_after_drop),
    ERROR(local_used_again_after_drop),
    ERROR(local_large_after_drop),
    ERROR(local_after_its_end),
    ERROR(local_dropped_twice),
    ERROR(local_mut_ref_dropped_twice),
    ERROR(local_held_dropped_twice),
    ERROR(local_typed_dropped_twice),
    ERROR(local_cloned_after_drop),
    ERROR(local_object_cloned_after_drop),
    ERROR(local_overrun),
    ERROR(local_array_overrun),
    ERROR(local_large_overrun),
    ERROR(local_grown_overrun),
    ERROR(local_raw_overrun),
    ERROR(local_item_not_written),
    ERROR(arena_unused_part),
    ERROR(arena_overrun),
    ERROR(arena_overrun_between),
    ERROR(arena_after_reset),
    ERROR(arena_growing_unused_part),
    ERROR(arena_growing_overrun),
    ERROR(arena_growing_after_reset),
    ERROR(arena_growing_after_deinit),
    ERROR(arena_bytes_not_written),
    ERROR(global_write_after_drop),
    ERROR(global_dropped_twice),
    ERROR(global_mut_ref_dropped_twice),
    ERROR(global_held_dropped_twice),
    ERROR(global_object_cloned_after_drop),
    ERROR(global_overrun),
    ERROR(none),
};

int main(int argc, char **argv) {
    for (size_t i = 0; argc == 2 && i < sizeof(errors) / sizeof(errors[0]); ++i) {
        if (strcmp(errors[i].name, argv[1]) == 0) {
            nanvm_local_init(&room.local);
            errors[i].commit();
            nanvm_local_deinit(&room.local);
            return 0;
        }
    }
    fprintf(stderr, "usage: %s ERROR\n", argv[0]);
    return 64;
}
