/* What threads do with references to one object, by the public interface. */
#include <nanvm/mem.h>
#include <setjmp.h>

#include "../../../src/internal.h"
#include "../../../src/pool/pool.h"
#if defined(NANVM_HARDENED)
#include "../../../src/hardened/guard_page.h"
#endif

/* --- objects and managers -------------------------------------------------- */

/* A copy is written, and what it is a copy of is read. */
static size_t copies;

static bool copy_content(void *copy, const void *source, size_t length) {
    (void)length;
    ++copies;
    model_read(source);
    model_write(copy);
    return true;
}

typedef struct cell {
    size_t value;
} cell;

static const nanvm_type cell_type = {
    "cell", sizeof(cell), sizeof(void *), 0,    0,           NULL, 0, NULL,
    0,      NULL,         NULL,           NULL, copy_content};
NANVM_TYPED(cell, cell, cell_type);

typedef struct node {
    nanvm_ref child;
    nanvm_ref other;
} node;

static const size_t node_refs[] = {offsetof(node, child), offsetof(node, other)};
static const nanvm_type node_type = {
    "node", sizeof(node), sizeof(void *), 0,    0,           node_refs, 2, NULL,
    0,      NULL,         NULL,           NULL, copy_content};

static void visit_pair(const void *object, nanvm_visitor *visitor, void *context) {
    const node *self = object;
    visitor(self->child, context);
    visitor(self->other, context);
}

/* One with callbacks ends in another way. */
static const nanvm_type pair_type = {
    "pair", sizeof(node), sizeof(void *), 0,    0,           NULL, 0, NULL,
    0,      visit_pair,   NULL,           NULL, copy_content};

/* A manager of a user's, counted atomically. */
static void *own_alloc(nanvm_manager *self, nanvm_layout layout) {
    (void)self;
    return model_malloc(layout.size);
}

static void own_dealloc(nanvm_dealloc *self, void *memory, nanvm_layout layout) {
    (void)self;
    (void)layout;
    model_free(memory);
}

static const nanvm_dealloc_table own_dealloc_table = {.count = NANVM_COUNT_ATOMIC,
                                                      .dealloc = own_dealloc};
static nanvm_dealloc own_dealloc_state = {&own_dealloc_table};
static const nanvm_manager_table own_table = {own_alloc, NULL, NULL, NULL, NULL};
static nanvm_manager own_manager = {&own_table, &own_dealloc_state, 0, NULL};

/* --- what threads start with ---------------------------------------------------------
 */

static nanvm_manager *manager;
static nanvm_ref own[MODEL_THREADS]; /* one for each */

static void share(nanvm_ref ref) {
    (void)nanvm_block_count(ref.object); /* now it is known */
    model_share(nanvm_block_count_word(ref.object), 0);
}

static nanvm_ref new_shared(const nanvm_type *type) {
    nanvm_mut_ref made = nanvm_new(manager, type);
    model_write(made.object);
    share(nanvm_mut_ref_to_ref(made));
    return nanvm_mut_ref_to_ref(made);
}

static void give_to(int threads, nanvm_ref ref) {
    own[0] = ref;
    for (int i = 1; i < threads; ++i) {
        own[i] = nanvm_ref_clone(ref);
    }
}

/* Threads find the key of a hardened build drawn. */
static void settle_key(void) {
#if defined(NANVM_HARDENED)
    nanvm_length any = {0, 0};
    MODEL_SHARE(model_key());
    nanvm_checksum_length(&any);
    model_settle(model_key());
#endif
}

static void begin_with(nanvm_manager *which) {
    settle_key();
    copies = 0;
    manager = which;
    MODEL_SHARE(&manager->clones);
}

/* The global manager; but that of a hardened build keeps its dead for a while. */
static nanvm_manager *usual_manager(void) {
    return NANVM_QUARANTINES ? &own_manager : nanvm_global();
}

static void begin_global(int threads) {
    begin_with(usual_manager());
    give_to(threads, new_shared(&cell_type));
}

static void begin_own(int threads) {
    begin_with(&own_manager);
    give_to(threads, new_shared(&cell_type));
}

static void two_of_global(void) {
    begin_global(2);
}

static void three_of_global(void) {
    begin_global(3);
}

static void four_of_global(void) {
    begin_global(4);
}

static void three_of_own(void) {
    begin_own(3);
}

static void nothing_is_left(void) {
    model_expect(model_alive() == 0, "everything is freed");
}

/* --- dropping -------------------------------------------------------------- */

static void read_and_drop(nanvm_ref ref) {
    model_read(ref.object);
    nanvm_ref_drop(ref);
}

static void drop(unsigned index) {
    read_and_drop(own[index]);
}

static void drop_typed(unsigned index) {
    cell_ref ref = {own[index]};
    model_read(cell_ref_get(ref));
    cell_ref_drop(ref);
}

static void clone_and_drop(unsigned index) {
    nanvm_ref copy = nanvm_ref_clone(own[index]);
    read_and_drop(copy);
    nanvm_ref_drop(own[index]);
}

/* Two references in one thread, let go of one after the other. */
static void clone_and_drop_both(unsigned index) {
    nanvm_ref copy = nanvm_ref_clone(own[index]);
    nanvm_ref_drop(own[index]);
    read_and_drop(copy);
}

/* --- the sole owner -------------------------------------------------------- */

static void write_and_drop(nanvm_mut_ref taken) {
    model_write(taken.object);
    nanvm_mut_ref_drop(taken);
}

