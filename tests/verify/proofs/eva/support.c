#include "support.h"

#undef malloc
#undef realloc

/* The request that fails; each is followed for itself. */
static int fails_at;
static int requests;

void let_memory_run_out(void) {
    requests = 0;
    fails_at = Frama_C_interval(0, REQUESTS);
    //@ split fails_at;
}

void *nanvm_proofs_malloc(size_t size) {
    requests += 1;
    return requests == fails_at ? NULL : malloc(size);
}

void *nanvm_proofs_realloc(void *memory, size_t size) {
    requests += 1;
    return requests == fails_at ? NULL : realloc(memory, size);
}

/* Frama-C's malloc knows of no alignment: its blocks are aligned to anything. */
void *aligned_alloc(size_t align, size_t size) {
    (void)align;
    return nanvm_proofs_malloc(size);
}

static const size_t node_refs[] = {offsetof(node, left), offsetof(node, right)};
static const size_t item_refs[] = {0};

static void file_drop(void *object, size_t length) {
    (void)length;
    *(long *)object = 0;
}

static int file_clones;

static bool file_clone(void *copy, const void *source, size_t length) {
    (void)length;
    *(long *)copy = *(const long *)source;
    return file_clones;
}

static void write_table(nanvm_type *type, const char *name, size_t size) {
    memset(type, 0, sizeof(*type));
    type->name = name;
    type->size = size;
    type->align = sizeof(void *);
}

void write_tables(void) {
    write_table(leaf_type, "leaf", sizeof(long));
    write_table(node_type, "node", sizeof(node));
    node_type->refs = node_refs;
    node_type->refs_length = 2;
    write_table(text_type, "text", sizeof(text));
    text_type->item_size = 1;
    text_type->items_offset = offsetof(text, bytes);
    write_table(refs_type, "refs", 0);
    refs_type->item_size = sizeof(nanvm_ref);
    refs_type->item_refs = item_refs;
    refs_type->item_refs_length = 1;
    write_table(file_type, "file", sizeof(long));
    file_type->drop = file_drop;
    file_type->clone = file_clone;
    file_clones = Frama_C_nondet(0, 1);
    //@ split file_clones;
}

static void *chunks_alloc(nanvm_manager *self, nanvm_layout layout) {
    static uintptr_t top = CHUNKS;
    uintptr_t start = (top + layout.align - 1) & ~(uintptr_t)(layout.align - 1);
    (void)self;
    if (layout.size > 0x4000) {
        return NULL;
    }
    top = start + layout.size;
    return (void *)start;
}

nanvm_manager *chunks_manager(void) {
    static const nanvm_dealloc_table dealloc_table = {.count = NANVM_COUNT_PLAIN};
    static nanvm_dealloc dealloc = {&dealloc_table};
    static const nanvm_manager_table table = {chunks_alloc, NULL, NULL, NULL, NULL};
    static nanvm_manager manager = {&table, &dealloc, 0, NULL};
    return &manager;
}

nanvm_mut_ref new_node(nanvm_manager *manager) {
    nanvm_mut_ref self = nanvm_new(manager, node_type);
    if (self.object != NULL) {
        node *value = nanvm_mut_ref_get(self);
        value->left = nanvm_mut_ref_to_ref(nanvm_new(manager, leaf_type));
        value->right = nanvm_mut_ref_to_ref(nanvm_new(manager, leaf_type));
        value->number = Frama_C_long_interval(0, 1000);
    }
    return self;
}

nanvm_mut_ref new_text(nanvm_manager *manager, size_t length) {
    return nanvm_new_array(manager, text_type, NULL, length);
}
