/* Objects for any thread: shared managers, and sharing and freezing what was one
 * thread's. No thread is needed: what is dropped while no thread has the manager comes
 * back to it as from another one. */
#include "scenes.h"

static void fail_on_leak(void *context, const nanvm_type *type, size_t blocks,
                         size_t bytes) {
    (void)context;
    (void)type;
    (void)blocks;
    (void)bytes;
    fail();
}

static nanvm_manager *open_plain(nanvm_local *self, const ground *on) {
    nanvm_local_init_from(self, on->manager);
    nanvm_local_on_leak(self, fail_on_leak, NULL);
    return nanvm_local_manager(self);
}

static bool serves_all_threads(const ground *on) {
    nanvm_count count = on->manager->dealloc == NULL ? NANVM_COUNT_PLAIN
                                                     : on->manager->dealloc->table->count;
    return count == NANVM_COUNT_ATOMIC || count == NANVM_COUNT_CUSTOM;
}

/* Over the global manager where that of the scenario serves only one thread. */
static nanvm_manager *open_shared(nanvm_local *self, const ground *on) {
    nanvm_local_init_shared_from(self,
                                 serves_all_threads(on) ? on->manager : nanvm_global());
    nanvm_local_on_leak(self, fail_on_leak, NULL);
    return nanvm_local_manager(self);
}

/* --- counts --- */

typedef struct counted {
    size_t plain, atomic, none;
} counted;

static void count_visited(nanvm_ref ref, void *context) {
    counted *self = context;
    if (ref.object != NULL) {
        int32_t count = nanvm_block_count(ref.object);
        self->plain += count >= 0;
        self->atomic += nanvm_count_is_atomic(count);
        self->none += count == NANVM_COUNT_NONE;
        nanvm_ref_visit(ref, count_visited, context);
    }
}

static counted counted_of(nanvm_ref root) {
    counted found = {0, 0, 0};
    count_visited(root, &found);
    return found;
}

static size_t all_of(counted counts) {
    return counts.plain + counts.atomic + counts.none;
}

/* --- a shared manager --- */

static void drop_elsewhere(nanvm_local *local, nanvm_ref *refs, size_t length) {
    nanvm_local_hand_over(local);
    for (size_t i = 0; i < length; i++) {
        nanvm_ref_drop(refs[i]);
        refs[i].object = NULL;
    }
    nanvm_local_take_over(local);
}

static void make_each(nanvm_manager *manager, nanvm_ref *refs, size_t length) {
    for (size_t i = 0; i < length; i++) {
        nanvm_mut_ref ints =
            attempt_array(manager, &ints_type, NULL, i % 3 == 2 ? 600 : 9);
        refs[i] = i % 3 == 0 ? leaf(manager, i) : nanvm_mut_ref_to_ref(ints);
        if (i % 3 == 0) {
            nanvm_mut_ref_drop(ints);
        }
    }
}

static void returned(const ground *on) {
    nanvm_local local;
    nanvm_manager *manager = open_shared(&local, on);
    nanvm_ref refs[24];
    make_each(manager, refs, 24);
    drop_elsewhere(&local, refs + 6, 12);
    make_each(manager, refs + 6, 12);
    drop_elsewhere(&local, refs, 24);
    make_each(manager, refs, 3);
    (void)nanvm_local_trim(&local);
    drop_all(refs, 3);
    nanvm_local_deinit(&local);
}

/* When memory runs out, it is there in what came back. */
static void returned_in_time(const ground *on) {
    nanvm_local local;
    nanvm_manager *manager = open_shared(&local, on);
    nanvm_ref large[2];
    for (size_t i = 0; i < 2; i++) {
        large[i] = nanvm_mut_ref_to_ref(attempt_array(manager, &ints_type, NULL, 900));
    }
    drop_elsewhere(&local, large, 2);
    nanvm_ref node = pair(manager, leaf(manager, 1), leaf(manager, 2));
    drop_elsewhere(&local, &node, 1);
    nanvm_local_deinit(&local);
}

