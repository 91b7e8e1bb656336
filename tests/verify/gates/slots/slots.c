/* Each slot of the library's tables, and each callback that a function takes, with a
 * function of the right type, and with one whose type differs in a pointer: the calls end
 * alike on every machine, and yet the second is undefined. `slots SLOT right|wrong` goes
 * through one of them; `slots` alone lists their names. With control flow integrity the
 * call of the wrong one stops the program. */
#include <nanvm/mem.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As in a wrong program: the type is the slot's, whatever the function's is. */
#define AS(type, function) ((type)(void (*)(void))(function))
#define CHOOSE(type, name) (wrong ? AS(type, wrong_##name) : AS(type, right_##name))

typedef struct thing {
    nanvm_ref other;
} thing;

static bool wrong;

/* --- a manager's ---------------------------------------------------------- */

typedef void *alloc_slot(nanvm_manager *self, nanvm_layout layout);
typedef void *resize_slot(nanvm_manager *self, void *memory, nanvm_layout layout,
                          size_t size);
typedef void *new_block_slot(nanvm_manager *self, const nanvm_type *type, size_t size);
typedef void *resize_block_slot(nanvm_manager *self, void *object, size_t old_size,
                                size_t size);
typedef void stats_slot(const nanvm_manager *self, nanvm_stats *stats);

static nanvm_manager_table manager_table;
static nanvm_dealloc_table dealloc_table;
static nanvm_dealloc dealloc = {&dealloc_table};
static nanvm_manager manager = {.table = &manager_table, .dealloc = &dealloc};

static void *right_alloc(nanvm_manager *self, nanvm_layout layout) {
    (void)self;
    return malloc(layout.size);
}

static char *wrong_alloc(nanvm_manager *self, nanvm_layout layout) {
    return right_alloc(self, layout);
}

static void *right_resize(nanvm_manager *self, void *memory, nanvm_layout layout,
                          size_t size) {
    (void)self, (void)layout;
    return realloc(memory, size);
}

static void *wrong_resize(nanvm_manager *self, char *memory, nanvm_layout layout,
                          size_t size) {
    return right_resize(self, memory, layout, size);
}

/* From malloc to the object; the origin is first. */
static size_t front_of(const nanvm_type *type) {
    return nanvm_layout_round_up(sizeof(nanvm_origin) + nanvm_block_prefix(type),
                                 2 * sizeof(void *));
}

static void *right_new_block(nanvm_manager *self, const nanvm_type *type, size_t size) {
    nanvm_origin *origin = malloc(front_of(type) + size);
    if (origin == NULL) {
        return NULL;
    }
    *origin = (nanvm_origin){.type = type, .dealloc = self->dealloc};
    unsigned char *block = (unsigned char *)origin + front_of(type);
    nanvm_block_init(block, origin);
    return block;
}

static char *wrong_new_block(nanvm_manager *self, const nanvm_type *type, size_t size) {
    return right_new_block(self, type, size);
}

/* Not where it lies: the library moves it. */
static void *right_resize_block(nanvm_manager *self, void *object, size_t old_size,
                                size_t size) {
    (void)self, (void)object, (void)old_size, (void)size;
    return NULL;
}

static void *wrong_resize_block(nanvm_manager *self, char *object, size_t old_size,
                                size_t size) {
    return right_resize_block(self, object, old_size, size);
}

static void right_stats(const nanvm_manager *self, nanvm_stats *stats) {
    (void)self, (void)stats;
}

static void wrong_stats(nanvm_manager *self, nanvm_stats *stats) {
    right_stats(self, stats);
}

/* --- a dealloc's ---------------------------------------------------------- */

typedef size_t update_slot(nanvm_dealloc *self, size_t *counter,
                           nanvm_ref_counter_update update);
typedef void dealloc_slot(nanvm_dealloc *self, void *memory, nanvm_layout layout);
typedef void free_block_slot(nanvm_dealloc *self, void *object);

static size_t right_update(nanvm_dealloc *self, size_t *counter,
                           nanvm_ref_counter_update update) {
    size_t before = *counter;
    (void)self;
    *counter += update == NANVM_REF_COUNTER_ADD;
    *counter -= update == NANVM_REF_COUNTER_RELEASE && before > 0;
    return before;
}

static size_t wrong_update(nanvm_dealloc *self, void *counter,
                           nanvm_ref_counter_update update) {
    return right_update(self, counter, update);
}

static void right_dealloc(nanvm_dealloc *self, void *memory, nanvm_layout layout) {
    (void)self, (void)layout;
    free(memory);
}

static void wrong_dealloc(nanvm_dealloc *self, char *memory, nanvm_layout layout) {
    right_dealloc(self, memory, layout);
}

static void right_free_block(nanvm_dealloc *self, void *object) {
    (void)self;
    free(nanvm_block_origin(object));
}

static void wrong_free_block(nanvm_dealloc *self, thing *object) {
    right_free_block(self, object);
}

/* --- an object's ---------------------------------------------------------- */

