/* clang in place of MSVC, which doesn't define __GNUC__: the headers know it for clang.
 */
#include <nanvm/mem.h>

#if defined(__GNUC__) || !defined(_MSC_VER) || !defined(__clang__)
#error "another compiler was to be asked"
#endif
#if !defined(NANVM_SCOPED)
#error "clang has __attribute__((cleanup))"
#endif

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
_Static_assert(sizeof(TEXT(NANVM_MAY_ALIAS)) > 1, "a free slot aliases any object");
_Static_assert(sizeof(TEXT(NANVM_NODISCARD)) > 1, "an attribute that clang has");
_Static_assert(sizeof(TEXT(NANVM_COLD)) > 1, "an attribute that clang has");

void use(nanvm_ref *ref, nanvm_manager *manager);

/* Counts, atomic ones too, by operations that clang has: an unknown one doesn't compile.
 */
void use(nanvm_ref *ref, nanvm_manager *manager) {
    nanvm_ref copy = nanvm_ref_clone(*ref);
    nanvm_mut_ref own = nanvm_ref_to_mut_ref(&copy, manager);
    nanvm_mut_ref_drop(own);
}
