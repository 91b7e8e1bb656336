/* All that a user's own code gets from the headers: every macro, as C and as C++. */
#include <nanvm/mem.h>

#if defined(__cplusplus)
#define SOME 1 /* C++ has no flexible array members */
#else
#define SOME
#endif

static void value_visit(const void *part, nanvm_visitor *visitor, void *context) {
    (void)part;
    visitor(nanvm_ref_null(), context);
}

static void file_drop(void *object, size_t length) {
    (void)object;
    (void)length;
}

static bool file_clone(void *copy, const void *source, size_t length) {
    (void)copy;
    return source != NANVM_NULL && length == 0;
}

struct point {
    double x, y;
};
NANVM_TYPE(point_type, struct point);
NANVM_TYPED(point, struct point, point_type);

NANVM_TYPED_HANDLES(list);
struct list {
    double value;
    list_ref next;
    nanvm_ref child[2];
};
NANVM_TYPE_REFS(list_type, struct list, next, child[0], child[1]);
NANVM_TYPED_FUNCTIONS(list, struct list, list_type);

NANVM_TYPE_CALLBACKS(file_type, struct point, value_visit, file_drop, file_clone);

struct text {
    uint64_t hash;
    char bytes[SOME];
};
NANVM_ARRAY(text_type, struct text, bytes);

struct tuple {
    uint64_t hash;
    nanvm_ref items[SOME];
};
NANVM_ARRAY_REFS(tuple_type, struct tuple, items);
NANVM_ARRAY_VISIT(visited_type, struct tuple, items, value_visit, value_visit);

struct map {
    uint64_t hash;
    struct list items[SOME];
};
NANVM_ARRAY_STRUCTS(map_type, struct map, items, next, child[1]);
NANVM_ARRAY_OF(ints_type, int);
NANVM_ARRAY_OF_REFS(refs_type);
NANVM_ARRAY_OF_STRUCTS(lists_type, struct list, next, child[0]);
NANVM_ARRAY_OF_VISIT(values_type, uint64_t, value_visit);

#undef NANVM_OTHER_HANDLES
#define NANVM_OTHER_HANDLES(HANDLE) HANDLE(nanvm_mut_ref) HANDLE(const struct text *)
struct registered {
    nanvm_mut_ref own;
    const struct text *text;
};
NANVM_TYPE_REFS(registered_type, struct registered, own, text);

static nanvm_ref last = NANVM_NULL_HANDLE;
static nanvm_mut_ref last_own = NANVM_NULL_HANDLE;
static point_ref last_point = NANVM_NULL_HANDLE;
static point_mut_ref last_own_point = NANVM_NULL_HANDLE;
static nanvm_local local = NANVM_LOCAL_INIT;

size_t quiet(size_t i, nanvm_ref untyped);

size_t quiet(size_t i, nanvm_ref untyped) {
    const nanvm_type *const all[] = {&point_type,  &list_type,    &file_type,
                                     &text_type,   &tuple_type,   &map_type,
                                     &ints_type,   &refs_type,    &lists_type,
                                     &values_type, &visited_type, &registered_type};
    nanvm_layout layout = NANVM_LAYOUT_OF(struct point);
#if defined(NANVM_SCOPED)
    NANVM_SCOPED(list_ref) scoped = list_mut_ref_to_ref(list_new(nanvm_global()));
    NANVM_SCOPED(nanvm_ref) clone = nanvm_ref_clone(scoped.untyped);
    last = nanvm_ref_move(&clone);
#endif
    nanvm_local of_block = NANVM_LOCAL_INIT;
    nanvm_mut_ref_drop(nanvm_new(nanvm_local_manager(&local), all[i]));
    nanvm_mut_ref_drop(nanvm_new(nanvm_local_manager(&of_block), all[i]));
    nanvm_local_deinit(&of_block);
    nanvm_ref_drop(last);
    nanvm_mut_ref_drop(last_own);
    point_mut_ref_drop(last_own_point);
    last_point = point_ref_view(untyped);
    return all[i]->size + layout.size + point_ref_length(last_point);
}
