/* A stranger's program: a list that shares its tail, on each built-in manager. */
#include <stdio.h>
#include <string.h>

#include <nanvm/mem.h>

#if __STDC_VERSION__ < 201112L
#error "whoever links the library is compiled as C11 at the least"
#endif

typedef struct node {
    nanvm_ref next;
    int value;
} node;

NANVM_TYPE_REFS(node_type, node, next);
NANVM_TYPED(node, node, node_type);

static nanvm_ref push(nanvm_manager *manager, nanvm_ref next, int value) {
    node value_of = {next, value};
    return node_mut_ref_to_ref(node_new_copy(manager, &value_of)).untyped;
}

static int sum(nanvm_ref list) {
    int total = 0;
    for (const node *n = nanvm_ref_get(list); n != NULL; n = nanvm_ref_get(n->next)) {
        total += n->value;
    }
    return total;
}

static bool shares_a_tail(nanvm_manager *manager) {
    nanvm_ref tail = push(manager, push(manager, nanvm_ref_null(), 1), 2);
    nanvm_ref a = push(manager, nanvm_ref_clone(tail), 10);
    nanvm_ref b = push(manager, tail, 20);
    bool right = sum(a) == 13 && sum(b) == 23 && nanvm_ref_count(tail) > 0;
    nanvm_ref_drop(a);
    nanvm_ref_drop(b);
    return right;
}

static bool on_local(void) {
    nanvm_local local;
    nanvm_local_init(&local);
    bool right = shares_a_tail(nanvm_local_manager(&local)) &&
                 nanvm_stats_make(nanvm_local_manager(&local)).live_blocks == 0;
    nanvm_local_deinit(&local);
    return right;
}

static bool on_arena(void) {
    static unsigned char buffer[4096];
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, sizeof(buffer));
    bool right = shares_a_tail(nanvm_arena_manager(&arena));
    nanvm_arena_deinit(&arena);
    return right;
}

/* Every inline function is a symbol, too, for those who can't inline. */
static bool has_symbols(void) {
    nanvm_ref (*volatile move)(nanvm_ref *) = nanvm_ref_move;
    nanvm_ref null = nanvm_ref_null();
    return nanvm_ref_is_null(move(&null));
}

int main(void) {
    bool right = strcmp(nanvm_version(), NANVM_VERSION) == 0 && has_symbols() &&
                 shares_a_tail(nanvm_global()) && on_local() && on_arena();
    puts(right ? "nanvm_mem works" : "nanvm_mem doesn't work");
    return right ? 0 : 1;
}