static void take_or_drop(unsigned index) {
    nanvm_mut_ref taken;
    if (nanvm_ref_try_to_mut_ref(&own[index], &taken)) {
        write_and_drop(taken);
    } else {
        read_and_drop(own[index]);
    }
}

static void to_mut(unsigned index) {
    write_and_drop(nanvm_ref_to_mut_ref(&own[index], manager));
}

static void make_mut(unsigned index) {
    model_write(nanvm_ref_make_mut(&own[index], manager));
    nanvm_ref_drop(own[index]);
}

/* Each copy has been counted. */
static void copies_were_counted(void) {
    nothing_is_left();
    model_expect(nanvm_stats_make(manager).clones == copies, "clones are counted");
}

static void begin_empty(void) {
    begin_with(usual_manager());
}

/* An object that no other thread knows, to which there is one more reference. */
static void create_and_copy(unsigned index) {
    nanvm_ref other = nanvm_mut_ref_to_ref(nanvm_new(manager, &cell_type));
    model_write(other.object);
    own[index] = nanvm_ref_clone(other);
    to_mut(index);
    nanvm_ref_drop(other);
}

static void look_at_stats(unsigned index) {
    model_expect(nanvm_stats_make(manager).clones <= 2, "no more clones than threads");
    nanvm_ref_drop(own[index]);
}

static void look_at_count(unsigned index) {
    model_expect(nanvm_ref_count(own[index]) <= 3, "no more others than there are");
    read_and_drop(own[index]);
}

/* --- the limit ------------------------------------------------------------- */

/* How many more references the count has room for. The others are out there somewhere. */
enum { ROOM = 1, OTHERS = NANVM_COUNT_ATOMIC - (NANVM_COUNT_ATOMIC_LAST + ROOM) };

static void begin_near_limit(void) {
    begin_with(usual_manager());
    nanvm_ref ref = new_shared(&cell_type);
    nanvm_block_set_count(ref.object, NANVM_COUNT_ATOMIC_LAST + ROOM);
    for (int i = 0; i < MODEL_THREADS; ++i) {
        own[i] = ref;
    }
}

static void clone(unsigned index) {
    (void)nanvm_ref_clone(own[index]).object;
}

/* The last of them isn't counted any more: from then on no count is right. */
static void clone_often(unsigned index) {
    clone(index);
    clone(index);
    clone(index);
}

static void clone_and_take(unsigned index) {
    nanvm_mut_ref taken;
    nanvm_ref copy = nanvm_ref_clone(own[index]);
    model_expect(!nanvm_ref_try_to_mut_ref(&copy, &taken), "the object is shared");
    nanvm_ref_drop(copy);
}

static void it_sticks(void) {
    model_expect(nanvm_ref_count(own[0]) == SIZE_MAX, "the count sticks");
    for (int i = 0; i < MODEL_THREADS; ++i) {
        nanvm_ref_drop(own[i]); /* as often as you like */
    }
    model_expect(nanvm_ref_count(own[0]) == SIZE_MAX, "the count stays where it is");
    model_expect(model_alive() == 1, "the object lives");
}

static void it_sticks_or_is(size_t others) {
    size_t count = nanvm_ref_count(own[0]);
    model_expect(count == SIZE_MAX || count == others, "the count is exact, or sticks");
    model_expect(model_alive() == 1, "the object lives");
}

static void it_sticks_or_is_as_before(void) {
    it_sticks_or_is(OTHERS);
}

static void it_sticks_or_is_one_more(void) {
    it_sticks_or_is(OTHERS + 1);
}

static void it_sticks_or_is_two_more(void) {
    it_sticks_or_is(OTHERS + 2);
}

static void it_sticks_or_is_one_less(void) {
    it_sticks_or_is(OTHERS - 1);
}

/* --- a lock ------------------------------------------------------------------ */

static nanvm_lock lock;

static void begin_lock(void) {
    begin_global(2);
    lock = 0;
    MODEL_SHARE(&lock);
}

/* Both may have it, one after the other; or one finds it taken. */
static void write_if_free(unsigned index) {
    if (nanvm_lock_try(&lock)) {
        model_write(own[0].object);
        nanvm_lock_release(&lock);
    }
    nanvm_ref_drop(own[index]);
}

/* --- objects that refer to others ------------------------------------------ */

/* Threads 0 and 1 have the node, thread 2 has what it refers to. */
static void begin_structure(const nanvm_type *type) {
    begin_with(&own_manager);
    nanvm_ref child = new_shared(&cell_type);
    node value = {child, {NULL}};
    nanvm_mut_ref made = nanvm_new_copy(manager, type, &value);
    model_write(made.object);
    share(nanvm_mut_ref_to_ref(made));
    give_to(2, nanvm_mut_ref_to_ref(made));
    own[2] = nanvm_ref_clone(child);
}

static void begin_node(void) {
    begin_structure(&node_type);
}

static void begin_pair(void) {
    begin_structure(&pair_type);
}

/* A node that refers to one that refers to the cell: it is buried first. */
static void begin_pair_of_node(void) {
    begin_node();
    node value = {own[0], {NULL}};
    nanvm_mut_ref made = nanvm_new_copy(manager, &pair_type, &value);
    model_write(made.object);
    share(nanvm_mut_ref_to_ref(made));
    own[0] = nanvm_mut_ref_to_ref(made);
}

/* Thread 0 has it, thread 1 what it refers to. */
static void begin_structure_for_two(const nanvm_type *type) {
    begin_structure(type);
    nanvm_ref_drop(own[1]);
    own[1] = own[2];
}

