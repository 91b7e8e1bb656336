/* Read after the end of its life. expect: unix.Malloc */
#include <stdlib.h>

int seed(void);

int seed(void) {
    int *number = malloc(sizeof(*number));
    if (number == NULL) {
        return 0;
    }
    *number = 1;
    free(number);
    return *number;
}
