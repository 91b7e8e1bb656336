/* The target: a list of operations, with the model beside it. */
#include "operations.h"
#include "target.h"

enum { OPERATIONS_BETWEEN_CHECKS = 512 };

const char *const target_name = "model";

void target_init(void) {
    kinds_init();
}

void target_report(FILE *file) {
    fprintf(file, "operations: %llu\n", operations_done);
}

/* Two bytes for the buffer of an arena, then the operations. */
void target_run(const unsigned char *bytes, size_t size) {
    if (size < 2) {
        return;
    }
    world_begin(bytes[0], bytes[1], false);
    const unsigned char *end = bytes + size;
    size_t done = 0;
    for (bytes += 2; end - bytes >= OPERATION_SIZE; bytes += OPERATION_SIZE) {
        operation_run(bytes);
        if (++done % OPERATIONS_BETWEEN_CHECKS == 0) {
            check_all();
        }
    }
    check_all();
    world_end();
}
