#include <internal.h>
#include <large.c>

#include "../contracts/layout.h"

#include "../contracts/object.h"

#include "../contracts/block.h"

#include "../contracts/chunk.h"

#include "../contracts/spare.h"

#include "../contracts/large.h"
