/* The attacks, a file a group. */
#ifndef ATTACKS_GROUPS_H
#define ATTACKS_GROUPS_H

#include "world.h"

extern const attack_group counts_group;
extern const attack_group twice_group;
extern const attack_group handles_group;
extern const attack_group managers_group;
extern const attack_group pointers_group;
extern const attack_group headers_group;
extern const attack_group overruns_group;
extern const attack_group lifetimes_group;
extern const attack_group reentry_group;
extern const attack_group jumps_group;
extern const attack_group sizes_group;
extern const attack_group deep_group;

#endif
