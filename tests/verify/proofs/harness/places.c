#include <nanvm/mem/places.h>

#include "../contracts/count.h"

#include "../contracts/header.h"

#include "../contracts/places.h"
