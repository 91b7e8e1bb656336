/* One object, read by several threads, and counted by all of them. */
#include <pthread.h>

#include <nanvm/mem.h>

#include "check.h"

enum { LENGTH = 1000, THREADS = 4 };

NANVM_ARRAY_OF(ints_type, int);

//! [worker]
/* Owns the reference that it is given. */
static void *worker(void *argument) {
    nanvm_ref numbers = {argument};
    const int *items = nanvm_ref_get(numbers);
    long sum = 0;
    for (size_t i = 0; i < nanvm_ref_length(numbers); ++i) {
        sum += items[i];
    }
    nanvm_ref_drop(numbers); /* whoever is last frees it */
    return sum == LENGTH ? argument : NULL;
}
//! [worker]

static bool fill(void *object, size_t length, void *context) {
    int *items = object;
    for (size_t i = 0; i < length; ++i) {
        items[i] = *(int *)context;
    }
    return true;
}

int main(void) {
    int one = 1;
    pthread_t threads[THREADS];
    //! [share]
    nanvm_mut_ref created =
        nanvm_new_with(nanvm_global(), &ints_type, LENGTH, fill, &one);
    CHECK(nanvm_mut_ref_get(created) != NULL);
    nanvm_ref numbers = nanvm_mut_ref_to_ref(created); /* from here on, read only */

    for (int i = 0; i < THREADS; ++i) {
        nanvm_ref one_more = nanvm_ref_clone(numbers); /* one reference a thread */
        void *argument = (void *)(uintptr_t)nanvm_ref_get(one_more);
        CHECK(pthread_create(&threads[i], NULL, worker, argument) == 0);
    }
    //! [share]
    for (int i = 0; i < THREADS; ++i) {
        void *result;
        CHECK(pthread_join(threads[i], &result) == 0 && result != NULL);
    }
    //! [alone]
    /* The others are done: what they did happened before this succeeds. */
    nanvm_mut_ref alone;
    CHECK(nanvm_ref_try_to_mut_ref(&numbers, &alone));
    *(int *)nanvm_mut_ref_get(alone) = 2;
    nanvm_mut_ref_drop(alone);
    //! [alone]
    return 0;
}
