#include <stdio.h>
#include <string.h>

#include "debug/debug.h"
#include "hold.h"
#include "owner.h"
#include "pool/large.h"
#include "pool/raw.h"
#include "pool/slab.h"
#include "system/sanitizer.h"
#include "unwind.h"

/* The pools of a manager, found by type and size in a table with open addressing and
 * linear probing (Knuth, TAOCP 3, 6.4, algorithm L). The table is at most half full: if
 * hashes are as good as random, finding an entry takes at most 1.5 steps on average.
 *
 * Pools of one type follow each other in the list, so that reports need no sorting. Only
 * an array type has several. Each of these pools has an entry for its size. One of them
 * is found for ANY_SIZE, too: new pools of the type go behind that one in the list. Any
 * other type has one pool, with one entry, for ANY_SIZE. So a search for such a type
 * reads only the start of a pool, where its type is: with a million types, reading the
 * size as well would cost another cache miss. */
enum { FIRST_BITS = 5, HASH_BITS = 32 };

#define ANY_SIZE SIZE_MAX

typedef struct nanvm_local_state {
    nanvm_slots *slots[NANVM_SLOTS_LENGTH]; /* of the pool used last at each index, a hash
                                               of the type and, for arrays, of the size */
    nanvm_pools pools;
    nanvm_pool **entries;   /* of the table */
    size_t entries_length;  /* 2^(32 - entries_shift) */
    uint32_t entries_shift; /* a hash, shifted right by so many bits, is the index */
    bool is_sanitized;      /* a sanitizer watches: each object has its own chunk */
    bool ending;            /* in nanvm_local_deinit(), which a callback may call again */
    size_t used;            /* entries */
    nanvm_pool *all;
    nanvm_raw *raw; /* NULL before the first piece */
} nanvm_local_state;

/* --- finding a pool --- */

/* The index is the top bits of a hash, as many as the table needs. The hash has 32 bits,
 * enough for a table of 2^32 entries. The multiplier is 2^32 / golden ratio (Knuth, TAOCP
 * 3, 6.4). The shift by 15 brings in higher bits of an address. Sizes have a multiplier
 * of their own: if they were just added to an address, the sum would be like the address
 * of a type nearby. With this hash, if a million types lie at equal distances, be it 8
 * bytes or 2 MiB, a search takes at most 1.7 steps on average. (The mask changes nothing;
 * it shows to the proofs that the index lies in the table.) */
NANVM_WRAPS("a hash")
static size_t index_of(const nanvm_local_state *state, const nanvm_type *type,
                       size_t most_size) {
    uint32_t key = (uint32_t)((uintptr_t)type ^ (uintptr_t)type >> 15);
    uint32_t size = (uint32_t)most_size * UINT32_C(2246822507);
    uint32_t hash = key * UINT32_C(2654435769) + size;
    return (size_t)(hash >> state->entries_shift) & (state->entries_length - 1);
}

static size_t index_after(const nanvm_local_state *state, size_t index) {
    return (index + 1) & (state->entries_length - 1);
}

static bool is_sought(const nanvm_pool *pool, const nanvm_type *type, size_t most_size) {
    return pool->slots.type == type &&
           (most_size == ANY_SIZE || pool->most_size == most_size);
}

/* The entry of the pool, or the empty one where it belongs. */
static nanvm_pool **find_pool(const nanvm_local_state *state, const nanvm_type *type,
                              size_t most_size) {
    size_t i = index_of(state, type, most_size);
    /*@ loop invariant i < state->entries_length;
        loop assigns i; */
    while (state->entries[i] != NULL && !is_sought(state->entries[i], type, most_size)) {
        i = index_after(state, i);
    }
    return &state->entries[i];
}

static void add_entry(nanvm_local_state *state, nanvm_pool *pool, size_t most_size) {
    nanvm_pool **entry = find_pool(state, pool->slots.type, most_size);
    if (*entry == NULL) {
        *entry = pool;
        state->used += 1;
    }
}

static void add_entries(nanvm_local_state *state, nanvm_pool *pool) {
    if (pool->is_array) {
        add_entry(state, pool, pool->most_size);
    }
    add_entry(state, pool, ANY_SIZE);
}

static nanvm_layout entries_layout(size_t length) {
    return nanvm_layout_make(length * sizeof(nanvm_pool *), NANVM_ALIGNOF(nanvm_pool *));
}

/* The source's dealloc may drop references. These drops are held, so that no callback
 * runs before both the new pool and its first object exist. */
