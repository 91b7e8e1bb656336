/* Deep copies: an object and all that it leads to, copied into another manager.
 *
 *   1. An object is copied with null in place of its references, and its copy joins a
 *      stack. When the copy is taken off, each object that the original refers to is
 *      copied, unless there is a copy already, and the copy gets a reference to that.
 *   2. A table leads from objects to their copies, so that a shared object is copied
 *      once. If an object's count says that there is no other reference, the object is
 *      reached only once, and needs no entry. Any other object has an entry: it is
 *      shared, or its references aren't counted, as in an arena. (A count may change
 *      while a callback or another thread is at work. But if two objects that are copied
 *      refer to a third, it is shared until the end.)
 *   3. A copy never holds a reference that was the original's. So whatever runs in the
 *      middle of the work, such as a `clone` or the search for cycles in a debug build,
 *      finds each copy complete, except that some of its references may still be null.
 *   4. On failure, the references of each copy in the table are dropped, and then the
 *      copies. So cycles end, too. Each leads through an entry: one of its objects has
 *      two references, one from the cycle and one from where the cycle was reached.
 *
 * The stack and the table begin in the frame of nanvm_ref_clone_deep(). They grow into
 * memory of the system, and not of the manager: an arena couldn't use such memory again
 * before its reset. */
#include <string.h>

#include "hold.h"
#include "system/system.h"
#include "unwind.h"

static const nanvm_ref null_handle = {NULL};

/* An object, and its copy whose references are still null. */
typedef struct pair {
    const void *source;
    void *copy;
} pair;

enum { FIRST_ROOM = 16 };

/* (Its top is passed from function to function, so that it lies in a register.) */
typedef struct stack {
    pair *pairs;
    pair *limit; /* where the memory ends */
    pair first[FIRST_ROOM];
} stack;

/* A page notes the copies of objects that lie within a few grains: two words each, of
 * which only one object begins in each. (A header lies in front of an object. Where a
 * header takes one word, an object of no bytes may be closer to the next: see key_of().)
 */
enum { GRAIN = 2 * sizeof(void *), PAGE_GRAINS = 16 };

typedef struct page {
    size_t key;
    void *copies[PAGE_GRAINS]; /* NULL: there is none yet */
} page;

/* Memory for pages. */
typedef struct block {
    struct block *next;
    size_t length; /* pages that it has room for */
    page pages[];
} block;

/* From an object to its copy. What is copied in a row was mostly created in a row, so
 * that the table has pages: most objects lie in the same one as the object before. Pages
 * are found by open addressing and linear probing (Knuth, TAOCP 3, 6.4, algorithm L). */
enum { FIRST_BITS = 5, FIRST_PAGES = 8 };

typedef struct table {
    page *last;   /* the page that was sought last, or NULL */
    page **pages; /* 2^bits entries; NULL before the first page */
    unsigned bits;
    size_t used; /* at most half of the entries */
    page *free;  /* pages that weren't used yet ... */
    page *free_end;
    block *blocks; /* all but the first few pages lie in these */
    page *first[1 << FIRST_BITS];
    page first_pages[FIRST_PAGES];
} table;

typedef struct copier {
    nanvm_manager *manager;
    nanvm_ref root; /* the copy of the first object, which leads to all others */
    table table;
    stack stack;
} copier;

/* --- memory of the system --- */

static nanvm_layout array_layout(size_t length, size_t size) {
    return nanvm_layout_make(length * size, NANVM_ALIGNOF(page));
}

static void *alloc_array(size_t length, size_t size) {
    return length <= (size_t)PTRDIFF_MAX / size
               ? nanvm_system_alloc(array_layout(length, size))
               : NULL;
}

static void free_array(void *array, size_t length, size_t size) {
    nanvm_system_free(array, array_layout(length, size));
}

/* --- the table: pages --- */

/* Objects without bytes have pages of their own, for even words and for odd ones. */
static inline size_t key_of(uintptr_t address, bool has_bytes) {
    size_t kind = has_bytes ? 0 : 1 + (size_t)(address / sizeof(void *) % 2);
    return (size_t)(address / GRAIN / PAGE_GRAINS) << 2 | kind;
}

/* The multiplier is 2^64 / golden ratio (Knuth, TAOCP 3, 6.4). */
NANVM_WRAPS("a hash")
static size_t index_of(const table *self, size_t key) {
    return (size_t)((uint64_t)key * UINT64_C(0x9E3779B97F4A7C15) >> (64 - self->bits));
}

/* The entry of a page, or the empty one where it belongs. */
static page **find_page(const table *self, size_t key) {
    size_t i = index_of(self, key);
    while (self->pages[i] != NULL && self->pages[i]->key != key) {
        i = (i + 1) & (((size_t)1 << self->bits) - 1);
    }
    return &self->pages[i];
}