static void begin_node_for_two(void) {
    begin_structure_for_two(&node_type);
}

static void begin_pair_for_two(void) {
    begin_structure_for_two(&pair_type);
}

/* The copy refers to the child, too. */
static void make_mut_node(unsigned index) {
    node *made = nanvm_ref_make_mut(&own[index], manager);
    model_write(made);
    nanvm_ref_drop(made->child);
    made->child.object = NULL;
    nanvm_ref_drop(own[index]);
}

static void drop_node(unsigned index) {
    const node *self = nanvm_ref_get(own[index]);
    model_read(self);
    model_read(self->child.object);
    nanvm_ref_drop(own[index]);
}

/* --- references that are handed on ----------------------------------------- */

/* The program's own way to do so: `released` makes what was done before seen. */
static const void *letter_box[MODEL_THREADS];

static void begin_relay(void) {
    begin_global(1);
    for (int i = 0; i < MODEL_THREADS; ++i) {
        letter_box[i] = NULL;
        MODEL_SHARE(&letter_box[i]);
    }
}

static void send(unsigned to, nanvm_ref ref) {
    __atomic_store_n(&letter_box[to], ref.object, __ATOMIC_RELEASE);
}

static nanvm_ref receive(unsigned index) {
    nanvm_ref ref = {__atomic_load_n(&letter_box[index], __ATOMIC_ACQUIRE)};
    return ref;
}

static void send_and_take(unsigned index) {
    nanvm_mut_ref taken;
    send(index + 1, nanvm_ref_clone(own[index]));
    if (nanvm_ref_try_to_mut_ref(&own[index], &taken)) {
        write_and_drop(taken);
    } else {
        nanvm_ref_drop(own[index]);
    }
}

static bool received[MODEL_THREADS];

static void begin_chain(void) {
    begin_relay();
    for (int i = 0; i < MODEL_THREADS; ++i) {
        received[i] = false;
    }
}

static void pass_on(unsigned index) {
    nanvm_ref ref = receive(index);
    received[index] = ref.object != NULL;
    if (received[index]) {
        send(index + 1, nanvm_ref_clone(ref));
        read_and_drop(ref);
    }
}

static void receive_and_take(unsigned index) {
    own[index] = receive(index);
    received[index] = own[index].object != NULL;
    if (received[index]) {
        take_or_drop(index);
    }
}

/* What nobody was there to receive. */
static void empty_boxes(void) {
    for (unsigned i = 1; i < 3; ++i) {
        nanvm_ref ref = receive(i);
        if (ref.object != NULL && !received[i]) {
            nanvm_ref_drop(ref);
        }
    }
    nothing_is_left();
}

/* --- objects that come back to their pool ----------------------------------- */

static nanvm_remote *remote; /* of a pool that is nothing else; the first thread has it */
static void *dead[MODEL_THREADS];

static void share_remote(nanvm_remote *self) {
    MODEL_SHARE(&self->returned);
    MODEL_SHARE(&self->owner);
    MODEL_SHARE(&self->alive);
}

static void begin_remote(void) {
    remote = model_malloc(sizeof(*remote));
    *remote = (nanvm_remote){.slots = (nanvm_slots *)(void *)remote, .owner = 1};
    share_remote(remote);
    for (int i = 0; i < MODEL_THREADS; ++i) {
        dead[i] = NULL;
    }
}

static void begin_remote_of(int objects) {
    begin_remote();
    for (int i = 0; i < objects; ++i) {
        dead[i] = model_malloc(sizeof(nanvm_slot));
        model_write(dead[i]);
    }
}

static void begin_remote_of_two(void) {
    begin_remote_of(2);
}

static void begin_remote_of_one(void) {
    begin_remote_of(1);
}

static void free_of_orphan(void *object) {
    model_free(object);
    if (nanvm_remote_forget(remote)) {
        model_free(remote);
    }
}

static void return_one(unsigned index) {
    model_write(dead[index]);
    if (!nanvm_remote_return(remote, dead[index])) {
        free_of_orphan(dead[index]);
    }
}

static nanvm_slot *next_of(nanvm_slot *slot) {
    model_write(slot);
    return slot->next;
}

static void take_all(unsigned index) {
    (void)index;
    for (nanvm_slot *slot = nanvm_remote_take(remote), *next; slot != NULL; slot = next) {
        next = next_of(slot);
        model_free(slot);
    }
}

/* What was taken comes back at once: its address is one that another thread has seen. */
static void take_and_return(unsigned index) {
    (void)index;
    for (nanvm_slot *slot = nanvm_remote_take(remote), *next; slot != NULL; slot = next) {
        next = next_of(slot);
        (void)nanvm_remote_return(remote, slot);
    }
}

static void close_of(size_t alive) {
    nanvm_slot *slot = nanvm_remote_close(remote, alive);
    for (nanvm_slot *next; slot != NULL; slot = next) {
        next = next_of(slot);
        free_of_orphan(slot);
    }
}

static void close_of_one(unsigned index) {
    (void)index;
    close_of(1);
}

static void close_of_two(unsigned index) {
    (void)index;
    close_of(2);
}

static void take_and_close_of_two(unsigned index) {
    size_t alive = 2;
    (void)index;
    for (nanvm_slot *slot = nanvm_remote_take(remote), *next; slot != NULL; slot = next) {
        next = next_of(slot);
        model_free(slot);
        alive -= 1;
    }
    if (alive > 0) {
        close_of(alive);
    } else {
        model_free(remote);
    }
}

