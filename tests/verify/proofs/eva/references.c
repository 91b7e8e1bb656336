/* The functions of <nanvm/mem/manager.h>, ref.h and mut_ref.h, with objects of each kind.
 */
#include "support.h"

/* --- creating --- */

static void new (nanvm_manager *manager) {
    nanvm_mut_ref_drop(nanvm_new(manager, leaf_type));
}
WITH_MANAGERS(new)

static void new_copy(nanvm_manager *manager) {
    long value = Frama_C_long_interval(-5, 5);
    nanvm_mut_ref self = nanvm_new_copy(manager, leaf_type, &value);
    nanvm_mut_ref_drop(self);
}
WITH_MANAGERS(new_copy)

/* (The memory of each call of malloc is one to the analysis: two lengths, two calls.) */
static void new_array(nanvm_manager *manager) {
    static const unsigned char bytes[8] = "seven b";
    int way = Frama_C_nondet(0, 1);
    //@ split way;
    if (way) {
        nanvm_mut_ref_drop(nanvm_new_array(manager, text_type, bytes, 3));
    } else {
        nanvm_mut_ref_drop(nanvm_new_array(manager, text_type, bytes, 8));
    }
}
WITH_MANAGERS(new_array)

/* Of any length: what is too long is refused. */
static void new_array_any(nanvm_manager *manager) {
    size_t length = Frama_C_unsigned_long_interval(0x7fffffffffff0000, SIZE_MAX);
    nanvm_mut_ref_drop(nanvm_new_array(manager, refs_type, NULL, length));
}
WITH_MANAGERS(new_array_any)

static int constructs;

static bool construct(void *object, size_t length, void *context) {
    (void)length;
    (void)context;
    *(long *)object = 7;
    return constructs;
}

static void new_with(nanvm_manager *manager) {
    constructs = Frama_C_nondet(0, 1);
    //@ split constructs;
    nanvm_mut_ref_drop(nanvm_new_with(manager, leaf_type, 0, construct, NULL));
}
WITH_MANAGERS(new_with)

/* --- raw memory --- */

static void manager_alloc(nanvm_manager *manager) {
    nanvm_layout layout = nanvm_layout_make(Frama_C_nondet(0, 1) ? 24 : 100, 8);
    void *memory = nanvm_manager_alloc(manager, layout);
    nanvm_manager_dealloc(manager, memory, layout);
}
WITH_MANAGERS(manager_alloc)

static void manager_resize_to(nanvm_manager *manager, size_t size) {
    nanvm_layout layout = nanvm_layout_make(24, 8);
    void *memory = nanvm_manager_alloc(manager, layout);
    void *resized = nanvm_manager_resize(manager, memory, layout, size);
    if (resized != NULL) {
        nanvm_manager_dealloc(manager, resized, nanvm_layout_make(size, 8));
    }
}

static void manager_resize(nanvm_manager *manager) {
    int way = Frama_C_nondet(0, 1);
    //@ split way;
    if (way) {
        manager_resize_to(manager, 16);
    } else {
        manager_resize_to(manager, 48);
    }
}
WITH_MANAGERS(manager_resize)

/* --- the only reference --- */

static void mut_ref_length(nanvm_manager *manager) {
    nanvm_mut_ref self = new_text(manager, 5);
    size_t length = nanvm_mut_ref_length(self);
    //@ assert self.object == \null || length == 5;
    nanvm_mut_ref_drop(self);
}
WITH_MANAGERS(mut_ref_length)

static void mut_ref_drop(nanvm_manager *manager) {
    nanvm_mut_ref_drop(new_node(manager));
}
WITH_MANAGERS(mut_ref_drop)

static void mut_ref_drop_callbacks(nanvm_manager *manager) {
    nanvm_mut_ref_drop(nanvm_new(manager, file_type));
}
WITH_MANAGERS(mut_ref_drop_callbacks)

static void mut_ref_resize_to(nanvm_manager *manager, size_t length) {
    nanvm_mut_ref self = new_text(manager, 4);
    if (self.object != NULL && nanvm_mut_ref_resize(&self, manager, length)) {
        ((text *)self.object)->bytes[length - 1] = 1;
    }
    nanvm_mut_ref_drop(self);
}

static void mut_ref_resize(nanvm_manager *manager) {
    int way = Frama_C_nondet(0, 1);
    //@ split way;
    if (way) {
        mut_ref_resize_to(manager, 2);
    } else {
        mut_ref_resize_to(manager, 40);
    }
}
WITH_MANAGERS(mut_ref_resize)

static void mut_ref_resize_unset(nanvm_manager *manager) {
    nanvm_mut_ref self = new_text(manager, 4);
    if (self.object != NULL && nanvm_mut_ref_resize_unset(&self, manager, 9)) {
        ((text *)self.object)->bytes[8] = 1;
    }
    nanvm_mut_ref_drop(self);
}
WITH_MANAGERS(mut_ref_resize_unset)

