/* Addresses that no object has, as references. */
#include "groups.h"

#include <string.h>
#include <sys/mman.h>

#include "child.h"
#include "forge.h"

enum { SIZE = 512, MIDDLE = 256 };

typedef void use(nanvm_ref ref);

static void drop(nanvm_ref ref) {
    nanvm_ref_drop(ref);
}

static void clone(nanvm_ref ref) {
    nanvm_ref more = nanvm_ref_clone(ref);
    (void)more;
}

static void drop_mut(nanvm_ref ref) {
    nanvm_mut_ref_drop(mut_at(ref.object));
}

/* `bytes` stay as they are, whatever is done with the middle of them. */
static void use_bytes(world *self, unsigned char *bytes, use *use) {
    model_forbid(&self->model, bytes, SIZE);
    use(ref_at(bytes + MIDDLE));
}

static void use_foreign(world *self, int content, use *use) {
    unsigned char *bytes =
        mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(bytes, content, SIZE);
    use_bytes(self, bytes, use);
}

static void foreign_zero_drop(world *self) {
    use_foreign(self, 0, drop);
}
static void foreign_zero_clone(world *self) {
    use_foreign(self, 0, clone);
}
static void foreign_ones_drop(world *self) {
    use_foreign(self, 0xff, drop);
}
static void foreign_text_drop(world *self) {
    use_foreign(self, 'A', drop);
}
static void foreign_text_clone(world *self) {
    use_foreign(self, 'A', clone);
}
static void foreign_text_drop_mut(world *self) {
    use_foreign(self, 'A', drop_mut);
}

static unsigned char in_static[SIZE];

static void static_drop(world *self) {
    memset(in_static, 'A', SIZE);
    use_bytes(self, in_static, drop);
}
static void static_clone(world *self) {
    use_bytes(self, in_static, clone);
}

static void stack_use(use *use) {
    unsigned char bytes[SIZE], before[SIZE];
    memset(bytes, 'A', SIZE);
    memcpy(before, bytes, SIZE);
    use(ref_at(laundered(bytes + MIDDLE)));
    child_goes_on();
    if (memcmp(laundered(bytes), before, SIZE) != 0) {
        wrong("memory that isn't the library's has changed");
    }
}

static void stack_drop(world *self) {
    (void)self;
    stack_use(drop);
}
static void stack_clone(world *self) {
    (void)self;
    stack_use(clone);
}

static void null_page_drop(world *self) {
    (void)self;
    nanvm_ref_drop(ref_at((const void *)(uintptr_t)16));
}
static void null_page_clone(world *self) {
    (void)self;
    clone(ref_at((const void *)(uintptr_t)1024));
}
static void code_drop(world *self) {
    (void)self;
    nanvm_ref_drop(ref_at((const void *)(uintptr_t)code_drop));
}
static void code_clone(world *self) {
    (void)self;
    clone(ref_at((const void *)(uintptr_t)code_drop));
}

/* --- inside an object of the program's --- */

static void use_inside(world *self, const nanvm_type *type, ptrdiff_t offset, use *use) {
    record *other = victim(self, type, 1);
    model_check(&self->model);
    use(ref_at((const char *)other->ref.object + offset));
}

static void interior_point_drop(world *self) {
    use_inside(self, &point_type, 8, drop);
}
static void interior_point_clone(world *self) {
    use_inside(self, &point_type, 8, clone);
}
static void interior_node_drop(world *self) {
    use_inside(self, &node_type, 16, drop);
}
static void interior_node_clone(world *self) {
    use_inside(self, &node_type, 16, clone);
}

/* Item 20 of an array of positive numbers: a count that is high, a distance that isn't
 * long. */
static void use_in_array(world *self, use *use) {
    nanvm_mut_ref array = own_array(self, 40);
    (void)keep_array(self, array, 40, 7);
    use(ref_at((const uint32_t *)array.object + 20));
}

static void interior_array_drop(world *self) {
    use_in_array(self, drop);
}
static void interior_array_clone(world *self) {
    use_in_array(self, clone);
}
static void interior_array_drop_mut(world *self) {
    use_in_array(self, drop_mut);
}