static void the_rest_is_taken(void) {
    take_all(0);
    model_free(remote);
    nothing_is_left();
}

/* --- numbers of threads ------------------------------------------------------ */

static size_t number_of[MODEL_THREADS];

/* The library's own variable becomes known. */
static void begin_claims(void) {
    nanvm_thread_number = 0;
    (void)nanvm_thread_number_claim();
}

static void claim(unsigned index) {
    nanvm_thread_number = 0;
    number_of[index] = nanvm_thread_number_claim();
}

static void numbers_differ(void) {
    model_expect(number_of[0] != number_of[1], "no two threads have one number");
}

/* --- shared local managers: the first thread has the manager ------------------ */

static nanvm_local local;

/* A chunk has room for two. */
typedef struct wide {
    char bytes[200];
} wide;

static const nanvm_type wide_type = {
    "wide", sizeof(wide), sizeof(void *), 0,    0,           NULL, 0, NULL,
    0,      NULL,         NULL,           NULL, copy_content};

static void be(unsigned index) {
    nanvm_thread_number = index + 1;
}

static nanvm_ref new_part(size_t size) {
    nanvm_mut_ref made = nanvm_new(manager, &wide_type);
    model_part(made.object, size);
    model_write(made.object);
    share(nanvm_mut_ref_to_ref(made));
    return nanvm_mut_ref_to_ref(made);
}

static void share_remote_of(nanvm_ref ref) {
    nanvm_remote *self = (nanvm_remote *)(void *)nanvm_block_origin(ref.object)->dealloc;
    share_remote(self);
    nanvm_pool *pool = (nanvm_pool *)(void *)self->slots;
    MODEL_SHARE(&pool->frozen);
    MODEL_SHARE(&pool->owner->thread);
}

/* One object for each thread but the first. */
static void begin_shared(int threads) {
    be(0);
    nanvm_local_init_shared_from(&local, &own_manager);
    begin_with(nanvm_local_manager(&local));
    for (int i = 1; i < threads; ++i) {
        own[i] = new_part(sizeof(wide));
    }
    share_remote_of(own[1]);
}

static void two_of_shared(void) {
    begin_shared(2);
}

/* The first thread has used the only chunk up. */
static void full_chunk_of_shared(void) {
    begin_shared(2);
    own[0] = new_part(sizeof(wide));
}

static void three_of_shared(void) {
    begin_shared(3);
}

static void one_of_shared_for_two(void) {
    begin_shared(2);
    own[2] = nanvm_ref_clone(own[1]);
}

/* One object, which two threads have, and one that stays alive. */
static void one_and_one_that_stays(void) {
    begin_shared(2);
    own[2] = new_part(sizeof(wide));
    own[0] = nanvm_ref_clone(own[1]);
}

/* One object, which the first two threads have. */
static void begin_parcel(void) {
    begin_shared(2);
    nanvm_ref_drop(new_part(sizeof(wide))); /* its slot is known from here on */
    own[0] = nanvm_ref_clone(own[1]);
    letter_box[1] = NULL;
    MODEL_SHARE(&letter_box[1]);
    received[1] = false;
}

static void drop_as(unsigned index) {
    be(index);
    read_and_drop(own[index]);
}

/* In the slot of the dead, if it has come back. */
static void create_wide(unsigned index) {
    be(index);
    nanvm_mut_ref made = nanvm_new(manager, &wide_type);
    model_write(made.object);
    nanvm_mut_ref_drop(made);
}

static void trim_local(unsigned index) {
    be(index);
    (void)nanvm_local_trim(&local);
}

static void end_local(unsigned index) {
    be(index);
    nanvm_local_deinit(&local);
}

static void create_and_end(unsigned index) {
    create_wide(index);
    end_local(index);
}

static void hand_over_and_drop(unsigned index) {
    be(index);
    nanvm_local_hand_over(&local);
    send(1, own[1]);
    read_and_drop(own[0]);
}

static void hand_over(unsigned index) {
    be(index);
    nanvm_local_hand_over(&local);
}

static void take_over_and_create(unsigned index) {
    be(index);
    nanvm_ref ref = receive(index);
    received[index] = ref.object != NULL;
    if (received[index]) {
        nanvm_local_take_over(&local);
        read_and_drop(ref);
        create_wide(index);
    }
}

static void take_over_and_end(unsigned index) {
    be(index);
    nanvm_ref ref = receive(index);
    received[index] = ref.object != NULL;
    if (received[index]) {
        nanvm_local_take_over(&local);
        nanvm_local_deinit(&local);
        read_and_drop(ref);
    }
}

/* By another thread than those before. */
static void local_ends(void) {
    be(3);
    nanvm_local_take_over(&local);
    nanvm_local_deinit(&local);
    nothing_is_left();
}

static void parcel_is_opened(void) {
    be(3);
    if (!received[1]) {
        nanvm_ref_drop(own[1]);
    }
    local_ends();
}

static void chunk_is_freed(void) {
    be(3);
    nanvm_ref_drop(own[0]);
    local_ends();
}

/* Objects of one thread, until it shares them. */
static void begin_plain(void) {
    be(0);
    nanvm_local_init_from(&local, &own_manager);
    begin_with(nanvm_local_manager(&local));
    own[0] = new_part(sizeof(wide));
    own[1] = nanvm_ref_clone(own[0]);
    letter_box[1] = NULL;
    MODEL_SHARE(&letter_box[1]);
    received[1] = false;
}

/* Any thread may freeze an object that is shared. */
static void freeze_as(unsigned index) {
    be(index);
    model_expect(nanvm_ref_freeze(own[index]), "there is memory");
}

