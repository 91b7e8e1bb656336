#include <internal.h>
#include <trim.c>

#include "../contracts/trim.h"
