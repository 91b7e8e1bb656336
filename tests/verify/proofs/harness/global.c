#include <internal.h>
#include <global.c>

#include "../contracts/layout.h"

#include "../contracts/object.h"

#include "../contracts/block.h"

#include "../contracts/global.h"
