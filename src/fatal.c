#include <stdio.h>
#include <stdlib.h>

#include "internal.h"

static nanvm_fatal_handler *fatal_handler;

static void print_message(const char *message) {
    (void)fprintf(stderr, "nanvm_mem: %s\n", message);
    (void)fflush(stderr);
}

nanvm_fatal_handler *nanvm_fatal_set_handler(nanvm_fatal_handler *handler) {
    return NANVM_ATOMIC_EXCHANGE(&fatal_handler, handler);
}

void nanvm_fatal(const char *message) {
    nanvm_fatal_handler *handler = NANVM_ATOMIC_LOAD(&fatal_handler);
    (handler == NULL ? print_message : handler)(message);
    abort();
}
