#include <internal.h>
#include <chunk.c>

#include "../contracts/layout.h"

#include "../contracts/object.h"

#include "../contracts/block.h"

#include "../contracts/chunk.h"