static void outlived(const ground *on) {
    nanvm_local local;
    nanvm_manager *manager = open_shared(&local, on);
    nanvm_ref refs[9];
    make_each(manager, refs, 9);
    nanvm_local_on_leak(&local, nanvm_local_ignore_leak, NULL);
    nanvm_local_deinit(&local);
    drop_all(refs, 9);
}

/* --- sharing --- */

/* Three types, one of them large; the arrays have more objects than a page of notes. */
static nanvm_ref medley(nanvm_manager *manager) {
    nanvm_mut_ref refs = array_of_leaves(manager, 700);
    nanvm_mut_ref ints = attempt_array(manager, &ints_type, NULL, 700);
    return pair(manager, nanvm_mut_ref_to_ref(refs), nanvm_mut_ref_to_ref(ints));
}

static void expect_shared_or_plain(nanvm_ref root, bool shared, size_t all) {
    counted counts = counted_of(root);
    assert_int_equal(shared ? counts.atomic : counts.plain, all);
    assert_int_equal(all_of(counts), all);
}

/* What a call came to that shares `root`, or all there is. Over a manager that serves
 * only one thread it refuses, unless there is nothing to share, and no memory has to
 * fail. */
static bool attempted_sharing(const ground *on, nanvm_ref root, bool shared) {
    if (serves_all_threads(on)) {
        return attempted_call(shared);
    }
    assert_true(!shared || root.object == NULL);
    return shared;
}

static void share_reference(const ground *on) {
    nanvm_local local;
    nanvm_manager *manager = open_plain(&local, on);
    nanvm_ref root = medley(manager);
    size_t all = all_of(counted_of(root));
    for (size_t i = 0; i < 2; i++) { /* the second time all is shared, or may be */
        bool shared = attempted_sharing(on, root, nanvm_ref_share(root));
        expect_shared_or_plain(root, shared, all);
        nanvm_ref other = nanvm_ref_clone(root);
        nanvm_ref_drop(other);
    }
    nanvm_ref more = leaf(manager, 1);
    drop_all(&more, 1);
    nanvm_ref_drop(root);
    nanvm_local_deinit(&local);
}

static void share_manager(const ground *on) {
    nanvm_local local;
    nanvm_manager *manager = open_plain(&local, on);
    nanvm_ref root = medley(manager);
    size_t all = all_of(counted_of(root));
    bool shared = attempted_sharing(on, root, nanvm_local_share(&local));
    expect_shared_or_plain(root, shared, all);
    nanvm_ref more = leaf(manager, 1);
    drop_all(&more, 1);
    if (shared) {
        drop_elsewhere(&local, &root, 1);
    }
    nanvm_ref_drop(root);
    nanvm_local_deinit(&local);
}

/* Without memory all counts stay, or all objects are shared and some are frozen. */
static void freeze_reference(const ground *on) {
    nanvm_local local;
    nanvm_manager *manager = open_plain(&local, on);
    nanvm_ref points[2];
    for (size_t i = 0; i < 2; i++) {
        points[i] = nanvm_mut_ref_to_ref(attempt_new(manager, &point_type));
    }
    nanvm_ref root = pair(manager, points[0], points[1]);
    size_t all = all_of(counted_of(root));
    bool frozen = attempted_sharing(on, root, nanvm_ref_freeze(root));
    counted counts = counted_of(root);
    assert_int_equal(all_of(counts), all);
    assert_true(frozen ? counts.none == all : counts.plain == all || counts.plain == 0);
    nanvm_ref_drop(nanvm_ref_clone(root));
    nanvm_ref_drop(root);
    nanvm_local_deinit(&local);
}

static const scene_entry entries[] = {
    {"threads: returned", returned, false},
    {"threads: returned in time", returned_in_time, false},
    {"threads: outlived", outlived, false},
    {"threads: share a reference", share_reference, true},
    {"threads: share a manager", share_manager, true},
    {"threads: freeze", freeze_reference, false},
};
const scene_list threads_scenes = SCENE_LIST(entries);