static void clone_and_drop_as(unsigned index) {
    be(index);
    clone_and_drop(index);
}

static void look_at_live(unsigned index) {
    be(index);
    model_expect(nanvm_stats_make(manager).live_blocks <= 1, "there is one object");
}

static void one_is_alive(void) {
    be(3);
    nanvm_local_take_over(&local);
    model_expect(nanvm_stats_make(manager).live_blocks == 1, "one isn't frozen");
    nanvm_ref_drop(own[2]);
    local_ends();
}

/* The second thread has the only reference to an object that is shared. */
static void begin_shared_later(void) {
    begin_plain();
    model_expect(nanvm_ref_share(own[0]), "there is memory");
    share_remote_of(own[0]);
    nanvm_ref_drop(own[0]);
}

static void share_all(unsigned index) {
    be(index);
    model_expect(nanvm_local_share(&local), "there is memory");
}

static void object_is_dead(void) {
    model_expect(nanvm_block_count(own[1].object) == NANVM_COUNT_DEAD, "it is marked");
    local_ends();
}

static void share_and_send(unsigned index) {
    be(index);
    model_expect(nanvm_ref_share(own[0]), "there is memory");
    share_remote_of(own[0]);
    nanvm_local_hand_over(&local);
    send(1, own[1]);
    read_and_drop(own[0]);
}

static void receive_and_drop(unsigned index) {
    be(index);
    nanvm_ref ref = receive(index);
    received[index] = ref.object != NULL;
    if (received[index]) {
        read_and_drop(ref);
    }
}

/* --- the handler for fatal errors ------------------------------------------ */

static void *context_of[MODEL_THREADS]; /* what a handler reads */
static nanvm_fatal_handler *previous[MODEL_THREADS];
static jmp_buf stopped;

static void quiet(const char *message) {
    (void)message;
    longjmp(stopped, 1);
}

static void first_handler(const char *message) {
    model_read(context_of[0]);
    quiet(message);
}

static void second_handler(const char *message) {
    model_read(context_of[1]);
    quiet(message);
}

static void begin_handlers(void) {
    context_of[0] = model_malloc(1);
    context_of[1] = model_malloc(1);
    (void)nanvm_fatal_set_handler(quiet);
}

/* A handler that was there before may be called by the new one. */
static void set_handler(unsigned index, nanvm_fatal_handler *handler,
                        nanvm_fatal_handler *other) {
    model_write(context_of[index]);
    previous[index] = nanvm_fatal_set_handler(handler);
    if (previous[index] == other) {
        model_read(context_of[1 - index]);
    }
}

static void set_first(unsigned index) {
    set_handler(index, first_handler, second_handler);
}

static void set_second(unsigned index) {
    set_handler(index, second_handler, first_handler);
}

static void stop(unsigned index) {
    (void)index;
    if (setjmp(stopped) == 0) {
        nanvm_fatal("a mistake");
    }
}

static void each_was_handed_on_once(void) {
    nanvm_fatal_handler *last = nanvm_fatal_set_handler(NULL);
    model_expect((previous[0] == quiet) != (previous[1] == quiet), "one was the first");
    model_expect(last == (previous[0] == quiet ? second_handler : first_handler),
                 "the other is the last");
}

/* --- a variable that any thread loads and stores ---------------------------- */

/* The step builds cells that count few references in advance. */
static nanvm_cell shared;

/* The variable holds an object, and each thread has another one. */
static void begin_cell(int threads) {
    begin_with(usual_manager());
    nanvm_cell_init(&shared, new_shared(&cell_type));
    MODEL_SHARE(&shared.word);
    for (int i = 0; i < threads; ++i) {
        own[i] = new_shared(&cell_type);
    }
}

static void begin_load_store(void) {
    begin_cell(0);
    own[1] = new_shared(&cell_type);
}

static void begin_load_load_store(void) {
    begin_cell(0);
    own[2] = new_shared(&cell_type);
}

/* The next load counts references in advance again. */
static void take_most(void) {
    for (int i = 0; i < 2; ++i) {
        nanvm_ref_drop(nanvm_cell_load(&shared));
    }
}

static void begin_refill_store(void) {
    begin_load_store();
    take_most();
}

static void begin_refill_load_store(void) {
    begin_load_load_store();
    take_most();
}

static void begin_refill_two(void) {
    begin_cell(0);
    take_most();
}

/* The third thread has a reference to the object in the variable. */
static void begin_load_exchange_drop(void) {
    begin_cell(0);
    own[1] = new_shared(&cell_type);
    own[2] = nanvm_cell_load(&shared);
}

static void begin_two_writers(void) {
    begin_cell(2);
}

/* Two threads have one object; the variable is empty. */
static void begin_store_drop(void) {
    two_of_global();
    nanvm_cell_init(&shared, nanvm_ref_null());
    MODEL_SHARE(&shared.word);
}

/* The object that is stored isn't counted. */
static void begin_uncounted(void) {
    begin_load_store();
    nanvm_block_set_count((void *)(uintptr_t)own[1].object, NANVM_COUNT_NONE);
}

static void load_shared(unsigned index) {
    own[index] = nanvm_cell_load(&shared);
    if (!nanvm_ref_is_null(own[index])) {
        take_or_drop(index);
    }
}

static void load_uncounted(unsigned index) {
    read_and_drop(nanvm_cell_load(&shared));
    (void)index;
}

static void store_shared(unsigned index) {
    nanvm_cell_store(&shared, own[index]);
}

