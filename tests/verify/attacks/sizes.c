/* Sizes, lengths and alignments that nobody has, or that wrap. */
#include "groups.h"

#include <string.h>

#include "child.h"

static const size_t item = sizeof(uint32_t);

static void array_must_fail(world *self, size_t length) {
    nanvm_mut_ref array = nanvm_new_array(self->manager, &ints_type, NULL, length);
    must_refuse(array.object == NULL);
}

static void array_largest(world *self) {
    array_must_fail(self, SIZE_MAX);
}
/* So many items take 4 bytes modulo 2^64. */
static void array_wraps(world *self) {
    array_must_fail(self, SIZE_MAX / item + 2);
}
static void array_wraps_with_header(world *self) {
    array_must_fail(self, (SIZE_MAX - 7) / item);
}
static void array_too_far(world *self) {
    array_must_fail(self, PTRDIFF_MAX / item + 1);
}
static void array_just_too_large(world *self) {
    array_must_fail(self, (PTRDIFF_MAX - 64) / item);
}

static void array_copy_wraps(world *self) {
    static const uint32_t items[4];
    nanvm_mut_ref array =
        nanvm_new_array(self->manager, &ints_type, items, SIZE_MAX / item + 2);
    must_refuse(array.object == NULL);
}

static bool never(void *object, size_t length, void *context) {
    (void)object;
    (void)length;
    (void)context;
    wrong("a constructor was called for an object that can't be");
}
static void construct_largest(world *self) {
    nanvm_mut_ref array =
        nanvm_new_with(self->manager, &ints_type, SIZE_MAX, never, NULL);
    must_refuse(array.object == NULL);
}

/* The array stays as it was. */
static void resize_must_fail(world *self, size_t length) {
    nanvm_mut_ref array = own_array(self, 8);
    void *before = array.object;
    must_refuse(!nanvm_mut_ref_resize(&array, self->manager, length));
    must_refuse(!nanvm_mut_ref_resize_unset(&array, self->manager, length));
    if (array.object != before || nanvm_mut_ref_length(array) != 8) {
        wrong("a resize that failed changed the array");
    }
    (void)keep_array(self, array, 8, self->seed);
}

static void resize_largest(world *self) {
    resize_must_fail(self, SIZE_MAX);
}
static void resize_wraps(world *self) {
    resize_must_fail(self, SIZE_MAX / item + 2);
}
static void resize_too_far(world *self) {
    resize_must_fail(self, PTRDIFF_MAX / item + 1);
}
static void resize_just_too_large(world *self) {
    resize_must_fail(self, (PTRDIFF_MAX - 64) / item);
}
static void resize_no_array(world *self) {
    nanvm_mut_ref object = own_mut(self, &node_type);
    must_refuse(!nanvm_mut_ref_resize(&object, self->manager, 5));
    nanvm_mut_ref_drop(object);
}

/* --- raw memory --- */

static void raw_must_fail(world *self, size_t size, size_t align) {
    must_refuse(nanvm_manager_alloc(self->manager, nanvm_layout_make(size, align)) ==
                NULL);
}

static void raw_largest(world *self) {
    raw_must_fail(self, SIZE_MAX, 8);
}
static void raw_wraps(world *self) {
    raw_must_fail(self, SIZE_MAX - 15, 16);
}
static void raw_too_far(world *self) {
    raw_must_fail(self, (size_t)PTRDIFF_MAX + 1, 8);
}
static void raw_just_too_large(world *self) {
    raw_must_fail(self, PTRDIFF_MAX - 64, 8);
}
static void raw_align_0(world *self) {
    raw_must_fail(self, 16, 0);
}
static void raw_align_3(world *self) {
    raw_must_fail(self, 16, 3);
}
static void raw_align_largest(world *self) {
    raw_must_fail(self, 16, SIZE_MAX / 2 + 1);
}
static void raw_align_large(world *self) {
    raw_must_fail(self, 16, SIZE_MAX / 4 + 1);
}

static void raw_resize_largest(world *self) {
    nanvm_layout layout = {64, 8};
    unsigned char *memory = nanvm_manager_alloc(self->manager, layout);
    memset(memory, 0x22, layout.size);
    must_refuse(nanvm_manager_resize(self->manager, memory, layout, SIZE_MAX) == NULL);
    must_refuse(nanvm_manager_resize(self->manager, memory, layout, SIZE_MAX - 7) ==
                NULL);
    must_refuse(nanvm_manager_resize(self->manager, memory, layout, PTRDIFF_MAX - 64) ==
                NULL);
    if (memory[0] != 0x22 || memory[63] != 0x22) {
        wrong("a resize that failed changed the memory");
    }
    nanvm_manager_dealloc(self->manager, memory, layout);
}