static void free_entries(nanvm_local *self, nanvm_pool **entries, size_t length) {
    nanvm_hold hold;
    nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
    nanvm_memory_dealloc(self->source, entries, entries_layout(length));
    nanvm_drop_resume_later(&hold);
}

static bool set_entries(nanvm_local *self, uint32_t bits) {
    nanvm_local_state *state = self->state;
    nanvm_pool **old = state->entries;
    size_t old_length = state->entries_length;
    size_t length = (size_t)1 << bits;
    nanvm_pool **entries = nanvm_memory_alloc(self->source, entries_layout(length));
    if (entries == NULL) {
        return false;
    }
    memset(entries, 0, length * sizeof(nanvm_pool *));
    state->entries = entries;
    state->entries_length = length;
    state->entries_shift = HASH_BITS - bits;
    state->used = 0;
    for (nanvm_pool *pool = state->all; pool != NULL; pool = pool->next) {
        if (pool->slots.type != NULL) { /* raw memory isn't sought */
            add_entries(state, pool);
        }
    }
    free_entries(self, old, old_length);
    return true;
}

/* --- making a pool --- */

static void list_behind(nanvm_pool **link, nanvm_pool *pool) {
    pool->next = *link;
    *link = pool;
}

static void list_pool(nanvm_local_state *state, nanvm_pool *pool) {
    nanvm_pool *other =
        pool->is_array ? *find_pool(state, pool->slots.type, ANY_SIZE) : NULL;
    list_behind(other != NULL ? &other->next : &state->all, pool);
    add_entries(state, pool);
    nanvm_pools_add_untrimmed(&state->pools, pool);
}

/* Makes room in the table for a pool, which takes one entry or two. */
static bool make_room(nanvm_local *self, const nanvm_type *type) {
    const nanvm_local_state *state = self->state;
    size_t more = type->item_size != 0 ? 2 : 1;
    return 2 * (state->used + more) <= state->entries_length ||
           set_entries(self, HASH_BITS - state->entries_shift + 1);
}

/* The `most_size` of the pool that objects of `size` bytes belong to. */
static size_t most_size_for(const nanvm_local *self, const nanvm_type *type,
                            size_t size) {
    size_t slot_size = self->state->is_sanitized ? 0 : nanvm_slab_slot_size(type, size);
    return slot_size == 0 ? NANVM_LARGE_MOST : slot_size;
}

static nanvm_pool *create_pool(nanvm_local *self, const nanvm_type *type, size_t size) {
    nanvm_local_state *state = self->state;
    size_t most_size = most_size_for(self, type, size);
    if (most_size != NANVM_LARGE_MOST) {
        return nanvm_slab_create(self->source, &state->pools, type, most_size);
    }
    /* The range of sizes that this pool serves begins above those of all slab pools.
     * Otherwise, when this pool stands in an array's entry of `slots`, it would take an
     * array that belongs in a slab pool. Most arrays of up to NANVM_SLAB_STRIDE_MAX bytes
     * lie in slab pools. Any other array of such a size lies in this pool:
     * nanvm_pool_serves() is false for it, so pool_for() has to find the pool each
     * time. */
    bool has_slabs = type->item_size != 0 && !state->is_sanitized;
    return nanvm_large_create(self->source, &state->pools, type,
                              has_slabs ? NANVM_SLAB_STRIDE_MAX + 1 : 0);
}

static nanvm_pool *add_pool(nanvm_local *self, const nanvm_type *type, size_t size) {
    if (!make_room(self, type)) {
        return NULL;
    }
    nanvm_pool *pool = create_pool(self, type, size);
    if (pool != NULL) {
        pool->is_array = type->item_size != 0;
        pool->is_sanitized = self->state->is_sanitized;
        list_pool(self->state, pool);
    }
    return pool;
}

static void free_state(nanvm_local *self) {
    nanvm_local_state *state = self->state;
    nanvm_memory_dealloc(self->source, state->entries,
                         entries_layout(state->entries_length));
    nanvm_memory_dealloc(self->source, state, NANVM_LAYOUT_OF(nanvm_local_state));
    self->state = NULL;
    self->manager.slots = NULL;
}

/* What `slots` starts with: a pool of a type that no object has. */
static const nanvm_type no_type;
static nanvm_pool no_pool = {.slots = {.type = &no_type}};

static void set_raw(nanvm_local *self, nanvm_raw *raw) {
    self->state->raw = raw;
    self->manager.dealloc = &raw->pool.slots.dealloc;
    list_behind(&self->state->all, &raw->pool);
    nanvm_pools_add_untrimmed(&self->state->pools, &raw->pool);
}

/* A manager that is used again after its end keeps its old account of raw memory (see
 * pool/raw.h), if any piece is still alive. */
