/* One public header, included first and twice: it leans on no other. */
#include NANVM_HEADER
#include NANVM_HEADER

const char *alone(void);

const char *alone(void) {
    return NANVM_VERSION;
}
