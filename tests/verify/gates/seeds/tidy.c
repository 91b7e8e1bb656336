/* The size of a pointer, not of what it points to. expect: bugprone-sizeof-expression */
#include <string.h>

struct seed {
    char bytes[40];
};

void seed(struct seed *self);

void seed(struct seed *self) {
    memset(self, 0, sizeof(self));
}
