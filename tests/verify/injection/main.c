/* Lets requests for memory fail: in every scenario, on every kind of manager, each one
 * alone, all from one on, and each two and each three together; and lets arenas end one
 * byte early, at every size. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenes.h"

enum { LARGEST_BUFFER = 1 << 24, MOST_SCENES = 128, EXACT_IF_HEAVY = 1 << 14 };

static struct {
    size_t pairs;   /* Of scenarios with at most so many requests. */
    size_t triples; /* The same. */
    size_t random;  /* Runs with several failures each. */
    size_t heavy;   /* Whether pairs are for heavy scenarios, too. */
    size_t exact;   /* Every size of a buffer up to here; beyond, a 16th more each. */
    const char *only;
} options = {.pairs = 200, .exact = LARGEST_BUFFER};

static struct {
    size_t runs;
    size_t injected; /* Requests that were made to fail. */
    size_t singles, tails, pairs, triples, random;
    size_t sizes, need;
    size_t most_requests;
} tally;

/* Where it is, for whoever has to look into what fails. */
static char place[256];

/* --- one run --- */

typedef struct failures {
    size_t chosen[ACCOUNTING_CHOSEN];
    size_t length;
    size_t from; /* All from here on. */
    uint32_t seed;
    uint32_t one_in;
} failures;

static const failures none = {.from = SIZE_MAX};

static void set_dice(accounting *dice, const manager_kind *kind, const failures *what) {
    accounting_init(dice, kind->count);
    if (!kind->resizes) {
        dice->manager_table.resize = NULL;
    }
    if (what->from != SIZE_MAX) {
        accounting_fail_from(dice, what->from);
    }
    if (what->seed != 0) {
        accounting_fail_at_random(dice, what->seed, what->one_in);
    }
    accounting_fail_each(dice, what->chosen, what->length);
}

static void describe(const char *scene_name, const char *kind_name,
                     const failures *what) {
    int length =
        snprintf(place, sizeof(place), "%s on %s, failing:", scene_name, kind_name);
    for (size_t i = 0; i < what->length; i++) {
        length += snprintf(place + length, sizeof(place) - (size_t)length, " %zu",
                           what->chosen[i]);
    }
    if (what->from != SIZE_MAX) {
        snprintf(place + length, sizeof(place) - (size_t)length, " all from %zu on",
                 what->from);
    }
    if (what->seed != 0) {
        snprintf(place + length, sizeof(place) - (size_t)length, " one in %u, dice %u",
                 what->one_in, what->seed);
    }
}

/* What isn't counted is never freed: it ends with its manager. */
static void close_dice(accounting *dice) {
    if (dice->dealloc_table.count == NANVM_COUNT_NONE) {
        tracked_reset();
    }
    accounting_deinit(dice);
    assert_int_equal(tracked_live(), 0);
}

/* Returns how many requests there were. */
static size_t run_once(const scene_entry *entry, const manager_kind *kind,
                       const failures *what, size_t *failed) {
    accounting dice;
    describe(entry->name, kind->name, what);
    set_dice(&dice, kind, what);
    attempts_reset();
    kind->stand(entry->run, &dice);
    assert_true(attempts_failed() == 0 || dice.failures > 0);
    close_dice(&dice);
    tally.runs++;
    tally.injected += dice.failures;
    *failed = dice.failures;
    return dice.requests;
}

/* --- which requests fail --- */

/* `what` fails; then each later request besides, until `most` fail together. */
static void explore(const scene_entry *entry, const manager_kind *kind, failures *what,
                    size_t most) {
    size_t failed;
    size_t *const tallies[] = {NULL, &tally.singles, &tally.pairs, &tally.triples};
    size_t requests = run_once(entry, kind, what, &failed);
    if (what->length > 0 && failed == what->length) {
        ++*tallies[failed];
    }
    size_t n = what->length == 0 ? 0 : what->chosen[what->length - 1] + 1;
    for (; what->length < most && n < requests; n++) {
        what->chosen[what->length++] = n;
        explore(entry, kind, what, most);
        what->length--;
    }
}

static void explore_tails(const scene_entry *entry, const manager_kind *kind,
                          size_t requests) {
    for (size_t n = 0; n < requests; n++) {
        failures what = none;
        size_t failed;
        what.from = n;
        (void)run_once(entry, kind, &what, &failed);
        tally.tails += failed > 0;
    }
}

static void explore_at_random(const scene_entry *entry, const manager_kind *kind) {
    static const uint32_t rates[] = {2, 3, 5, 9, 20, 50};
    size_t runs = entry->is_heavy ? options.random / 50 : options.random;
    for (uint32_t i = 0; i < runs; i++) {
        failures what = none;
        size_t failed;
        what.seed = 2 * i + 1;
        what.one_in = rates[i % (sizeof(rates) / sizeof(rates[0]))];
        (void)run_once(entry, kind, &what, &failed);
        tally.random += failed > 0;
    }
}

static size_t most_together(const scene_entry *entry, size_t requests) {
    if (entry->is_heavy && options.heavy == 0) {
        return 1;
    }
    bool takes_triples = requests <= options.triples && !entry->is_heavy;
    return takes_triples ? 3 : requests <= options.pairs ? 2 : 1;
}