static void adopt_raw(nanvm_local *self) {
    nanvm_raw *raw = (nanvm_raw *)self->manager.dealloc;
    if (raw != NULL && nanvm_raw_adopt(raw, &self->manager, &self->state->pools)) {
        set_raw(self, raw);
    } else {
        self->manager.dealloc = NULL;
    }
}

NANVM_NOINLINE static bool start(nanvm_local *self) {
    self->state = nanvm_memory_alloc(self->source, NANVM_LAYOUT_OF(nanvm_local_state));
    if (self->state == NULL) {
        return false;
    }
    *self->state = (nanvm_local_state){
        .pools = {.is_shared = self->is_shared, .thread = nanvm_thread_number_claim()},
        .is_sanitized = nanvm_sanitizer_is_there()};
    for (size_t i = 0; i < NANVM_SLOTS_LENGTH; ++i) {
        self->state->slots[i] = &no_pool.slots;
    }
    if (!set_entries(self, FIRST_BITS)) {
        nanvm_hold hold; /* callbacks run when the manager has no state again */
        nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
        free_state(self);
        nanvm_drop_resume_later(&hold);
        return false;
    }
    self->manager.slots = self->state->slots;
    adopt_raw(self);
    return true;
}

static bool start_once(nanvm_local *self) {
    return self->state != NULL || start(self);
}

/* Called when the source has no memory: gives back to it what is free. Returns whether
 * anything was given back, so that the source can be asked again. A trim skips pools in
 * which nothing was freed since the last trim. So while memory stays exhausted, each
 * further failure takes O(1). */
static bool give_back(nanvm_local *self) {
    return self->state != NULL && nanvm_pools_give_back(&self->state->pools);
}

static nanvm_pool *pool_for(nanvm_local *self, const nanvm_type *type, size_t size) {
    if (!start_once(self)) {
        return NULL;
    }
    size_t sought = type->item_size != 0 ? most_size_for(self, type, size) : ANY_SIZE;
    nanvm_pool *pool = *find_pool(self->state, type, sought);
    if (pool == NULL) {
        pool = add_pool(self, type, size);
    }
    return pool == NULL && give_back(self) ? add_pool(self, type, size) : pool;
}

static nanvm_raw *create_raw(nanvm_local *self) {
    return nanvm_raw_create(self->source, &self->state->pools, &self->manager,
                            self->state->is_sanitized);
}

static nanvm_raw *raw_for(nanvm_local *self) {
    if (!start_once(self)) {
        return NULL;
    }
    if (self->state->raw == NULL) {
        nanvm_raw *raw = create_raw(self);
        if (raw == NULL && give_back(self)) {
            raw = create_raw(self);
        }
        if (raw != NULL) {
            set_raw(self, raw);
        }
    }
    return self->state->raw;
}

/* --- the functions of the manager --- */

/* Stops the program, in a hardened build, if another thread has the manager. */
static inline void expect_own(const nanvm_local *self) {
    if (self->state != NULL) {
        nanvm_owner_expect(&self->state->pools);
    }
}

static nanvm_local *local_of(nanvm_manager *manager) {
    return (nanvm_local *)(void *)manager;
}

/* The index in `slots`. Inline functions use the same index for a type that isn't an
 * array: all its objects have one size. */
static size_t slots_index_of(const nanvm_type *type, size_t size) {
    size_t of_size = type->item_size == 0 ? 0 : size / sizeof(void *);
    return (nanvm_slots_index(type) + of_size) & (NANVM_SLOTS_LENGTH - 1);
}

/* Looks for a free slot first. Inline functions haven't looked if the type is an array's,
 * or if its entry in `slots` led to the pool of another type. */
static inline void *alloc_in(nanvm_pool *pool, size_t size) {
    void *object = nanvm_pool_pop(pool);
    return NANVM_LIKELY(object != NULL) ? object : pool->table->alloc(pool, size);
}

NANVM_NOINLINE static void *new_block_slowly(nanvm_local *self, const nanvm_type *type,
                                             size_t size) {
    nanvm_pool *pool = pool_for(self, type, size);
    if (pool == NULL) {
        return NULL;
    }
    self->state->slots[slots_index_of(type, size)] = &pool->slots;
    return alloc_in(pool, size);
}

static void *local_new_block(nanvm_manager *manager, const nanvm_type *type,
                             size_t size) {
    nanvm_local *self = local_of(manager);
    expect_own(self);
    if (NANVM_LIKELY(self->state != NULL)) {
        nanvm_pool *pool = (nanvm_pool *)self->state->slots[slots_index_of(type, size)];
        if (NANVM_LIKELY(nanvm_pool_serves(pool, type, size))) {
            return alloc_in(pool, size);
        }
    }
    return new_block_slowly(self, type, size);
}