static void set_pages(table *self, page **pages, unsigned bits) {
    self->pages = pages;
    self->bits = bits;
    memset(pages, 0, sizeof(page *) << bits);
}

static bool enlarge_pages(table *self) {
    page **old = self->pages;
    size_t length = (size_t)1 << self->bits;
    page **pages = alloc_array(2 * length, sizeof(page *));
    if (pages == NULL) {
        return false;
    }
    set_pages(self, pages, self->bits + 1);
    for (size_t i = 0; i < length; ++i) {
        if (old[i] != NULL) {
            *find_page(self, old[i]->key) = old[i];
        }
    }
    if (old != self->first) {
        free_array(old, length, sizeof(page *));
    }
    return true;
}

static size_t block_size(size_t length) {
    return sizeof(block) + length * sizeof(page);
}

/* Each block has room for twice as many pages as the one before. */
static bool add_block(table *self) {
    size_t length =
        self->blocks == NULL ? 4 * (size_t)FIRST_PAGES : 2 * self->blocks->length;
    block *added = alloc_array(1, block_size(length));
    if (added == NULL) {
        return false;
    }
    added->next = self->blocks;
    added->length = length;
    self->blocks = added;
    self->free = added->pages;
    self->free_end = added->pages + length;
    return true;
}

static page *add_page(table *self, page **entry, size_t key) {
    page *added = self->free;
    self->free += 1;
    self->used += 1;
    memset(added, 0, sizeof(*added));
    added->key = key;
    *entry = added;
    return added;
}

/* The page for a key, or NULL if there is no memory for a new one. */
NANVM_NOINLINE static page *page_for(table *self, size_t key) {
    page **entry = find_page(self, key);
    if (*entry != NULL) {
        return self->last = *entry;
    }
    if (self->free == self->free_end && !add_block(self)) {
        return NULL;
    }
    if (2 * (self->used + 1) > (size_t)1 << self->bits) {
        if (!enlarge_pages(self)) {
            return NULL;
        }
        entry = find_page(self, key);
    }
    return self->last = add_page(self, entry, key);
}

/* Where the copy of an object is noted, or NULL. */
static inline void **slot_for(table *self, const void *object, bool has_bytes) {
    uintptr_t address = (uintptr_t)object;
    size_t key = key_of(address, has_bytes);
    page *found = self->last;
    if (found == NULL || found->key != key) {
        found = page_for(self, key);
    }
    return found == NULL ? NULL : &found->copies[address / GRAIN % PAGE_GRAINS];
}

static void init_table(table *self) {
    self->last = NULL;
    self->used = 0;
    self->free = self->first_pages;
    self->free_end = self->first_pages + FIRST_PAGES;
    self->blocks = NULL;
    set_pages(self, self->first, FIRST_BITS);
}

static void free_table(table *self) {
    if (self->pages != self->first) {
        free_array(self->pages, (size_t)1 << self->bits, sizeof(page *));
    }
    for (block *each = self->blocks; each != NULL;) {
        block *next = each->next;
        free_array(each, 1, block_size(each->length));
        each = next;
    }
}

/* --- the stack --- */

static size_t room_of(const stack *self) {
    return (size_t)(self->limit - self->pairs);
}

static void free_stack(stack *self) {
    if (self->pairs != self->first) {
        free_array(self->pairs, room_of(self), sizeof(pair));
    }
}

static void set_pairs(stack *self, pair *pairs, size_t room) {
    self->pairs = pairs;
    self->limit = pairs + room;
}

/* Called when the stack is full. Returns the new top, or NULL. */
NANVM_NOINLINE static pair *enlarge_stack(stack *self) {
    size_t room = room_of(self);
    pair *pairs = alloc_array(2 * room, sizeof(pair));
    if (pairs == NULL) {
        return NULL;
    }
    memcpy(pairs, self->pairs, room * sizeof(pair));
    free_stack(self);
    set_pairs(self, pairs, 2 * room);
    return pairs + room;
}

/* Returns the new top, or NULL. */
static inline pair *push(stack *self, pair *top, const void *source, void *copy) {
    if (NANVM_UNLIKELY(top == self->limit)) {
        top = enlarge_stack(self);
        if (top == NULL) {
            return NULL;
        }
    }
    *top = (pair){source, copy};
    return top + 1;
}

/* --- one object --- */

static inline nanvm_ref *ref_at(void *part, size_t offset) {
    return (nanvm_ref *)(void *)((unsigned char *)part + offset);
}

static inline const void *object_at(const void *part, size_t offset) {
    const void *reference = (const unsigned char *)part + offset;
    return ((const nanvm_ref *)reference)->object;
}

/* These functions set the references of a copy to null; they return whether the object
 * holds any. They prefetch what it refers to, which is copied soon. */
