/* Arrays: items behind a fixed part, or items alone. */
#include <string.h>

#include <nanvm/mem.h>

#include "check.h"

//! [text]
struct text {
    uint32_t hash; /* the fixed part: of your own */
    char bytes[];
};
NANVM_ARRAY(text_type, struct text, bytes);

static nanvm_mut_ref text_new(nanvm_manager *manager, const char *bytes) {
    return nanvm_new_array(manager, &text_type, bytes, strlen(bytes));
}
//! [text]

static void of_bytes(void) {
    //! [text_length]
    nanvm_ref hello = nanvm_mut_ref_to_ref(text_new(nanvm_global(), "hello"));
    const struct text *text = nanvm_ref_get(hello);
    CHECK(text != NULL && text->hash == 0); /* the fixed part starts as zeros */
    CHECK(nanvm_ref_length(hello) == 5);    /* kept by the library, out of reach */
    CHECK(memcmp(text->bytes, "hello", 5) == 0);
    nanvm_ref_drop(hello);
    //! [text_length]
}

//! [of]
NANVM_ARRAY_OF(ints_type, int);
NANVM_ARRAY_OF_REFS(refs_type);
//! [of]

//! [refs]
struct tuple {
    uint32_t hash;
    nanvm_ref fields[];
};
NANVM_ARRAY_REFS(tuple_type, struct tuple, fields);

struct entry {
    nanvm_ref key;
    int count;
    nanvm_ref value;
};
NANVM_ARRAY_OF_STRUCTS(entries_type, struct entry, key, value);

struct map {
    size_t used;
    struct entry entries[];
};
NANVM_ARRAY_STRUCTS(map_type, struct map, entries, key, value);
//! [refs]

static void growing(void) {
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_manager *manager = nanvm_local_manager(&local);
    //! [resize]
    nanvm_mut_ref ints = nanvm_new_array(manager, &ints_type, (int[]){1, 2, 3}, 3);
    CHECK(!nanvm_mut_ref_is_null(ints));

    CHECK(nanvm_mut_ref_resize(&ints, manager, 1000)); /* may move */
    const int *items = nanvm_mut_ref_get(ints);        /* so: look again */
    CHECK(items[2] == 3 && items[999] == 0);

    CHECK(!nanvm_mut_ref_resize(&ints, manager, SIZE_MAX)); /* too large: untouched */
    CHECK(nanvm_mut_ref_length(ints) == 1000);
    nanvm_mut_ref_drop(ints);
    //! [resize]
    nanvm_local_deinit(&local);
}

//! [push]
/* Appends `item` in place where the array is owned alone and has room. On
 * failure both stay the caller's. */
static bool push(nanvm_manager *manager, nanvm_ref *array, nanvm_ref *item) {
    nanvm_mut_ref self = nanvm_ref_to_mut_ref(array, manager);
    size_t length = nanvm_mut_ref_length(self);
    bool grown =
        !nanvm_mut_ref_is_null(self) && nanvm_mut_ref_resize(&self, manager, length + 1);
    if (grown) {
        nanvm_ref *items = nanvm_mut_ref_get(self);
        items[length] = nanvm_ref_move(item);
    }
    if (!nanvm_mut_ref_is_null(self)) {
        *array = nanvm_mut_ref_to_ref(self);
    }
    return grown;
}
//! [push]

static void of_references(void) {
    nanvm_manager *manager = nanvm_global();
    nanvm_ref list = nanvm_mut_ref_to_ref(nanvm_new_array(manager, &refs_type, NULL, 0));
    nanvm_ref old = nanvm_ref_clone(list);
    for (int i = 0; i < 3; ++i) {
        nanvm_ref text = nanvm_mut_ref_to_ref(text_new(manager, "item"));
        CHECK(push(manager, &list, &text));
    }
    CHECK(nanvm_ref_length(list) == 3);
    CHECK(nanvm_ref_length(old) == 0); /* who shared it doesn't notice */
    nanvm_ref_drop(list);
    nanvm_ref_drop(old);
}

/* Two of `type`, whose items hold one reference each, and what is left of that. */
static void drop_and_look(const nanvm_type *type, const void *items, nanvm_ref held) {
    nanvm_mut_ref array = nanvm_new_array(nanvm_global(), type, items, 2);
    CHECK(!nanvm_mut_ref_is_null(array));
    nanvm_mut_ref_drop(array);
    CHECK(nanvm_ref_is_sole(held));
}

static void of_structs(void) {
    nanvm_ref held = nanvm_mut_ref_to_ref(text_new(nanvm_global(), "held"));
    nanvm_ref fields[2] = {nanvm_ref_clone(held), nanvm_ref_clone(held)};
    drop_and_look(&tuple_type, fields, held);
    struct entry entries[2] = {{.key = nanvm_ref_clone(held)},
                               {.value = nanvm_ref_clone(held)}};
    drop_and_look(&entries_type, entries, held);
    struct entry more[2] = {{.key = nanvm_ref_clone(held)},
                            {.value = nanvm_ref_clone(held)}};
    drop_and_look(&map_type, more, held);
    nanvm_ref_drop(held);
}

int main(void) {
    of_bytes();
    of_structs();
    growing();
    of_references();
    return 0;
}
