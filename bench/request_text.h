/* The document of a request, which the program writes itself. */
#ifndef BENCH_REQUEST_TEXT_H
#define BENCH_REQUEST_TEXT_H

#include "bench.h"

#include <stdarg.h>
#include <stdio.h>

struct request_text {
    char bytes[8192]; /* ends with a 0 */
    size_t length;
};

__attribute__((format(printf, 2, 3))) static void request_append(
    struct request_text *self, const char *format, ...) {
    va_list arguments;
    size_t room = sizeof(self->bytes) - self->length;
    va_start(arguments, format);
    int written = vsnprintf(self->bytes + self->length, room, format, arguments);
    va_end(arguments);
    if (written < 0 || (size_t)written >= room) {
        bench_fail("the document is too long");
    }
    self->length += (size_t)written;
}

#endif