static inline bool clear_declared(void *copy, const void *source, const size_t *offsets,
                                  size_t length) {
    bool held = false;
    for (size_t i = 0; i < length; ++i) {
        const void *object = object_at(source, offsets[i]);
        ref_at(copy, offsets[i])->object = NULL;
        if (object != NULL) {
            NANVM_PREFETCH(object);
            held = true;
        }
    }
    return held;
}

static bool clear_items(const nanvm_type *type, void *copy, const void *source,
                        size_t length) {
    bool held = false;
    for (size_t i = 0; i < length; ++i) {
        held |= clear_declared(nanvm_object_item(type, copy, i),
                               nanvm_object_item(type, source, i), type->item_refs,
                               type->item_refs_length);
    }
    return held;
}

static inline bool clear_refs(const nanvm_type *type, void *copy, const void *source,
                              size_t length) {
    bool held = clear_declared(copy, source, type->refs, type->refs_length);
    return (type->item_refs_length > 0 && clear_items(type, copy, source, length)) ||
           held;
}

/* Whether all references of an object can be found in its copy, and there is a `clone`
 * where the copy needs one. */
static bool is_copyable(const nanvm_type *type) {
    return type->visit == NULL && type->visit_item == NULL &&
           (type->drop == NULL || type->clone != NULL);
}

/* A new reference to a copy. */
typedef struct made {
    void *copy; /* NULL on failure */
    bool waits; /* for its references */
} made;

static const made nothing = {NULL, false};

/* A new block with the bytes of the object, or NULL. */
static void *copy_bytes(const copier *self, const nanvm_type *type, const void *object,
                        size_t length) {
    size_t size;
    void *copy = nanvm_new_sized(self->manager, type, length, &size);
    if (copy != NULL) {
        memcpy(copy, object, size);
    }
    return copy;
}

/* Does the same as nanvm_ref_clone_object(), but leaves out the references. */
NANVM_NOINLINE static made copy_any_type(const copier *self, const void *object) {
    const nanvm_type *type = nanvm_block_origin(object)->type;
    if (!is_copyable(type)) {
        return nothing;
    }
    size_t length = nanvm_block_length(type, object);
    void *copy = copy_bytes(self, type, object, length);
    if (copy == NULL) {
        return nothing;
    }
    if (type->clone != NULL && !nanvm_ref_call_clone(type, copy, object, length)) {
        nanvm_block_free(copy);
        return nothing;
    }
    return (made){copy, clear_refs(type, copy, object, length)};
}

/* Whether an object of the type is copied by copy_struct(). */
static inline bool is_plain(const nanvm_type *type) {
    return !nanvm_type_has_callbacks(type) &&
           ((uintptr_t)type->clone | type->item_size) == 0;
}

typedef uintptr_t NANVM_MAY_ALIAS word;

/* Most structs have a few words, for which a call of memcpy() takes too long. */
enum { FEW_BYTES = 8 * sizeof(word) };

static inline void copy_words(void *copy, const void *object, size_t size) {
    const word *source = object;
    word *target = copy;
    for (size_t i = 0; i < size / sizeof(word); ++i) {
        target[i] = source[i];
        NANVM_KEEP_ADDRESS(target); /* so that the compiler makes it no larger loop */
    }
}

static inline made copy_struct(const copier *self, const nanvm_type *type,
                               const void *object) {
    void *copy = nanvm_new_block(self->manager, type);
    if (NANVM_UNLIKELY(copy == NULL)) {
        return nothing;
    }
    if (NANVM_LIKELY(type->size <= FEW_BYTES && type->size % sizeof(word) == 0)) {
        copy_words(copy, object, type->size);
    } else {
        memcpy(copy, object, type->size);
    }
    return (made){copy, clear_declared(copy, object, type->refs, type->refs_length)};
}

static inline made copy_object(const copier *self, const void *object) {
    const nanvm_type *type = nanvm_block_origin(object)->type;
    return NANVM_LIKELY(is_plain(type)) ? copy_struct(self, type, object)
                                        : copy_any_type(self, object);
}

static inline bool has_bytes(const void *object) {
    const nanvm_type *type = nanvm_block_origin(object)->type;
    return type->size > 0 || nanvm_block_length(type, object) > 0;
}

/* The same for an object that may be reached again. (A `clone` doesn't change the table,
 * so that the slot stays where it is.) */
NANVM_NOINLINE static made copy_shared(copier *self, const void *object) {
    nanvm_block_expect_alive(object);
    void **slot = slot_for(&self->table, object, has_bytes(object));
    if (slot == NULL) {
        return nothing;
    }
    if (*slot != NULL) {
        nanvm_ref_add(*slot);
        return (made){*slot, false};
    }
    made it = copy_object(self, object);
    *slot = it.copy;
    return it;
}

