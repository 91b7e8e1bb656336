/* Values of one word each: a double, or a reference in a NaN. */
#include <string.h>

#include <nanvm/mem.h>

#include "check.h"

//! [value]
/* The bits of a double that isn't a NaN, or the mark and 48 bits of address. */
typedef uint64_t value;
static const uint64_t mark = UINT64_C(0xFFFC000000000000);

static value value_of_number(double number) {
    value bits;
    memcpy(&bits, &number, sizeof(bits));
    return bits;
}

static value value_of_ref(nanvm_ref reference) {
    return mark | (uint64_t)(uintptr_t)reference.object;
}

static bool is_ref(value self) {
    return (self & mark) == mark;
}

static nanvm_ref ref_of(value self) {
    nanvm_ref reference = {(const void *)(uintptr_t)(self & ~mark)};
    return reference;
}
//! [value]

//! [visit]
/* Says where the references are: the library counts and drops them. */
static void value_visit(const void *part, nanvm_visitor *visitor, void *context) {
    value self;
    memcpy(&self, part, sizeof(self));
    if (is_ref(self)) { /* all zeros is the number 0 */
        visitor(ref_of(self), context);
    }
}

NANVM_ARRAY_OF_VISIT(values_type, value, value_visit);
//! [visit]

int main(void) {
    NANVM_TYPE(int_type, int);
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_manager *manager = nanvm_local_manager(&local);

    nanvm_ref shared = nanvm_mut_ref_to_ref(nanvm_new(manager, &int_type));
    value items[3] = {value_of_number(-0.5), value_of_ref(nanvm_ref_clone(shared)),
                      value_of_ref(nanvm_ref_clone(shared))};
    nanvm_ref values =
        nanvm_mut_ref_to_ref(nanvm_new_array(manager, &values_type, items, 3));
    CHECK(nanvm_ref_get(values) != NULL);
    CHECK(nanvm_ref_count(shared) == 2);

    nanvm_mut_ref copy = nanvm_ref_clone_object(values, manager);
    CHECK(nanvm_ref_count(shared) == 4);
    nanvm_mut_ref_drop(copy);
    nanvm_ref_drop(values);
    CHECK(nanvm_ref_count(shared) == 0);
    nanvm_ref_drop(shared);
    CHECK(nanvm_stats_make(manager).live_blocks == 0);
    nanvm_local_deinit(&local);
    return 0;
}
