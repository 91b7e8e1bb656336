/* Sizes and names, as a type says. */
#include "internal.h"

bool nanvm_type_size(const nanvm_type *type, size_t length, size_t *size) {
    return nanvm_type_size_checked(type, length, size);
}

bool nanvm_type_fits_large(const nanvm_type *type, size_t length) {
    size_t limit = (size_t)PTRDIFF_MAX;
    return type->items_offset <= limit &&
           length <= (limit - type->items_offset) / type->item_size;
}

const char *nanvm_type_name(const nanvm_type *type) {
    if (type == NULL) {
        return "raw memory";
    }
    return type->name == NULL ? "?" : type->name;
}