static inline bool has_one_reference(const void *object) {
    int32_t count = nanvm_block_count(object);
    return count == 0 || count == NANVM_COUNT_ATOMIC;
}

static inline made copy_any(copier *self, const void *object) {
    return has_one_reference(object) ? copy_object(self, object)
                                     : copy_shared(self, object);
}

/* --- all objects --- */

/* These functions return the new top of the stack, or NULL on failure. */
static inline pair *copy_declared(copier *self, void *copy, const void *source,
                                  const size_t *offsets, size_t length, pair *top) {
    for (size_t i = 0; i < length; ++i) {
        const void *object = object_at(source, offsets[i]);
        if (object == NULL) {
            continue;
        }
        made it = copy_any(self, object);
        ref_at(copy, offsets[i])->object = it.copy;
        top = it.waits ? push(&self->stack, top, object, it.copy) : top;
        if (NANVM_UNLIKELY(it.copy == NULL || top == NULL)) {
            return NULL;
        }
    }
    return top;
}

NANVM_NOINLINE static pair *copy_items(copier *self, const nanvm_type *type, pair what,
                                       pair *top) {
    unsigned char *copy = nanvm_object_item(type, what.copy, 0);
    const unsigned char *source = nanvm_object_item(type, what.source, 0);
    size_t length = nanvm_block_array_length(what.copy);
    for (; top != NULL && length > 0; --length) {
        top = copy_declared(self, copy, source, type->item_refs, type->item_refs_length,
                            top);
        copy += type->item_size;
        source += type->item_size;
    }
    return top;
}

static inline pair *copy_refs(copier *self, pair what, pair *top) {
    const nanvm_type *type = nanvm_block_origin(what.copy)->type;
    top = copy_declared(self, what.copy, what.source, type->refs, type->refs_length, top);
    return top == NULL || type->item_refs_length == 0 ? top
                                                      : copy_items(self, type, what, top);
}

/* The handle holds its reference as an object would. */
static const size_t root_refs[] = {0};

static bool copy_all(copier *self, nanvm_ref source) {
    pair *top =
        copy_declared(self, &self->root, &source, root_refs, 1, self->stack.pairs);
    while (top != NULL && top != self->stack.pairs) {
        --top;
        top = copy_refs(self, *top, top);
    }
    return top != NULL;
}

/* --- the end --- */

static void free_memory(copier *self) {
    free_stack(&self->stack);
    free_table(&self->table);
}

static void drop_refs(void *copy) {
    const nanvm_type *type = nanvm_block_origin(copy)->type;
    nanvm_object_visit(type, copy, nanvm_object_drop_visitor, NULL);
    (void)clear_refs(type, copy, copy, nanvm_block_length(type, copy));
}

static void drop(void *copy) {
    nanvm_ref_drop((nanvm_ref){copy});
}

static void add(void *copy) {
    nanvm_ref_add(copy);
}

static void for_each_in_page(const page *self, void (*act)(void *copy)) {
    for (size_t i = 0; self != NULL && i < PAGE_GRAINS; ++i) {
        if (self->copies[i] != NULL) {
            act(self->copies[i]);
        }
    }
}

static void for_each_copy(const table *self, void (*act)(void *copy)) {
    for (size_t i = 0; i < (size_t)1 << self->bits; ++i) {
        for_each_in_page(self->pages[i], act);
    }
}

/* Callbacks run when no reference is left in any copy that one could reach through a
 * cycle. */
static void give_up(copier *self) {
    nanvm_hold hold;
    nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
    for_each_copy(&self->table, add);
    for_each_copy(&self->table, drop_refs);
    for_each_copy(&self->table, drop);
    nanvm_ref_drop(self->root);
    free_memory(self);
    nanvm_drop_resume(&hold);
}

/* `*unfinished` is NULL once no callback can run any more. */
NANVM_UNUSED static void give_up_unfinished(copier **unfinished) {
    if (*unfinished != NULL) {
        give_up(*unfinished);
    }
}

static void init(copier *self, nanvm_manager *manager) {
    self->manager = manager;
    self->root = null_handle;
    init_table(&self->table);
    set_pairs(&self->stack, self->stack.first, FIRST_ROOM);
}

nanvm_ref nanvm_ref_clone_deep(nanvm_ref self, nanvm_manager *manager) {
    if (self.object == NULL) {
        return null_handle;
    }
    copier all;
    init(&all, manager);
    copier *unfinished NANVM_ON_UNWIND(give_up_unfinished) = &all;
    nanvm_unwind_reads(&unfinished);
    bool copied = copy_all(&all, self);
    unfinished = NULL;
    if (!copied) {
        give_up(&all);
        return null_handle;
    }
    free_memory(&all);
    return all.root;
}
