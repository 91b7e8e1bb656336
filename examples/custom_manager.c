/* A manager on another allocator, written against the public headers. */
#include <nanvm/mem.h>

#include "check.h"

//! [small]
static void *malloc_alloc(nanvm_manager *self, nanvm_layout layout) {
    (void)self;
    bool aligned = layout.align <= 2 * sizeof(void *); /* what malloc gives */
    return aligned ? malloc(layout.size) : NULL;
}

static void malloc_dealloc(nanvm_dealloc *self, void *memory, nanvm_layout layout) {
    (void)self;
    (void)layout;
    free(memory);
}

static const nanvm_manager_table malloc_table = {.alloc = malloc_alloc};
static const nanvm_dealloc_table malloc_dealloc_table = {.count = NANVM_COUNT_ATOMIC,
                                                         .dealloc = malloc_dealloc};
static nanvm_dealloc the_dealloc = {&malloc_dealloc_table};
static nanvm_manager the_manager = {.table = &malloc_table, .dealloc = &the_dealloc};
//! [small]

//! [manager]
/* Serves what another manager has, and knows how much of it is in use. A limit
 * makes it a test of what a program does when memory runs out. */
struct limited {
    nanvm_manager manager; /* first: the library passes this one around */
    nanvm_dealloc dealloc;
    size_t used, limit;
};

static void *limited_alloc(nanvm_manager *manager, nanvm_layout layout) {
    struct limited *self = (struct limited *)manager;
    if (layout.size > self->limit - self->used) {
        return NULL;
    }
    void *memory = nanvm_manager_alloc(nanvm_global(), layout);
    self->used += memory == NULL ? 0 : layout.size;
    return memory;
}

static void limited_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    struct limited *self = (void *)((char *)dealloc - offsetof(struct limited, dealloc));
    self->used -= layout.size;
    nanvm_manager_dealloc(nanvm_global(), memory, layout);
}

static const nanvm_manager_table limited_table = {.alloc = limited_alloc};
static const nanvm_dealloc_table limited_dealloc_table = {.count = NANVM_COUNT_PLAIN,
                                                          .dealloc = limited_dealloc};

static void limited_init(struct limited *self, size_t limit) {
    *self = (struct limited){.limit = limit};
    self->manager.table = &limited_table;
    self->manager.dealloc = &self->dealloc;
    self->dealloc.table = &limited_dealloc_table;
}
//! [manager]

NANVM_ARRAY_OF(bytes_type, char);

static void small(void) {
    nanvm_ref bytes =
        nanvm_mut_ref_to_ref(nanvm_new_array(&the_manager, &bytes_type, "abc", 3));
    CHECK(nanvm_ref_get(bytes) != NULL && nanvm_ref_length(bytes) == 3);
    nanvm_ref_drop(bytes);
}

int main(void) {
    small();
    //! [use]
    struct limited limited;
    limited_init(&limited, 1000);

    nanvm_mut_ref bytes = nanvm_new_array(&limited.manager, &bytes_type, NULL, 600);
    CHECK(nanvm_mut_ref_get(bytes) != NULL);
    CHECK(limited.used >= 600);

    nanvm_mut_ref more = nanvm_new_array(&limited.manager, &bytes_type, NULL, 600);
    CHECK(nanvm_mut_ref_get(more) == NULL); /* over the limit */

    nanvm_mut_ref_drop(bytes);
    CHECK(limited.used == 0);
    //! [use]

    //! [under_local]
    /* It serves as the source of another manager just as well. */
    limited_init(&limited, 100000);
    nanvm_local local;
    nanvm_local_init_from(&local, &limited.manager);
    nanvm_mut_ref_drop(nanvm_new(nanvm_local_manager(&local), &bytes_type));
    CHECK(limited.used > 0); /* a chunk */
    nanvm_local_deinit(&local);
    CHECK(limited.used == 0);
    //! [under_local]
    return 0;
}
