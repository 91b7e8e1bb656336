/* Included first into the unit with the linkable copies of the inline functions. There the
 * compiler knows no type, and would leave out what is for known ones; here it knows every
 * second time that it is asked, so that each copy goes both ways. */
#ifndef NANVM_VERIFY_KNOWN_H
#define NANVM_VERIFY_KNOWN_H

/* As that unit defines it: the first header has inline functions already. */
#define NANVM_INLINE NANVM_API extern inline
#include <nanvm/mem/config.h>
#undef NANVM_INLINE

bool nanvm_verify_known(void);

#undef NANVM_IS_KNOWN
#define NANVM_IS_KNOWN(x) nanvm_verify_known()

#endif