static void write_and_store(unsigned index) {
    model_write(own[index].object);
    store_shared(index);
}

static void exchange_shared(unsigned index) {
    own[index] = nanvm_cell_exchange(&shared, own[index]);
    take_or_drop(index);
}

static void take_shared(unsigned index) {
    own[index] = nanvm_cell_exchange(&shared, nanvm_ref_null());
    if (!nanvm_ref_is_null(own[index])) {
        take_or_drop(index);
    }
}

static void update_shared(unsigned index) {
    nanvm_ref expected = nanvm_cell_load(&shared);
    model_read(expected.object);
    if (!nanvm_cell_compare_exchange(&shared, expected, own[index])) {
        write_and_drop((nanvm_mut_ref){(void *)(uintptr_t)own[index].object});
    }
    read_and_drop(expected);
}

static void empty_shared(void) {
    nanvm_cell_deinit(&shared);
    nothing_is_left();
}

static void empty_uncounted(void) {
    nanvm_ref last = nanvm_cell_exchange(&shared, nanvm_ref_null());
    nanvm_block_set_count((void *)(uintptr_t)last.object, NANVM_COUNT_ATOMIC);
    nanvm_ref_drop(last);
    nothing_is_left();
}

/* --- a hardened build ------------------------------------------------------- */

#if defined(NANVM_HARDENED)
static void begin_without_key(void) {
    own[2].object = NULL; /* where there are only two */
    manager = &own_manager;
    MODEL_SHARE(model_key());
}

static void create(unsigned index) {
    own[index] = nanvm_mut_ref_to_ref(nanvm_new(manager, &cell_type));
}

static void one_key_fits_all(void) {
    for (int i = 0; i < 3; ++i) {
        nanvm_ref_drop(own[i]);
    }
    nothing_is_left();
}

static _Alignas(65536) char pages[3][65536];

static void begin_guards(void) {
    MODEL_SHARE(model_guards());
}

static void close_and_open(unsigned index) {
    nanvm_guard_page_close(pages[index]);
    nanvm_guard_page_open(pages[index]);
}

static void no_guard_is_left(void) {
    model_expect(__atomic_load_n(model_guards(), __ATOMIC_RELAXED) == 0,
                 "guards are counted");
}

/* The step builds a global manager in which no more than one object waits. */
static void begin_waiting(void) {
    begin_with(nanvm_global());
    nanvm_mut_ref_drop(nanvm_new(manager, &cell_type)); /* all is known from here on */
}

static void create_and_drop(unsigned index) {
    (void)index;
    write_and_drop(nanvm_new(manager, &cell_type));
}

static void one_is_waiting(void) {
    model_expect(model_alive() == 1, "all but the last are freed");
}
#endif

/* --- what the model has to be able to show ---------------------------------- */

static size_t number, flag;

static void begin_numbers(void) {
    number = 0;
    flag = 0;
    MODEL_SHARE(&number);
    MODEL_SHARE(&flag);
    context_of[0] = model_malloc(1);
}

static void count_up(unsigned index) {
    (void)index;
    for (size_t i = 1; i <= 4; ++i) {
        __atomic_store_n(&number, i, __ATOMIC_RELAXED);
    }
    __atomic_store_n(&flag, 1, __ATOMIC_RELAXED);
}

/* Fails: nothing keeps the oldest value from being seen last. */
static void see_no_old_number(unsigned index) {
    (void)index;
    if (__atomic_load_n(&flag, __ATOMIC_RELAXED) == 1) {
        model_expect(__atomic_load_n(&number, __ATOMIC_RELAXED) != 0, "no old value");
    }
}

static void write_and_release(unsigned index) {
    (void)index;
    model_write(context_of[0]);
    __atomic_fetch_add(&number, 1, __ATOMIC_RELEASE);
}

static void add_relaxed(unsigned index) {
    (void)index;
    (void)__atomic_fetch_add(&number, 10, __ATOMIC_RELAXED);
}

static void store_relaxed(unsigned index) {
    (void)index;
    if (__atomic_load_n(&number, __ATOMIC_RELAXED) == 1) {
        __atomic_store_n(&number, 11, __ATOMIC_RELAXED);
    }
}

/* What was released is acquired through the addition of another thread; a store instead
 * of that breaks the sequence. */
static void acquire_and_read(unsigned index) {
    (void)index;
    size_t seen = __atomic_load_n(&number, __ATOMIC_ACQUIRE);
    if (seen == 11) {
        model_read(context_of[0]);
    }
}

static void nothing(void) {}

/* --- all of them ----------------------------------------------------------- */

/* Name, purpose, what comes first, what each thread does, what comes last. */
#define TWO(name, purpose, before, a, b, after)                                          \
    { name, purpose, 2, before, {a, b}, after }
#define THREE(name, purpose, before, a, b, c, after)                                     \
    { name, purpose, 3, before, {a, b, c}, after }
#define FOUR(name, purpose, before, a, b, c, d, after)                                   \
    { name, purpose, 4, before, {a, b, c, d}, after }

