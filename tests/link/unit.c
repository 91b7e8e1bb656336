/* One use of the library in a unit of its own: USE says which. */
#include <nanvm/mem.h>

NANVM_TYPE(unit_type, size_t);

void use(nanvm_ref *ref, nanvm_mut_ref *made, nanvm_manager *manager);

void use(nanvm_ref *ref, nanvm_mut_ref *made, nanvm_manager *manager) {
    (void)ref, (void)made, (void)manager;
    USE;
}

int main(void) {
    return 0;
}
