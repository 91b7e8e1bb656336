#include "system/thread_number.h"

NANVM_THREAD_STATIC size_t nanvm_thread_number;

size_t nanvm_thread_number_claim(void) {
    static size_t last;
    if (nanvm_thread_number == 0) {
        nanvm_thread_number = nanvm_atomic_raise_relaxed(&last) + 1;
    }
    return nanvm_thread_number;
}