const scenario scenarios[] = {
    TWO("drop_two", "two owners let go", two_of_global, drop, drop, nothing_is_left),
    TWO("clone_pair", "one clones while one lets go", two_of_global, clone_and_drop, drop,
        nothing_is_left),
    TWO("copies", "two copy objects of their own", begin_empty, create_and_copy,
        create_and_copy, copies_were_counted),
    TWO("pair_for_two", "one lets go of a node with callbacks, one of what it refers to",
        begin_pair_for_two, drop_node, drop, nothing_is_left),
    TWO("take_pair", "two owners ask whether they are alone", two_of_global, take_or_drop,
        take_or_drop, nothing_is_left),
    TWO("limit_passed", "one clones beyond the limit, one lets go, late",
        begin_near_limit, clone_often, drop, it_sticks_or_is_two_more),
    TWO("limit_pair", "two clone where there is room for one", begin_near_limit, clone,
        clone, it_sticks),
    THREE("drop", "three owners let go", three_of_global, drop, drop, drop,
          nothing_is_left),
    THREE("drop_own_manager", "three owners let go, in a manager of the user's",
          three_of_own, drop, drop, drop, nothing_is_left),
    THREE("drop_typed", "the same where the compiler knows the type", three_of_global,
          drop_typed, drop_typed, drop, nothing_is_left),
    THREE("clone_one", "one clones while two let go", three_of_global, clone_and_drop,
          drop, drop, nothing_is_left),
    TWO("clone_two", "two clone at once", two_of_global, clone_and_drop,
        clone_and_drop_both, nothing_is_left),
    THREE("clone_two_drop", "two clone at once while one lets go", three_of_global,
          clone_and_drop, clone_and_drop_both, drop, nothing_is_left),
    THREE("take_one", "one asks whether it is alone", three_of_global, take_or_drop, drop,
          drop, nothing_is_left),
    THREE("take_two", "two ask whether they are alone", three_of_global, take_or_drop,
          take_or_drop, drop, nothing_is_left),
    THREE("take_three", "three ask whether they are alone", three_of_global, take_or_drop,
          take_or_drop, take_or_drop, nothing_is_left),
    THREE("take_clone", "one asks whether it is alone, one clones", three_of_global,
          take_or_drop, clone_and_drop, drop, nothing_is_left),
    THREE("make_mut_one", "one writes in place or to a copy", three_of_global, make_mut,
          drop, drop, copies_were_counted),
    TWO("make_mut_two", "two write in place or to a copy", two_of_global, make_mut,
        make_mut, copies_were_counted),
    THREE("make_mut_clone", "one writes in place or to a copy, one clones",
          three_of_global, make_mut, clone_and_drop, drop, copies_were_counted),
    TWO("to_mut_two", "two take the object or a copy", two_of_global, to_mut, to_mut,
        copies_were_counted),
    THREE("to_mut_make_mut", "two ways to copy on write, and a reader", three_of_own,
          to_mut, make_mut, drop, copies_were_counted),
    TWO("stats", "the clones are looked at", two_of_global, to_mut, look_at_stats,
        copies_were_counted),
    THREE("count", "the count is looked at", three_of_global, look_at_count, drop, drop,
          nothing_is_left),
    THREE("count_clone", "the count is looked at while one clones", three_of_global,
          look_at_count, clone_and_drop, drop, nothing_is_left),
    THREE("limit_reached", "three clone where there is room for one", begin_near_limit,
          clone, clone, clone, it_sticks),
    THREE("limit_two", "two clone and let go where there is room for one",
          begin_near_limit, clone_and_drop, clone_and_take, clone,
          it_sticks_or_is_as_before),
    THREE("limit_late", "two clone where there is room for one, one lets go",
          begin_near_limit, clone, clone, drop, it_sticks_or_is_one_more),
    THREE("limit_drop", "one clones near the limit, two let go", begin_near_limit, clone,
          drop, drop, it_sticks_or_is_one_less),
    THREE("node", "two let go of a node, one of what it refers to", begin_node, drop_node,
          drop_node, drop, nothing_is_left),
    THREE("pair", "the same, with callbacks", begin_pair, drop_node, drop_node, drop,
          nothing_is_left),
    THREE("pair_of_node", "the same, one level higher", begin_pair_of_node, drop,
          drop_node, drop, nothing_is_left),
    TWO("make_mut_node", "one copies a node while another lets go of its child",
        begin_node_for_two, make_mut_node, drop, copies_were_counted),
    THREE("make_mut_structure", "two copy a node, one lets go of its child", begin_node,
          make_mut_node, drop_node, drop, copies_were_counted),
    THREE("relay", "a clone is handed on, and one more of it", begin_chain, send_and_take,
          pass_on, receive_and_take, empty_boxes),
    THREE("handlers", "handlers are exchanged and called", begin_handlers, set_first,
          set_second, stop, each_was_handed_on_once),
    TWO("lock", "two want a lock", begin_lock, write_if_free, write_if_free,
        nothing_is_left),
    TWO("cell_load_store", "one loads what another replaces", begin_load_store,
        load_shared, write_and_store, empty_shared),
    THREE("cell_loads_store", "two load what another replaces", begin_load_load_store,
          load_shared, load_shared, write_and_store, empty_shared),
    TWO("cell_refill_store", "one counts in advance what another replaces",
        begin_refill_store, load_shared, write_and_store, empty_shared),
    THREE("cell_refills_store", "two count in advance what another replaces",
          begin_refill_load_store, load_shared, load_shared, write_and_store,
          empty_shared),
    TWO("cell_refill_take", "one counts in advance what another takes out",
        begin_refill_two, load_shared, take_shared, empty_shared),
    THREE("cell_refill_two", "two count in advance, one takes it out", begin_refill_two,
          load_shared, load_shared, take_shared, empty_shared),
    THREE("cell_exchange", "one loads, one exchanges, one lets go",
          begin_load_exchange_drop, load_shared, exchange_shared, drop, empty_shared),
    TWO("cell_exchange_two", "two exchange", begin_two_writers, exchange_shared,
        exchange_shared, empty_shared),
    THREE("cell_store_drop", "one stores what another lets go, one takes it out",
          begin_store_drop, store_shared, drop, take_shared, empty_shared),
    TWO("cell_update", "two update what they loaded", begin_two_writers, update_shared,
        update_shared, empty_shared),
    TWO("cell_uncounted", "one loads what isn't counted", begin_uncounted, load_uncounted,
        write_and_store, empty_uncounted),
    TWO("return_take", "an object comes back while the list is taken",
        begin_remote_of_one, return_one, take_all, the_rest_is_taken),
    TWO("return_close", "an object comes back while the manager ends",
        begin_remote_of_one, return_one, close_of_one, nothing_is_left),
    THREE("return_two_take", "two objects come back while the list is taken",
          begin_remote_of_two, return_one, return_one, take_all, the_rest_is_taken),
    THREE("return_two_again", "two objects come back, and once more when they were taken",
          begin_remote_of_two, return_one, return_one, take_and_return,
          the_rest_is_taken),
    THREE("return_two_close", "two objects come back while the manager ends",
          begin_remote_of_two, return_one, return_one, close_of_two, nothing_is_left),
    THREE("return_two_take_close", "the same, and the list is taken before",
          begin_remote_of_two, return_one, return_one, take_and_close_of_two,
          nothing_is_left),
    TWO("claim", "two threads ask for their numbers", begin_claims, claim, claim,
        numbers_differ),
    TWO("shared_create", "one creates where the other lets go", full_chunk_of_shared,
        create_wide, drop_as, chunk_is_freed),
    TWO("shared_trim", "one gives memory back while the other lets go", two_of_shared,
        trim_local, drop_as, local_ends),
    TWO("shared_end", "one ends the manager while the other lets go", two_of_shared,
        end_local, drop_as, nothing_is_left),
    THREE("shared_end_two", "one ends the manager while two let go", three_of_shared,
          end_local, drop_as, drop_as, nothing_is_left),
    THREE("shared_end_one", "the same of one object", one_of_shared_for_two, end_local,
          drop_as, drop_as, nothing_is_left),
    THREE("shared_create_end", "one creates and ends while two let go", three_of_shared,
          create_and_end, drop_as, drop_as, nothing_is_left),
    TWO("shared_hand_over", "one hands the manager over and lets go", begin_parcel,
        hand_over_and_drop, take_over_and_create, parcel_is_opened),
    TWO("shared_hand_over_end", "the other one ends it", begin_parcel, hand_over_and_drop,
        take_over_and_end, parcel_is_opened),
    TWO("shared_hand_over_drop", "one hands the manager over while the other lets go",
        two_of_shared, hand_over, drop_as, local_ends),
    TWO("shared_freeze", "one counts what the other freezes", two_of_shared, look_at_live,
        freeze_as, local_ends),
    TWO("freeze_two", "each freezes an object", full_chunk_of_shared, freeze_as,
        freeze_as, local_ends),
    TWO("freeze_same", "two freeze one object", one_and_one_that_stays, freeze_as,
        freeze_as, one_is_alive),
    THREE("shared_freeze_two", "one freezes what two use", one_of_shared_for_two,
          look_at_live, freeze_as, clone_and_drop_as, local_ends),
    TWO("share_all", "one shares all objects while the other lets go", begin_shared_later,
        share_all, drop_as, object_is_dead),
    TWO("share_hand_over", "one shares an object that was its own", begin_plain,
        share_and_send, receive_and_drop, parcel_is_opened),
#if defined(NANVM_HARDENED)
    TWO("key_two", "two draw the key at once", begin_without_key, create, create,
        one_key_fits_all),
    THREE("key", "three draw the key at once", begin_without_key, create, create, create,
          one_key_fits_all),
    THREE("guards", "pages are guarded and opened", begin_guards, close_and_open,
          close_and_open, close_and_open, no_guard_is_left),
    THREE("waiting", "each of the dead waits for the next", begin_waiting,
          create_and_drop, create_and_drop, create_and_drop, one_is_waiting),
#endif
    THREE("model_sequence", "an addition goes on with a release", begin_numbers,
          write_and_release, add_relaxed, acquire_and_read, nothing),
    TWO("model_fails_old", "a load may see the oldest value", begin_numbers, count_up,
        see_no_old_number, nothing),
    THREE("model_fails_sequence", "a store doesn't go on with a release", begin_numbers,
          write_and_release, store_relaxed, acquire_and_read, nothing),
    FOUR("four_drop", "four owners let go", four_of_global, drop, drop, drop, drop,
         nothing_is_left),
    FOUR("four_clone", "four clone and let go", four_of_global, clone_and_drop,
         clone_and_drop_both, clone_and_drop, clone_and_drop_both, nothing_is_left),
    FOUR("four_take", "four ask whether they are alone", four_of_global, take_or_drop,
         take_or_drop, take_or_drop, take_or_drop, nothing_is_left),
    FOUR("four_make_mut", "four write in place or to a copy", four_of_global, make_mut,
         make_mut, to_mut, to_mut, copies_were_counted),
    FOUR("four_mixed", "four do different things", four_of_global, clone_and_drop,
         take_or_drop, make_mut, drop, copies_were_counted),
    FOUR("four_limit", "four clone where there is room for one", begin_near_limit, clone,
         clone_and_take, clone, drop, it_sticks_or_is_one_more),
};
const size_t scenarios_length = sizeof(scenarios) / sizeof(scenarios[0]);