static void mut_ref_resize_refs(nanvm_manager *manager) {
    nanvm_mut_ref self = nanvm_new_array(manager, refs_type, NULL, 2);
    if (self.object != NULL) {
        nanvm_ref *items = self.object;
        items[1] = nanvm_mut_ref_to_ref(nanvm_new(manager, leaf_type));
        (void)nanvm_mut_ref_resize(&self, manager, 1);
    }
    nanvm_mut_ref_drop(self);
}
WITH_MANAGERS(mut_ref_resize_refs)

/* --- counted references --- */

static void ref_clone(nanvm_manager *manager) {
    nanvm_ref self = nanvm_mut_ref_to_ref(new_node(manager));
    nanvm_ref copy = nanvm_ref_clone(self);
    nanvm_ref_drop(self);
    nanvm_ref_drop(copy);
}
WITH_MANAGERS(ref_clone)

static void ref_drop(nanvm_manager *manager) {
    nanvm_ref_drop(nanvm_mut_ref_to_ref(nanvm_new(manager, leaf_type)));
}
WITH_MANAGERS(ref_drop)

static void ref_count(nanvm_manager *manager) {
    nanvm_ref self = nanvm_mut_ref_to_ref(nanvm_new(manager, leaf_type));
    nanvm_ref copy = nanvm_ref_clone(self);
    size_t others = nanvm_ref_count(copy);
    //@ assert self.object == \null || others == 1 || others == SIZE_MAX;
    nanvm_ref_drop(self);
    nanvm_ref_drop(copy);
}
WITH_MANAGERS(ref_count)

static void ref_length(nanvm_manager *manager) {
    nanvm_ref self = nanvm_mut_ref_to_ref(new_text(manager, 3));
    size_t length = nanvm_ref_length(self);
    //@ assert self.object == \null || length == 3;
    nanvm_ref_drop(self);
}
WITH_MANAGERS(ref_length)

/* Both are followed. */
static nanvm_ref copy_or_null(nanvm_ref self) {
    int copies = Frama_C_nondet(0, 1);
    //@ split copies;
    return copies ? nanvm_ref_clone(self) : (nanvm_ref){NULL};
}

static void ref_try_to_mut_ref(nanvm_manager *manager) {
    nanvm_ref self = nanvm_mut_ref_to_ref(nanvm_new(manager, leaf_type));
    nanvm_ref copy = copy_or_null(self);
    nanvm_mut_ref own;
    if (nanvm_ref_try_to_mut_ref(&self, &own)) {
        *(long *)own.object = 1;
        nanvm_mut_ref_drop(own);
    }
    nanvm_ref_drop(self);
    nanvm_ref_drop(copy);
}
WITH_MANAGERS(ref_try_to_mut_ref)

static void ref_clone_object(nanvm_manager *manager) {
    nanvm_ref self = nanvm_mut_ref_to_ref(new_node(manager));
    nanvm_mut_ref_drop(nanvm_ref_clone_object(self, manager));
    nanvm_ref_drop(self);
}
WITH_MANAGERS(ref_clone_object)

static void ref_clone_object_callbacks(nanvm_manager *manager) {
    nanvm_ref self = nanvm_mut_ref_to_ref(nanvm_new(manager, file_type));
    nanvm_mut_ref_drop(nanvm_ref_clone_object(self, manager));
    nanvm_ref_drop(self);
}
WITH_MANAGERS(ref_clone_object_callbacks)

static void ref_to_mut_ref(nanvm_manager *manager) {
    nanvm_ref self = nanvm_mut_ref_to_ref(nanvm_new(manager, leaf_type));
    nanvm_ref copy = copy_or_null(self);
    nanvm_mut_ref own = nanvm_ref_to_mut_ref(&self, manager);
    nanvm_mut_ref_drop(own);
    nanvm_ref_drop(self);
    nanvm_ref_drop(copy);
}
WITH_MANAGERS(ref_to_mut_ref)

static void ref_make_mut(nanvm_manager *manager) {
    nanvm_ref self = nanvm_mut_ref_to_ref(nanvm_new(manager, leaf_type));
    nanvm_ref copy = copy_or_null(self);
    long *value = nanvm_ref_make_mut(&self, manager);
    if (value != NULL) {
        *value = 2;
    }
    nanvm_ref_drop(self);
    nanvm_ref_drop(copy);
}
WITH_MANAGERS(ref_make_mut)

static void count_visitor(nanvm_ref reference, void *context) {
    (void)reference;
    *(int *)context += 1;
}

static void ref_visit(nanvm_manager *manager) {
    int references = 0;
    nanvm_ref self = nanvm_mut_ref_to_ref(new_node(manager));
    nanvm_ref_visit(self, count_visitor, &references);
    //@ assert self.object == \null ? references == 0 : references == 2;
    nanvm_ref_drop(self);
}
WITH_MANAGERS(ref_visit)

static void ref_type(nanvm_manager *manager) {
    nanvm_ref self = nanvm_mut_ref_to_ref(nanvm_new(manager, leaf_type));
    const nanvm_type *type = nanvm_ref_type(self);
    //@ assert self.object == \null || type == leaf_type;
    nanvm_ref_drop(self);
}
WITH_MANAGERS(ref_type)
