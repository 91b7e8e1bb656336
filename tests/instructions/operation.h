/* An operation that is measured. */
#ifndef INSTRUCTIONS_OPERATION_H
#define INSTRUCTIONS_OPERATION_H

#include <nanvm/mem.h>

/* What happens once in a while, such as a new chunk, is shared by so many. */
enum { TIMES = 10000 };

typedef struct operation {
    const char *name;
    size_t times;     /* how often `measure` does it */
    const char *loop; /* the empty loop that it stands in; NULL if in none */
    bool counted;     /* makes sense only where references are counted */
    void (*prepare)(nanvm_manager *manager);
    void (*measure)(nanvm_manager *manager);
    void (*finish)(nanvm_manager *manager);
} operation;

/* Tables that end with an operation without a name. */
extern const operation loops[], untyped_operations[], typed_operations[];

#endif
