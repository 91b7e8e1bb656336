/* The scenarios. Each file of them has a list. */
#ifndef INJECTION_SCENES_H
#define INJECTION_SCENES_H

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "attempt.h"
#include "ground.h"

typedef struct scene_entry {
    const char *name;
    scene *run;
    bool is_heavy; /* Megabytes a run: pairs are for a full run only. */
} scene_entry;

typedef struct scene_list {
    const scene_entry *entries;
    size_t length;
} scene_list;

extern const scene_list create_scenes, clone_scenes, share_scenes, resize_scenes;
extern const scene_list typed_scenes, raw_scenes, drop_scenes;
extern const scene_list local_scenes, arena_scenes, mixed_scenes, threads_scenes;

#define SCENE_LIST(entries)                                                              \
    { entries, sizeof(entries) / sizeof((entries)[0]) }

/* Drops what is in `items`, where the object that would own it wasn't made. */
static inline void drop_all(const nanvm_ref *items, size_t length) {
    for (size_t i = 0; i < length; i++) {
        nanvm_ref_drop(items[i]);
    }
}

/* An array of `length` leaves, or of those that there is memory for; null if it has
 * none itself. */
static inline nanvm_mut_ref array_of_leaves(nanvm_manager *manager, size_t length) {
    nanvm_mut_ref refs = attempt_array(manager, &refs_type, NULL, length);
    for (size_t i = 0; refs.object != NULL && i < length; i++) {
        ((nanvm_ref *)refs.object)[i] = leaf(manager, i);
    }
    return refs;
}

#endif
