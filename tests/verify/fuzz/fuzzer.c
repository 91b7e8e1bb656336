/* Makes a target one of libFuzzer's, and prints at the end what was done. */
#include <stdint.h>
#include <stdlib.h>

#include "target.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max, unsigned seed);

static void report(void) {
    target_report(stderr);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    target_init();
    atexit(report);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    target_run(bytes, size);
    return 0;
}

/* Half of all inputs go on beyond what there was, at random: an input of many operations
 * costs less for each. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max, unsigned seed) {
    uint32_t random = seed * UINT32_C(2654435769) + 1;
    size = LLVMFuzzerMutate(bytes, size, max);
    size_t more = seed % 2 == 0 ? 0 : (random >> 8) % (max - size + 1);
    for (size_t end = size + more; size < end; size++) {
        random = random * 1664525 + 1013904223;
        bytes[size] = (uint8_t)(random >> 24);
    }
    return size;
}
