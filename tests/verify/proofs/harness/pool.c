#include <internal.h>
#include <pool.c>

#include "../contracts/layout.h"

#include "../contracts/object.h"

#include "../contracts/block.h"

#include "../contracts/chunk.h"

#include "../contracts/spare.h"

#include "../contracts/pool.h"
