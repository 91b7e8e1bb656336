/* Values that are made in one thread and used in another. */
#include <pthread.h>

#include <nanvm/mem.h>

#include "check.h"

struct node {
    nanvm_ref left;
    nanvm_ref right;
    long value;
};
NANVM_TYPE_REFS(node_type, struct node, left, right);

static nanvm_ref tree(nanvm_manager *manager, int depth) {
    nanvm_ref children[2] = {nanvm_ref_null(), nanvm_ref_null()};
    for (int i = 0; depth > 0 && i < 2; ++i) {
        children[i] = tree(manager, depth - 1);
    }
    struct node value = {children[0], children[1], 1};
    nanvm_mut_ref made = nanvm_new_copy(manager, &node_type, &value);
    CHECK(nanvm_mut_ref_get(made) != NULL);
    return nanvm_mut_ref_to_ref(made);
}

static long sum(nanvm_ref root) {
    const struct node *node = nanvm_ref_get(root);
    return node == NULL ? 0 : node->value + sum(node->left) + sum(node->right);
}

/* --- to a thread --- */

//! [receiver]
/* Owns the reference that it is given. */
static void *receiver(void *argument) {
    nanvm_ref root = {argument};
    long result = sum(root);
    nanvm_ref_drop(root); /* the whole tree dies here, in this thread */
    return result == 1023 ? argument : NULL;
}
//! [receiver]

static void hand_over(nanvm_ref root) {
    pthread_t thread;
    void *result;
    CHECK(pthread_create(&thread, NULL, receiver,
                         (void *)(uintptr_t)nanvm_ref_get(root)) == 0);
    CHECK(pthread_join(thread, &result) == 0 && result != NULL);
}

static void born_shared(void) {
    //! [born]
    nanvm_local local;
    nanvm_local_init_shared(&local);
    hand_over(tree(nanvm_local_manager(&local), 9));
    nanvm_local_deinit(&local); /* before the objects die or after */
    //! [born]
}

static void shared_later(void) {
    nanvm_local local;
    nanvm_local_init(&local);
    //! [later]
    nanvm_ref root = tree(nanvm_local_manager(&local), 9); /* plain counts */
    CHECK(nanvm_ref_share(root));                          /* false: out of memory */
    hand_over(root);
    //! [later]
    nanvm_local_deinit(&local);
}

/* --- and back --- */

typedef struct parcel {
    nanvm_local *local;
    nanvm_ref root;
} parcel;

//! [taker]
static void *taker(void *argument) {
    parcel *self = argument;
    nanvm_local_take_over(self->local); /* now this thread creates */
    nanvm_manager *manager = nanvm_local_manager(self->local);
    struct node *node = nanvm_ref_make_mut(&self->root, manager);
    if (node != NULL) {
        node->value = 2;
    }
    nanvm_local_hand_over(self->local);
    return node;
}
//! [taker]

static void whole_manager(void) {
    nanvm_local local;
    nanvm_local_init(&local);
    pthread_t thread;
    void *result;
    //! [giver]
    parcel sent = {&local, tree(nanvm_local_manager(&local), 9)};
    nanvm_local_hand_over(&local);
    CHECK(pthread_create(&thread, NULL, taker, &sent) == 0);
    CHECK(pthread_join(thread, &result) == 0 && result != NULL);
    nanvm_local_take_over(&local);
    //! [giver]
    CHECK(sum(sent.root) == 1024);
    nanvm_ref_drop(sent.root);
    nanvm_local_deinit(&local);
}

/* --- constants --- */

static void frozen(void) {
    nanvm_local local;
    nanvm_local_init(&local);
    //! [frozen]
    nanvm_ref constant = tree(nanvm_local_manager(&local), 9);
    CHECK(nanvm_ref_freeze(constant));
    hand_over(constant); /* the drop there does nothing */
    CHECK(sum(constant) == 1023);
    nanvm_local_deinit(&local); /* this frees it */
    //! [frozen]
}

int main(void) {
    born_shared();
    shared_later();
    whole_manager();
    frozen();
    return 0;
}
