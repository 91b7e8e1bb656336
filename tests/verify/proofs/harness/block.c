#include <internal.h>
#include <block.c>

#include "../contracts/layout.h"

#include "../contracts/object.h"

#include "../contracts/block.h"
