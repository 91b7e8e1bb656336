/* The managers as a whole, and what needs none. */
#include "support.h"

/* --- local --- */

void eva_local_init(void) {
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_local_deinit(&local);
}

static void ignore_leak(void *context, const nanvm_type *type, size_t blocks,
                        size_t bytes) {
    (void)type;
    (void)bytes;
    *(size_t *)context += blocks;
}

/* The manager ends before an object, which then frees its pool. */
void eva_local_deinit_leak(void) {
    size_t leaked = 0;
    nanvm_local local;
    write_tables();
    nanvm_local_init(&local);
    nanvm_local_on_leak(&local, ignore_leak, &leaked);
    nanvm_mut_ref self = nanvm_new(nanvm_local_manager(&local), leaf_type);
    nanvm_local_deinit(&local);
    //@ assert leaked <= 1;
    nanvm_mut_ref_drop(self);
}

void eva_local_trim(void) {
    nanvm_local local;
    write_tables();
    nanvm_local_init(&local);
    nanvm_mut_ref_drop(nanvm_new(nanvm_local_manager(&local), leaf_type));
    (void)nanvm_local_trim(&local);
    nanvm_local_deinit(&local);
}

void eva_local_init_from(void) {
    nanvm_local local;
    write_tables();
    nanvm_local_init_from(&local, chunks_manager());
    nanvm_mut_ref_drop(nanvm_new(nanvm_local_manager(&local), leaf_type));
    nanvm_local_deinit(&local);
}

/* --- arena --- */

void eva_arena_init(void) {
    nanvm_arena arena;
    size_t size = Frama_C_nondet(0, 1) ? 0 : 24;
    write_tables();
    nanvm_arena_init(&arena, (void *)(BUFFER + Frama_C_interval(0, 7)), size);
    (void)nanvm_new(nanvm_arena_manager(&arena), leaf_type);
    nanvm_arena_deinit(&arena);
}

void eva_arena_init_growing(void) {
    nanvm_arena arena;
    write_tables();
    nanvm_arena_init_growing(&arena, chunks_manager());
    nanvm_mut_ref_drop(nanvm_new(nanvm_arena_manager(&arena), leaf_type));
    nanvm_arena_deinit(&arena);
}

/* What an arena's object refers to outside is let go of. */
void eva_arena_reset(void) {
    nanvm_arena arena;
    write_tables();
    nanvm_arena_init(&arena, (void *)BUFFER, BUFFER_SIZE);
    nanvm_mut_ref self = nanvm_new(nanvm_arena_manager(&arena), node_type);
    if (self.object != NULL) {
        node *value = nanvm_mut_ref_get(self);
        value->left = nanvm_mut_ref_to_ref(nanvm_new(nanvm_global(), leaf_type));
    }
    nanvm_arena_reset(&arena);
    nanvm_arena_deinit(&arena);
}

void eva_arena_close(void) {
    nanvm_arena arena;
    write_tables();
    nanvm_arena_init(&arena, (void *)BUFFER, BUFFER_SIZE);
    nanvm_arena_assume_self_contained(&arena);
    (void)new_node(nanvm_arena_manager(&arena));
    nanvm_arena_deinit(&arena);
}

/* --- a manager of the user's --- */

void eva_user_new(void) {
    write_tables();
    nanvm_mut_ref_drop(new_node(chunks_manager()));
}

void eva_user_resize(void) {
    write_tables();
    nanvm_mut_ref self = new_text(chunks_manager(), 3);
    (void)nanvm_mut_ref_resize(&self, chunks_manager(), 30);
    nanvm_mut_ref_drop(self);
}

/* --- reports --- */

static void manager_stats(nanvm_manager *manager) {
    nanvm_mut_ref self = nanvm_new(manager, leaf_type);
    nanvm_stats stats = nanvm_stats_make(manager);
    (void)stats;
    nanvm_mut_ref_drop(self);
}
WITH_MANAGERS(manager_stats)

/* --- of any numbers --- */

void eva_object_size(void) {
    size_t size;
    write_tables();
    refs_type->item_size = Frama_C_unsigned_long_interval(0, SIZE_MAX);
    refs_type->items_offset = Frama_C_unsigned_long_interval(0, SIZE_MAX);
    (void)nanvm_type_size(refs_type, Frama_C_unsigned_long_interval(0, SIZE_MAX), &size);
}

void eva_layout_is_valid(void) {
    (void)nanvm_layout_is_valid(
        nanvm_layout_make(Frama_C_unsigned_long_interval(0, SIZE_MAX),
                          Frama_C_unsigned_long_interval(0, SIZE_MAX)));
}

void eva_block_prefix(void) {
    write_tables();
    size_t prefix = nanvm_block_prefix(file_type);
    //@ assert prefix == sizeof(nanvm_header) + sizeof(void *);
}

/* Every count that a header may hold. */
void eva_count_add(void) {
    nanvm_count_word count = (nanvm_count_word)Frama_C_int_interval(INT32_MIN, INT32_MAX);
    (void)nanvm_count_add(&count);
}

void eva_version(void) {
    const char *version = nanvm_version();
    //@ assert \valid_read(version);
}
