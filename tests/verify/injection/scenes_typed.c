#include "scenes.h"

NANVM_TYPED(point, struct point, point_type);
NANVM_TYPED(text, struct text, text_type);

NANVM_TYPED_HANDLES(list);
struct list {
    size_t number;
    list_ref next;
};
NANVM_TYPE_REFS(list_type, struct list, next);
NANVM_TYPED_FUNCTIONS(list, struct list, list_type);

static point_mut_ref made_point(point_mut_ref made) {
    (void)attempted(made.untyped);
    return made;
}

static void points(const ground *on) {
    struct point at = {3, 4};
    point_mut_ref made = made_point(point_new_copy(on->manager, &at));
    point_ref a = point_mut_ref_to_ref(made), b = point_ref_clone(a);
    point_mut_ref zero = made_point(point_new(on->manager));
    if (a.untyped.object != NULL) {
        point_mut_ref copy = made_point(point_ref_clone_object(a, on->manager));
        point_mut_ref own = made_point(point_ref_to_mut_ref(&b, on->manager));
        assert_true(own.untyped.object == NULL || point_mut_ref_get(own)->y == 4);
        assert_int_equal(b.untyped.object == NULL, own.untyped.object != NULL);
        point_mut_ref_drop(own);
        point_mut_ref_drop(copy);
    }
    assert_true(a.untyped.object == NULL || point_ref_get(a)->x == 3);
    point_ref_drop(b);
    point_ref_drop(a);
    point_mut_ref_drop(zero);
}

/* Enough of them for a second chunk, and an arena's run. */
static void many_points(const ground *on) {
    enum { MANY = 40 };
    point_ref all[MANY];
    for (size_t i = 0; i < MANY; i++) {
        struct point at = {(double)i, 0};
        all[i] = point_mut_ref_to_ref(made_point(point_new_copy(on->manager, &at)));
    }
    for (size_t i = 0; i < MANY; i += 2) {
        point_ref_drop(point_ref_move(&all[i]));
    }
    for (size_t i = 0; i < MANY; i += 4) {
        all[i] = point_mut_ref_to_ref(made_point(point_new(on->manager)));
    }
    for (size_t i = 0; i < MANY; i++) {
        assert_true(i % 2 == 0 || all[i].untyped.object == NULL ||
                    point_ref_get(all[i])->x == (double)i);
        point_ref_drop(all[i]);
    }
}

static bool write_text(void *object, size_t length, void *context) {
    memcpy(((struct text *)object)->bytes, context, length);
    return true;
}

static void texts(const ground *on) {
    char hello[] = "hello";
    text_mut_ref a = text_new_array(on->manager, hello, 5);
    text_mut_ref b = text_new_with(on->manager, 5, write_text, hello);
    (void)attempted(a.untyped);
    (void)attempted(b.untyped);
    if (a.untyped.object != NULL) {
        bool grown = attempted_call(text_mut_ref_resize(&a, on->manager, 60));
        assert_int_equal(text_mut_ref_length(a), grown ? 60 : 5);
        (void)attempted_call(text_mut_ref_resize_unset(&a, on->manager, 300));
        assert_memory_equal(text_mut_ref_get(a)->bytes, hello, 5);
    }
    text_ref shared = text_mut_ref_to_ref(b), second = text_ref_clone(shared);
    if (shared.untyped.object != NULL) {
        struct text *own = text_ref_make_mut(&second, on->manager);
        (void)attempted_call(own != NULL);
        assert_memory_equal(text_ref_get(shared)->bytes, hello, 5);
    }
    text_ref_drop(second);
    text_ref_drop(shared);
    text_mut_ref_drop(a);
}

static list_ref push(const ground *on, list_ref next, size_t number) {
    struct list fixed = {number, next};
    list_mut_ref made = list_new_copy(on->manager, &fixed);
    (void)attempted(made.untyped);
    return made.untyped.object == NULL ? next : list_mut_ref_to_ref(made);
}

/* What couldn't be pushed isn't in it. */
static void lists(const ground *on) {
    list_ref all = {{NULL}};
    for (size_t i = 0; i < 12; i++) {
        all = push(on, all, i);
    }
    list_ref second = list_ref_clone(all);
    for (size_t i = 0; i < 3 && second.untyped.object != NULL; i++) {
        struct list *own = list_ref_make_mut(&second, on->manager);
        if (attempted_call(own != NULL)) {
            own->number += 100;
        }
    }
    for (list_ref at = all; at.untyped.object != NULL; at = list_ref_get(at)->next) {
        assert_true(list_ref_get(at)->number < 12 || !on->counts ||
                    list_ref_same(at, all));
    }
    list_ref_drop(second);
    list_ref_drop(all);
}

static void untyped_and_back(const ground *on) {
    point_mut_ref made = made_point(point_new(on->manager));
    nanvm_ref untyped = point_mut_ref_to_ref(made).untyped;
    text_ref wrong;
    point_ref right = {{NULL}};
    if (untyped.object != NULL) {
        assert_false(text_ref_from(&untyped, &wrong));
        assert_true(point_ref_from(&untyped, &right));
    }
    point_ref_drop(right);
}

static void scoped(const ground *on) {
    NANVM_SCOPED(nanvm_ref) a = leaf(on->manager, 1);
    NANVM_SCOPED(nanvm_mut_ref) b = attempt_clone(on->manager, a);
    NANVM_SCOPED(point_mut_ref) c = made_point(point_new(on->manager));
    NANVM_SCOPED(nanvm_ref) d = pair(on->manager, nanvm_ref_clone(a), nanvm_ref_move(&a));
    NANVM_SCOPED(nanvm_mut_ref) e = attempt_clone(on->other, d);
    (void)attempt_make_mut(on->manager, &d);
    (void)b;
    (void)c;
    (void)e;
}

static const scene_entry entries[] = {
    {"points", points, false},
    {"many points", many_points, false},
    {"texts", texts, false},
    {"lists", lists, false},
    {"untyped and back", untyped_and_back, false},
    {"scoped", scoped, false},
};
const scene_list typed_scenes = SCENE_LIST(entries);