static void explore_kind(const scene_entry *entry, const manager_kind *kind) {
    failures what = none;
    size_t failed;
    size_t requests = run_once(entry, kind, &what, &failed);
    tally.most_requests = requests > tally.most_requests ? requests : tally.most_requests;
    explore(entry, kind, &what, most_together(entry, requests));
    explore_tails(entry, kind, requests);
    explore_at_random(entry, kind);
}

/* --- arenas in a buffer --- */

/* In memory of just that size, so that a sanitizer sees a write beyond it; and which is
 * as little aligned as can be. */
static bool run_in_buffer(const scene_entry *entry, const buffer_kind *kind,
                          size_t size) {
    unsigned char *memory = malloc(size + 1);
    assert_non_null(memory);
    snprintf(place, sizeof(place), "%s on %s of %zu bytes", entry->name, kind->name,
             size);
    attempts_reset();
    kind->stand(entry->run, memory + 1, size);
    free(memory);
    assert_int_equal(tracked_live(), 0);
    tally.runs++;
    tally.sizes++;
    return attempts_failed() == 0;
}

static void explore_sizes(const scene_entry *entry, const buffer_kind *kind) {
    size_t size = 0;
    size_t exact = entry->is_heavy && options.exact > EXACT_IF_HEAVY ? EXACT_IF_HEAVY
                                                                     : options.exact;
    while (!run_in_buffer(entry, kind, size)) {
        size += size < exact ? 1 : size / 16;
        assert_true(size < LARGEST_BUFFER);
    }
    assert_true(run_in_buffer(entry, kind, LARGEST_BUFFER));
    tally.need = size > tally.need ? size : tally.need;
}

/* --- the program --- */

static void test_scene(void **state) {
    const scene_entry *entry = *state;
    memset(&tally, 0, sizeof(tally));
    for (size_t i = 0; i < kinds_length; i++) {
        explore_kind(entry, &kinds[i]);
    }
    for (size_t i = 0; i < buffer_kinds_length; i++) {
        explore_sizes(entry, &buffer_kinds[i]);
    }
    place[0] = '\0';
    printf("TALLY %zu %zu %zu %zu %zu %zu %zu %zu %zu %zu %s\n", tally.most_requests,
           tally.runs, tally.injected, tally.singles, tally.tails, tally.pairs,
           tally.triples, tally.random, tally.sizes, tally.need, entry->name);
}

static int say_where(void **state) {
    (void)state;
    if (place[0] != '\0') {
        fprintf(stderr, "WHERE %s\n", place);
    }
    return 0;
}

static size_t list_scenes(struct CMUnitTest *tests, scene_entry *all) {
    const scene_list *const lists[] = {&create_scenes, &clone_scenes,  &share_scenes,
                                       &resize_scenes, &typed_scenes,  &raw_scenes,
                                       &drop_scenes,   &local_scenes,  &arena_scenes,
                                       &mixed_scenes,  &threads_scenes};
    size_t length = 0;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        for (size_t j = 0; j < lists[i]->length; j++, length++) {
            all[length] = lists[i]->entries[j];
            tests[length] = (struct CMUnitTest){all[length].name, test_scene, NULL,
                                                say_where, &all[length]};
        }
    }
    return length;
}

static void print_names(const scene_entry *all, size_t length) {
    for (size_t i = 0; i < length; i++) {
        printf("%s\n", all[i].name);
    }
    printf("KINDS %zu %zu\n", kinds_length, buffer_kinds_length);
}

static size_t number(const char *text) {
    return (size_t)strtoul(text, NULL, 10);
}

static bool parse(int argc, char **argv) {
    for (int i = 1; i + 1 < argc; i += 2) {
        const char *name = argv[i], *text = argv[i + 1];
        size_t *const slots[] = {&options.pairs, &options.triples, &options.random,
                                 &options.exact, &options.heavy};
        const char *const names[] = {"--pairs", "--triples", "--random", "--exact",
                                     "--heavy"};
        size_t j = 0;
        while (j < 5 && strcmp(names[j], name) != 0) {
            j++;
        }
        if (j < 5) {
            *slots[j] = number(text);
        } else if (strcmp(name, "--scene") == 0) {
            options.only = text;
        } else {
            return false;
        }
    }
    return argc % 2 == 1;
}

int main(int argc, char **argv) {
    static struct CMUnitTest tests[MOST_SCENES];
    static scene_entry all[MOST_SCENES];
    size_t length = list_scenes(tests, all);
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        print_names(all, length);
        return 0;
    }
    if (!parse(argc, argv)) {
        fprintf(stderr,
                "usage: %s --list | [--scene NAME] [--pairs N] [--triples N]"
                " [--random N] [--exact N] [--heavy 1]\n",
                argv[0]);
        return 2;
    }
    if (options.only != NULL) {
        cmocka_set_test_filter(options.only);
    }
    return _cmocka_run_group_tests("injection", tests, length, NULL, NULL);
}
