#include <internal.h>
#include <object.c>

#include "../contracts/layout.h"

#include "../contracts/object.h"
