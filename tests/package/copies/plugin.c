/* A plugin that contains the static library. It runs beside others that contain another
 * build of it, and each has to call its own. As C and as C++. */
#include "plugin.h"

#include <nanvm/mem.h>

NANVM_BEGIN_DECLS
__attribute__((visibility("default"))) const char *plugin_run(void);
NANVM_END_DECLS

typedef struct item {
    nanvm_ref next;
    int value;
} item;

NANVM_TYPE_REFS(item_type, item, next);
NANVM_TYPED(item, item, item_type);
NANVM_ARRAY_OF(bytes_type, unsigned char);

static void on_fatal(const char *message) {
    (void)message;
}

/* The library starts with no handler; later it has the one that was set here. */
static bool has_its_own_handler(void) {
    static nanvm_fatal_handler *expected = NULL;
    bool is_own = nanvm_fatal_set_handler(on_fatal) == expected;
    expected = on_fatal;
    return is_own;
}

static item_ref push(nanvm_manager *manager, item_ref tail, int value) {
    item whole = {tail.untyped, value};
    return item_mut_ref_to_ref(item_new_copy(manager, &whole));
}

static bool counts(nanvm_manager *manager) {
    item_ref list = {{NULL}};
    for (int i = 0; i < 100; ++i) {
        list = push(manager, list, i);
    }
    item_ref other = item_ref_clone(list);
    bool right = item_ref_count(list) == 1 && item_ref_same(list, other);
    item_ref_drop(other);
    right = right && item_ref_count(list) == 0 && item_ref_get(list)->value == 99;
    item_ref_drop(list);
    return right;
}

static bool resizes(nanvm_manager *manager) {
    nanvm_mut_ref bytes = nanvm_new_array(manager, &bytes_type, NULL, 3);
    bool right = nanvm_mut_ref_length(bytes) == 3 &&
                 nanvm_mut_ref_resize(&bytes, manager, 5000) &&
                 nanvm_mut_ref_length(bytes) == 5000;
    nanvm_mut_ref_drop(bytes);
    return right;
}

static const char *run_with(nanvm_manager *manager) {
    if (!counts(manager)) {
        return "references are counted wrongly";
    }
    return resizes(manager) ? NULL : "an array has another length";
}

const char *plugin_run(void) {
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_manager *manager = nanvm_local_manager(&local);
    const char *wrong = run_with(manager);
    if (wrong == NULL) {
        wrong = run_with(nanvm_global());
    }
    if (wrong == NULL && nanvm_stats_make(manager).live_blocks != 0) {
        wrong = "objects are left";
    }
    nanvm_local_deinit(&local);
    if (!has_its_own_handler()) {
        wrong = "it has the handler of another library";
    }
    return wrong;
}
