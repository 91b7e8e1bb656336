#include <internal.h>
#include <arena.c>

#include "../contracts/layout.h"

#include "../contracts/object.h"

#include "../contracts/block.h"

#include "../contracts/arena.h"