/* --- tables --- */

static nanvm_type bad;

static void table_must_fail(world *self, nanvm_type table, size_t length) {
    bad = table;
    bad.name = "bad";
    nanvm_mut_ref object = bad.item_size == 0
                               ? nanvm_new(self->manager, &bad)
                               : nanvm_new_array(self->manager, &bad, NULL, length);
    must_refuse(object.object == NULL);
}

static void table_size(world *self) {
    table_must_fail(self, (nanvm_type){.size = SIZE_MAX, .align = 8}, 0);
}
static void table_size_wraps(world *self) {
    table_must_fail(self, (nanvm_type){.size = SIZE_MAX - 7, .align = 8}, 0);
}
static void table_size_too_large(world *self) {
    table_must_fail(self, (nanvm_type){.size = PTRDIFF_MAX - 64, .align = 8}, 0);
}
static void table_align_0(world *self) {
    table_must_fail(self, (nanvm_type){.size = 16}, 0);
}
static void table_align_3(world *self) {
    table_must_fail(self, (nanvm_type){.size = 16, .align = 3}, 0);
}
static void table_align_largest(world *self) {
    table_must_fail(self, (nanvm_type){.size = 16, .align = SIZE_MAX / 2 + 1}, 0);
}
static void table_offset(world *self) {
    table_must_fail(
        self, (nanvm_type){.align = 8, .items_offset = SIZE_MAX - 7, .item_size = 8}, 1);
}
static void table_item(world *self) {
    table_must_fail(self, (nanvm_type){.align = 8, .item_size = SIZE_MAX / 2 + 1}, 2);
}

#define ALL(name, what, run)                                                             \
    { name, what, run, ON_ALL, false }

static const attack attacks[] = {
    ALL("array-largest", "a new array of SIZE_MAX items", array_largest),
    ALL("array-wraps", "a new array whose size wraps to 4 bytes", array_wraps),
    ALL("array-wraps-header", "a new array whose size wraps with its header",
        array_wraps_with_header),
    ALL("array-far", "a new array of PTRDIFF_MAX bytes and more", array_too_far),
    ALL("array-large", "a new array of PTRDIFF_MAX - 64 bytes", array_just_too_large),
    ALL("array-copy-wraps", "copies items into an array whose size wraps",
        array_copy_wraps),
    ALL("construct-largest", "constructs an array of SIZE_MAX items", construct_largest),
    ALL("resize-largest", "resizes an array to SIZE_MAX items", resize_largest),
    ALL("resize-wraps", "resizes an array so that its size wraps", resize_wraps),
    ALL("resize-far", "resizes an array to PTRDIFF_MAX bytes and more", resize_too_far),
    ALL("resize-large", "resizes an array to PTRDIFF_MAX - 64 bytes",
        resize_just_too_large),
    ALL("resize-object", "resizes what isn't an array", resize_no_array),
    ALL("raw-largest", "raw memory of SIZE_MAX bytes", raw_largest),
    ALL("raw-wraps", "raw memory of SIZE_MAX - 15 bytes", raw_wraps),
    ALL("raw-far", "raw memory of PTRDIFF_MAX + 1 bytes", raw_too_far),
    ALL("raw-large", "raw memory of PTRDIFF_MAX - 64 bytes", raw_just_too_large),
    ALL("raw-align-0", "raw memory aligned to 0", raw_align_0),
    ALL("raw-align-3", "raw memory aligned to 3", raw_align_3),
    ALL("raw-align-largest", "raw memory aligned to 2^63", raw_align_largest),
    ALL("raw-align-large", "raw memory aligned to 2^62", raw_align_large),
    ALL("raw-resize", "resizes raw memory to SIZE_MAX bytes", raw_resize_largest),
    ALL("table-size", "a type of SIZE_MAX bytes", table_size),
    ALL("table-size-wraps", "a type of SIZE_MAX - 7 bytes", table_size_wraps),
    ALL("table-size-large", "a type of PTRDIFF_MAX - 64 bytes", table_size_too_large),
    ALL("table-align-0", "a type aligned to 0", table_align_0),
    ALL("table-align-3", "a type aligned to 3", table_align_3),
    ALL("table-align-largest", "a type aligned to 2^63", table_align_largest),
    ALL("table-offset", "a type whose items start at SIZE_MAX - 7", table_offset),
    ALL("table-item", "two items of 2^63 bytes", table_item),
};

ATTACK_GROUP(sizes, "Sizes", attacks);