static void misaligned_drop_1(world *self) {
    use_inside(self, &node_type, 1, drop);
}
static void misaligned_drop_4(world *self) {
    use_inside(self, &node_type, 4, drop);
}
static void misaligned_clone_4(world *self) {
    use_inside(self, &node_type, 4, clone);
}
static void misaligned_clone_below(world *self) {
    use_inside(self, &node_type, -4, clone);
}

/* --- memory that looks like an object --- */

/* As one who knows every table would make it. */
static void use_fake(world *self, int32_t count, use *use) {
    static _Alignas(64) unsigned char bytes[SIZE];
    record *other = victim(self, &node_type, 1);
    nanvm_origin *origin = (nanvm_origin *)(void *)(bytes + 64);
    *origin = *nanvm_block_origin(other->ref.object);
    fake_header(bytes + MIDDLE, origin, count);
    use_bytes(self, bytes, use);
}

static int32_t first_count(const world *self) {
    return (int32_t)nanvm_block_origin(self->model.slots[0]->ref.object)
        ->dealloc->table->count;
}

static void fill_slots(world *self) {
    while (self->model.slots[0] == NULL) {
        (void)victim(self, &node_type, 1);
    }
}

static void fake_drop(world *self) {
    fill_slots(self);
    use_fake(self, first_count(self), drop);
}
static void fake_clone(world *self) {
    fill_slots(self);
    use_fake(self, first_count(self), clone);
}

#define EVERYWHERE(name, what, run)                                                      \
    { name, what, run, ON_ALL, false }

static const attack attacks[] = {
    EVERYWHERE("foreign-zero-drop", "drops foreign memory, all zeros", foreign_zero_drop),
    EVERYWHERE("foreign-zero-clone", "clones it", foreign_zero_clone),
    EVERYWHERE("foreign-ones-drop", "drops foreign memory, all ones", foreign_ones_drop),
    EVERYWHERE("foreign-text-drop", "drops foreign memory, text", foreign_text_drop),
    EVERYWHERE("foreign-text-drop-mut", "drops it as a MutRef", foreign_text_drop_mut),
    EVERYWHERE("foreign-text-clone", "clones it", foreign_text_clone),
    EVERYWHERE("static-drop", "drops a static variable, text", static_drop),
    EVERYWHERE("static-clone", "clones one, zeros", static_clone),
    EVERYWHERE("stack-drop", "drops a variable on the stack, text", stack_drop),
    EVERYWHERE("stack-clone", "clones one", stack_clone),
    EVERYWHERE("null-page-drop", "drops address 16", null_page_drop),
    EVERYWHERE("null-page-clone", "clones address 1024", null_page_clone),
    EVERYWHERE("code-drop", "drops a function", code_drop),
    EVERYWHERE("code-clone", "clones a function", code_clone),
    EVERYWHERE("interior-point-drop", "drops the second word of an object",
               interior_point_drop),
    EVERYWHERE("interior-point-clone", "clones it", interior_point_clone),
    EVERYWHERE("interior-node-drop", "drops the last word of an object with references",
               interior_node_drop),
    EVERYWHERE("interior-node-clone", "clones it", interior_node_clone),
    EVERYWHERE("interior-array-drop", "drops an item of an array", interior_array_drop),
    EVERYWHERE("interior-array-drop-mut", "drops it as a MutRef",
               interior_array_drop_mut),
    EVERYWHERE("interior-array-clone", "clones it", interior_array_clone),
    EVERYWHERE("misaligned-1-drop", "drops an object's address + 1", misaligned_drop_1),
    EVERYWHERE("misaligned-4-drop", "drops an object's address + 4", misaligned_drop_4),
    EVERYWHERE("misaligned-4-clone", "clones an object's address + 4",
               misaligned_clone_4),
    EVERYWHERE("misaligned-below-clone", "clones an object's address - 4",
               misaligned_clone_below),
    EVERYWHERE("fake-drop", "drops memory that was made to look like an object",
               fake_drop),
    EVERYWHERE("fake-clone", "clones it", fake_clone),
};

ATTACK_GROUP(pointers, "Pointers that are no references", attacks);
