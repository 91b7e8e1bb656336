#include <internal.h>
#include <local.c>

#include "../contracts/layout.h"

#include "../contracts/local.h"