typedef void drop_slot(void *object, size_t length);
typedef bool clone_slot(void *copy, const void *source, size_t length);

static void right_visit(const void *part, nanvm_visitor *visitor, void *context) {
    visitor(((const thing *)part)->other, context);
}

static void wrong_visit(const thing *part, nanvm_visitor *visitor, void *context) {
    right_visit(part, visitor, context);
}

#define right_visit_item right_visit
#define wrong_visit_item wrong_visit

static void right_drop(void *object, size_t length) {
    (void)object, (void)length;
}

static void wrong_drop(thing *object, size_t length) {
    right_drop(object, length);
}

static bool right_clone(void *copy, const void *source, size_t length) {
    (void)copy, (void)source, (void)length;
    return true;
}

static bool wrong_clone(thing *copy, const thing *source, size_t length) {
    return right_clone(copy, source, length);
}

/* --- callbacks that functions take ---------------------------------------- */

static void right_visitor(nanvm_ref reference, void *context) {
    (void)reference, (void)context;
}

static void wrong_visitor(nanvm_ref reference, int *context) {
    right_visitor(reference, context);
}

static bool right_construct(void *object, size_t length, void *context) {
    (void)object, (void)length, (void)context;
    return true;
}

static bool wrong_construct(thing *object, size_t length, void *context) {
    return right_construct(object, length, context);
}

static void right_leak(void *context, const nanvm_type *type, size_t blocks,
                       size_t bytes) {
    (void)type, (void)blocks, (void)bytes;
    nanvm_ref_drop(*(nanvm_ref *)context);
}

static void wrong_leak(nanvm_ref *context, const nanvm_type *type, size_t blocks,
                       size_t bytes) {
    right_leak(context, type, blocks, bytes);
}

static void right_fatal(const char *message) {
    (void)message;
    exit(0);
}

static void wrong_fatal(char *message) {
    right_fatal(message);
}

static void right_each(const nanvm_type_stats *stats, void *context) {
    (void)stats, (void)context;
}

static void wrong_each(nanvm_type_stats *stats, void *context) {
    right_each(stats, context);
}

/* --- ways through each of them -------------------------------------------- */

/* A life with all that a table can be asked for: created, counted, cloned, visited,
 * dropped. */
static void live(nanvm_manager *where, const nanvm_type *type) {
    nanvm_ref ref = nanvm_mut_ref_to_ref(nanvm_new_any(where, type));
    nanvm_ref_visit(ref, right_visitor, NULL);
    nanvm_ref_drop(nanvm_ref_clone(ref));
    nanvm_mut_ref_drop(nanvm_ref_clone_object(ref, where));
    (void)nanvm_stats_make(where);
    nanvm_ref_drop(ref);
}

static const nanvm_type plain = {
    .name = "thing", .size = sizeof(thing), .align = NANVM_ALIGNOF(thing)};

/* What a table leaves out, besides what it is about. Blocks that new_block makes are
 * freed by free_block; the two go together. */
static void complete(bool has_new_block) {
    if (manager_table.alloc == NULL) {
        manager_table.alloc = right_alloc;
    }
    if (manager_table.new_block == NULL && has_new_block) {
        manager_table.new_block = right_new_block;
    }
    if (dealloc_table.dealloc == NULL) {
        dealloc_table.dealloc = right_dealloc;
    }
    if (dealloc_table.free_block == NULL && has_new_block) {
        dealloc_table.free_block = right_free_block;
    }
}

static void through_manager(nanvm_manager_table table) {
    manager_table = table;
    complete(table.new_block != NULL);
    live(&manager, &plain);
}

static void grow(nanvm_manager_table table) {
    static const nanvm_type items = {.name = "items", .align = 1, .item_size = 1};
    manager_table = table;
    complete(table.resize_block != NULL);
    nanvm_mut_ref array = nanvm_new_array(&manager, &items, NULL, 1);
    if (nanvm_mut_ref_resize(&array, &manager, 100000)) {
        nanvm_mut_ref_drop(array);
    }
}

static void through_dealloc(nanvm_dealloc_table table) {
    dealloc_table = table;
    complete(table.free_block != NULL);
    live(&manager, &plain);
}

static void through_object(nanvm_type type) {
    static nanvm_type object;
    object = type;
    object.name = "thing";
    object.size = object.item_size == 0 ? sizeof(thing) : 0;
    object.align = NANVM_ALIGNOF(thing);
    live(nanvm_global(), &object);
}

static void items_of(nanvm_visit *visit_item) {
    static nanvm_type object = {
        .name = "things", .align = NANVM_ALIGNOF(thing), .item_size = sizeof(thing)};
    object.visit_item = visit_item;
    nanvm_mut_ref_drop(nanvm_new_array(nanvm_global(), &object, NULL, 2));
}