static void *local_resize_block(nanvm_manager *manager, void *object, size_t old_size,
                                size_t size) {
    nanvm_local_state *state = local_of(manager)->state;
    expect_own(local_of(manager));
    nanvm_pool *pool = state == NULL ? NULL : nanvm_pool_of(object, &state->pools);
    (void)old_size;
    return pool == NULL ? NULL : pool->table->resize(pool, object, size);
}

NANVM_NOINLINE static void *alloc_slowly(nanvm_local *self, nanvm_layout layout) {
    nanvm_raw *raw = raw_for(self);
    if (raw == NULL) {
        return NULL;
    }
    void *memory = nanvm_raw_alloc(raw, layout);
    return memory == NULL && give_back(self) ? nanvm_raw_alloc(raw, layout) : memory;
}

static void *local_alloc(nanvm_manager *manager, nanvm_layout layout) {
    nanvm_local *self = local_of(manager);
    const nanvm_local_state *state = self->state;
    expect_own(self);
    void *memory = NANVM_LIKELY(state != NULL && state->raw != NULL)
                       ? nanvm_raw_pop(state->raw, layout)
                       : NULL;
    return NANVM_LIKELY(memory != NULL) ? memory : alloc_slowly(self, layout);
}

/* Also works for a manager that has ended: its raw memory stays in the account. */
static void *local_resize(nanvm_manager *manager, void *memory, nanvm_layout layout,
                          size_t size) {
    nanvm_raw *raw = (nanvm_raw *)manager->dealloc;
    expect_own(local_of(manager));
    void *resized = nanvm_raw_resize(raw, memory, layout, size);
    return resized == NULL && give_back(local_of(manager))
               ? nanvm_raw_resize(raw, memory, layout, size)
               : resized;
}

/* A manager that has ended may have left an account. */
static void free_all_raw(nanvm_local *self) {
    nanvm_raw *raw = (nanvm_raw *)self->manager.dealloc;
    if (self->state != NULL) {
        nanvm_raw_dealloc_all(raw);
    } else {
        self->manager.dealloc = NULL;
        nanvm_raw_free_orphan(raw, &self->manager);
    }
}

void nanvm_local_dealloc_raw(nanvm_local *self) {
    expect_own(self);
    if (self->manager.dealloc != NULL) {
        nanvm_hold hold;
        nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
        free_all_raw(self);
        nanvm_drop_resume(&hold);
    }
}

/* --- reports --- */

/* Sums up the pools of one type, from `pool` on; returns the first pool of the next
 * type. */
static nanvm_pool *sum_type(nanvm_pool *pool, nanvm_type_stats *sum, nanvm_stats *total) {
    *sum = (nanvm_type_stats){.type = pool->slots.type};
    for (; pool != NULL && pool->slots.type == sum->type; pool = pool->next) {
        nanvm_pool_counts counts = pool->table->count(pool);
        sum->live_blocks += counts.live_blocks;
        sum->live_bytes += counts.live_bytes;
        sum->peak_blocks += counts.peak_blocks;
        total->peak_bytes += counts.peak_bytes;
        total->reserved_bytes += pool->reserved;
    }
    total->live_blocks += sum->live_blocks;
    total->live_bytes += sum->live_bytes;
    return pool;
}

static void local_stats(const nanvm_manager *manager, nanvm_stats *stats) {
    const nanvm_local_state *state = ((const nanvm_local *)(const void *)manager)->state;
    expect_own((const nanvm_local *)(const void *)manager);
    nanvm_pool *pool = state == NULL ? NULL : state->all;
    stats->live_blocks = stats->live_bytes = 0;
    stats->peak_bytes = stats->reserved_bytes = 0;
    while (pool != NULL) {
        nanvm_type_stats type;
        pool = sum_type(pool, &type, stats);
        if (stats->each != NULL) {
            stats->each(&type, stats->context);
        }
    }
}

static void print_leak(void *context, const nanvm_type *type, size_t blocks,
                       size_t bytes) {
    (void)context;
    (void)fprintf(stderr,
                  "nanvm_mem: %s: %zu alive, %zu bytes, at the end of their manager\n",
                  nanvm_type_name(type), blocks, bytes);
}

/* Cycles go to their callback; if none is set, they are printed if leaks are printed.
 * Objects that another thread may be dropping can't be looked at. */
static bool reports_cycles(const nanvm_local *self) {
    return self->state->pools.remotes == NULL &&
           (self->cycle != NULL || self->leak == print_leak);
}

