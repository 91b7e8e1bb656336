#include "known.h"

static _Thread_local unsigned asked;

bool nanvm_verify_known(void) {
    return ++asked % 2 == 0;
}
