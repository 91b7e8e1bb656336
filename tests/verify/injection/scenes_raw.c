#include "scenes.h"

static void raw_pieces(const ground *on) {
    const nanvm_layout layouts[] = {{0, 1},    {1, 1},     {40, 8},
                                    {100, 64}, {3000, 16}, {5000, 4096}};
    enum { PIECES = sizeof(layouts) / sizeof(layouts[0]) };
    void *pieces[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = attempt_alloc(on->manager, layouts[i]);
    }
    for (size_t i = 0; i < PIECES; i++) {
        nanvm_manager_dealloc(on->manager, pieces[i], layouts[i]);
    }
}

/* Takes on each size that it can have. */
static void resize_piece(nanvm_manager *manager, nanvm_layout layout, const size_t *sizes,
                         size_t steps) {
    unsigned char *piece = attempt_alloc(manager, layout);
    for (size_t i = 0; piece != NULL && i < steps; i++) {
        void *resized = attempt_raw_resize(manager, piece, layout, sizes[i]);
        if (resized != NULL) {
            piece = resized;
            layout.size = sizes[i];
        }
    }
    nanvm_manager_dealloc(manager, piece, layout);
}

static const size_t sizes[] = {30, 31, 200, 100, 4000, 4100, 9000, 50, 1};
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

static void raw_resize(const ground *on) {
    resize_piece(on->manager, nanvm_layout_make(20, 8), sizes, SIZES);
}

static void raw_resize_aligned(const ground *on) {
    resize_piece(on->manager, nanvm_layout_make(64, 64), sizes, SIZES);
    resize_piece(on->manager, nanvm_layout_make(3, 1024), sizes, 4);
}

static void raw_resize_of_nothing(const ground *on) {
    nanvm_layout layout = nanvm_layout_make(0, 8);
    void *piece = nanvm_manager_resize(on->manager, NULL, layout, 48);
    (void)attempted_call(piece != NULL);
    layout.size = 48;
    nanvm_manager_dealloc(on->manager, piece, layout);
    nanvm_manager_dealloc(on->manager, NULL, layout);
}

static void raw_among_objects(const ground *on) {
    nanvm_layout layout = nanvm_layout_make(50, 8);
    nanvm_ref a = leaf(on->manager, 1);
    void *piece = attempt_alloc(on->manager, layout);
    nanvm_ref b = pair(on->manager, a, leaf(on->manager, 2));
    void *other = attempt_alloc(on->other, layout);
    if (piece != NULL) {
        void *resized = attempt_raw_resize(on->manager, piece, layout, 90);
        nanvm_manager_dealloc(on->manager, resized == NULL ? piece : resized,
                              nanvm_layout_make(resized == NULL ? 50 : 90, 8));
    }
    nanvm_mut_ref copy = attempt_clone(on->manager, b);
    nanvm_manager_dealloc(on->other, other, layout);
    nanvm_mut_ref_drop(copy);
    nanvm_ref_drop(b);
}

static const scene_entry entries[] = {
    {"raw pieces", raw_pieces, false},
    {"raw resize", raw_resize, false},
    {"raw resize, aligned", raw_resize_aligned, false},
    {"raw resize of nothing", raw_resize_of_nothing, false},
    {"raw among objects", raw_among_objects, false},
};
const scene_list raw_scenes = SCENE_LIST(entries);