static void visit_with(nanvm_visitor *visitor) {
    static const size_t offsets[] = {offsetof(thing, other)};
    static const nanvm_type object = {.name = "thing",
                                      .size = sizeof(thing),
                                      .align = NANVM_ALIGNOF(thing),
                                      .refs = offsets,
                                      .refs_length = 1};
    nanvm_ref ref = nanvm_mut_ref_to_ref(nanvm_new_any(nanvm_global(), &object));
    nanvm_ref_visit(ref, visitor, NULL);
    nanvm_ref_drop(ref);
}

static void leak_to(nanvm_local_leak *leak) {
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_ref ref =
        nanvm_mut_ref_to_ref(nanvm_new_any(nanvm_local_manager(&local), &plain));
    nanvm_local_on_leak(&local, leak, &ref);
    nanvm_local_deinit(&local);
}

static void fail_with(nanvm_fatal_handler *handler) {
    int32_t dead = NANVM_COUNT_DEAD;
    nanvm_mut_ref object = nanvm_new_any(nanvm_global(), &plain);
    (void)nanvm_fatal_set_handler(handler);
    nanvm_block_set_count(object.object, dead);
    nanvm_mut_ref_drop(object);
}

static void tell_stats(nanvm_type_stats_visitor *each) {
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_mut_ref object = nanvm_new_any(nanvm_local_manager(&local), &plain);
    nanvm_stats stats;
    memset(&stats, 0, sizeof(stats));
    stats.size = sizeof(stats);
    stats.version = NANVM_STATS_VERSION;
    stats.each = each;
    nanvm_manager_stats(nanvm_local_manager(&local), &stats);
    nanvm_mut_ref_drop(object);
    nanvm_local_deinit(&local);
}

/* --- which -------------------------------------------------------------- */

#define SLOT(slot, call)                                                                 \
    static void try_##slot(void) {                                                       \
        call;                                                                            \
    }

SLOT(alloc, through_manager((nanvm_manager_table){.alloc = CHOOSE(alloc_slot *, alloc)}))
SLOT(resize, grow((nanvm_manager_table){.resize = CHOOSE(resize_slot *, resize)}))
SLOT(new_block, through_manager((nanvm_manager_table){
                    .new_block = CHOOSE(new_block_slot *, new_block)}))
SLOT(resize_block, grow((nanvm_manager_table){
                       .resize_block = CHOOSE(resize_block_slot *, resize_block)}))
SLOT(stats, through_manager((nanvm_manager_table){.stats = CHOOSE(stats_slot *, stats)}))
SLOT(update, through_dealloc((nanvm_dealloc_table){
                 .count = NANVM_COUNT_CUSTOM,
                 .ref_counter_update = CHOOSE(update_slot *, update)}))
SLOT(dealloc,
     through_dealloc((nanvm_dealloc_table){.dealloc = CHOOSE(dealloc_slot *, dealloc)}))
SLOT(free_block, through_dealloc((nanvm_dealloc_table){
                     .free_block = CHOOSE(free_block_slot *, free_block)}))
SLOT(visit, through_object((nanvm_type){.visit = CHOOSE(nanvm_visit *, visit)}))
SLOT(visit_item, items_of(CHOOSE(nanvm_visit *, visit_item)))
SLOT(drop, through_object((nanvm_type){.drop = CHOOSE(drop_slot *, drop)}))
SLOT(clone, through_object((nanvm_type){.clone = CHOOSE(clone_slot *, clone)}))
SLOT(visitor, visit_with(CHOOSE(nanvm_visitor *, visitor)))
SLOT(construct,
     nanvm_mut_ref_drop(nanvm_new_with(nanvm_global(), &plain, 0,
                                       CHOOSE(nanvm_construct *, construct), NULL)))
SLOT(leak, leak_to(CHOOSE(nanvm_local_leak *, leak)))
SLOT(fatal, fail_with(CHOOSE(nanvm_fatal_handler *, fatal)))
SLOT(each, tell_stats(CHOOSE(nanvm_type_stats_visitor *, each)))

static const struct {
    const char *name;
    void (*attempt)(void);
} slots[] = {
    {"manager.alloc", try_alloc},
    {"manager.resize", try_resize},
    {"manager.new_block", try_new_block},
    {"manager.resize_block", try_resize_block},
    {"manager.stats", try_stats},
    {"dealloc.ref_counter_update", try_update},
    {"dealloc.dealloc", try_dealloc},
    {"dealloc.free_block", try_free_block},
    {"object.visit", try_visit},
    {"object.visit_item", try_visit_item},
    {"object.drop", try_drop},
    {"object.clone", try_clone},
    {"nanvm_ref_visit", try_visitor},
    {"nanvm_new_with", try_construct},
    {"nanvm_local_on_leak", try_leak},
    {"nanvm_fatal_set_handler", try_fatal},
    {"nanvm_stats.each", try_each},
};

int main(int argc, char **argv) {
    wrong = argc > 2 && strcmp(argv[2], "wrong") == 0;
    for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); ++i) {
        if (argc < 2) {
            puts(slots[i].name);
        } else if (strcmp(argv[1], slots[i].name) == 0) {
            slots[i].attempt();
            return 0;
        }
    }
    return argc < 2 ? 0 : 2;
}
