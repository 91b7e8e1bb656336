/* Freed twice on one way. expect: Wanalyzer-double-free */
#include <stdlib.h>

void seed(void *memory, int twice);

void seed(void *memory, int twice) {
    free(memory);
    if (twice != 0) {
        free(memory);
    }
}