/* If an exception left a callback, the manager hasn't ended: a later call of
 * nanvm_local_deinit() can end it. */
NANVM_UNUSED static void end_later(nanvm_local_state **state) {
    if (*state != NULL) {
        (*state)->ending = false;
    }
}

void nanvm_local_ignore_leak(void *context, const nanvm_type *type, size_t blocks,
                             size_t bytes) {
    (void)context;
    (void)type;
    (void)blocks;
    (void)bytes;
}

/* Returns whether any leak was reported. If so, the pools have to be counted anew, since
 * the callback may have dropped and created objects. */
static bool report_leaks(const nanvm_local *self) {
    nanvm_local_state *reporting NANVM_ON_UNWIND(end_later) = self->state;
    nanvm_unwind_reads(&reporting);
    nanvm_pool *pool = self->state->all;
    nanvm_stats total = {0};
    bool reported = false;
    while (pool != NULL) {
        nanvm_type_stats type;
        pool = sum_type(pool, &type, &total);
        if (type.live_blocks > 0) {
            reported = true;
            self->leak(self->leak_context, type.type, type.live_blocks, type.live_bytes);
        }
    }
    if (reports_cycles(self)) {
        nanvm_cycle_report(self, self->state->all);
    }
    reporting = NULL;
    return reported;
}

/* --- the manager as a whole --- */

static const nanvm_manager_table local_table = {
    local_alloc, local_resize, local_new_block, local_resize_block, local_stats};

void nanvm_local_init(nanvm_local *self) {
    nanvm_local_init_from(self, nanvm_global());
}

void nanvm_local_init_from(nanvm_local *self, nanvm_manager *source) {
    *self = (nanvm_local){
        .manager.table = &local_table, .source = source, .leak = print_leak};
}

void nanvm_local_init_shared(nanvm_local *self) {
    nanvm_local_init_shared_from(self, nanvm_global());
}

void nanvm_local_init_shared_from(nanvm_local *self, nanvm_manager *source) {
    if (!nanvm_shared_may_free_by(source->dealloc)) {
        nanvm_fatal("a shared local manager needs a source whose dealloc counts "
                    "atomically, and may be called by any thread");
    }
    nanvm_local_init_from(self, source);
    self->is_shared = true;
    self->leak = nanvm_local_ignore_leak;
}

bool nanvm_local_share(nanvm_local *self) {
    expect_own(self);
    return self->state == NULL || nanvm_shared_add_all(self->state->all);
}

void nanvm_local_hand_over(nanvm_local *self) {
    expect_own(self);
    if (self->state != NULL) {
        nanvm_shared_hand_over(&self->state->pools);
    }
}

void nanvm_local_take_over(nanvm_local *self) {
    if (self->state != NULL) {
        nanvm_shared_take_over(&self->state->pools);
    }
}

/* For a manager that may be all zeros. Functions that only ask for the state need not
 * call it: there is none yet. */
static void init_once(nanvm_local *self) {
    (void)nanvm_local_manager(self);
}

void nanvm_local_on_leak(nanvm_local *self, nanvm_local_leak *leak, void *context) {
    init_once(self);
    self->leak = leak == NULL ? print_leak : leak;
    self->leak_context = context;
}

void nanvm_local_on_cycle(nanvm_local *self, nanvm_local_cycle *cycle, void *context) {
    init_once(self);
    self->cycle = cycle;
    self->cycle_context = context;
}

/* Holds the drops of the source's dealloc, so that callbacks run only when the pools are
 * whole again. */
size_t nanvm_local_trim(nanvm_local *self) {
    expect_own(self);
    nanvm_hold hold;
    nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
    size_t bytes = self->state == NULL ? 0 : nanvm_pools_trim(&self->state->pools);
    nanvm_drop_resume(&hold);
    return bytes;
}

static void orphan_pools(nanvm_local *self, bool recounts) {
    for (nanvm_pool *pool = self->state->all, *next; pool != NULL; pool = next) {
        next = pool->next;
        if (recounts) {
            (void)pool->table->count(pool);
        }
        pool->table->orphan(pool);
    }
}

/* Holds the drops of the source's dealloc, so that their callbacks run only when the
 * manager has ended. */
void nanvm_local_deinit(nanvm_local *self) {
    if (self->state == NULL || self->state->ending) {
        return;
    }
    expect_own(self);
    self->state->ending = true;
    bool reported = report_leaks(self);
    nanvm_hold hold;
    nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
    orphan_pools(self, reported);
    free_state(self);
    nanvm_drop_resume(&hold);
}
