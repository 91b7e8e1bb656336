#include <nanvm/mem/count.h>

#include "../contracts/count.h"
