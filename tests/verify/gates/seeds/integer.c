/* A sum that wraps. expect: overflow */
#include <stdio.h>

int main(int argc, char **argv) {
    unsigned number = (unsigned)argc - 2U;
    (void)argv;
    printf("%u\n", number);
    return 0;
}
