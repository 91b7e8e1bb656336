/* attacks [TIMES [NAME [SEED]]]
 *
 * Runs each attack on each manager, and prints one line for each: name, title of the
 * group, what is done, whether bytes are overwritten or functions called wrongly,
 * manager, class, and why. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "groups.h"

static const attack_group *const groups[] = {
    &counts_group,   &twice_group,   &handles_group,  &managers_group,
    &pointers_group, &headers_group, &overruns_group, &lifetimes_group,
    &reentry_group,  &jumps_group,   &sizes_group,    &deep_group};
enum { GROUPS = sizeof(groups) / sizeof(groups[0]) };

static uint32_t first_seed = 1; /* what goes before and after the attack is random */

typedef struct run {
    const attack *attack;
    kind kind;
    uint32_t seed;
} run;

static void suffer(void *context) {
    const run *self = context;
    world_suffer(self->attack, self->kind, self->seed);
}

/* What goes wrong under undefined behaviour varies: the worst counts. */
static finding worst_of(const attack *attack, kind kind, uint32_t times) {
    finding worst = {NOT_HERE, "there is no such thing"};
    for (uint32_t i = 0; i < times && attack->on & 1U << kind; i++) {
        run once = {attack, kind, first_seed + i};
        finding found = child_run(suffer, &once);
        if (found.verdict > worst.verdict) {
            worst = found;
        }
    }
    return worst;
}

/* Found by the whole name, by the group's, or all of them. */
static bool is_wanted(const attack_group *group, const attack *attack,
                      const char *pattern) {
    char name[100];
    (void)snprintf(name, sizeof(name), "%s/%s", group->key, attack->name);
    return pattern == NULL || strcmp(pattern, name) == 0 ||
           strcmp(pattern, group->key) == 0;
}

static void run_attack(const attack_group *group, const attack *attack, uint32_t times) {
    for (kind kind = 0; kind < KINDS; kind++) {
        finding found = worst_of(attack, kind, times);
        printf("%s/%s\t%s\t%s\t%s\t%s\t%s\t%s\n", group->key, attack->name, group->title,
               attack->what, attack->wild ? "wild" : "call", kind_names[kind],
               verdict_names[found.verdict], found.text);
    }
}

int main(int argc, char **argv) {
    uint32_t times = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 3;
    const char *pattern = argc > 2 ? argv[2] : NULL;
    first_seed = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 1;
    for (size_t i = 0; i < GROUPS; i++) {
        for (size_t j = 0; j < groups[i]->length; j++) {
            if (is_wanted(groups[i], &groups[i]->attacks[j], pattern)) {
                run_attack(groups[i], &groups[i]->attacks[j], times);
            }
        }
    }
    return 0;
}
