#include <internal.h>
#include <manager.c>

#include "../contracts/layout.h"

#include "../contracts/manager.h"
