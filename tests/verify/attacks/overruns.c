/* Writes beyond an object, in front of it, and into one that is dead. */
#include "groups.h"

#include <string.h>

#include "child.h"
#include "forge.h"

/* So many items leave no room that is nobody's, in malloc's chunks neither. */
enum { PAIR = 64, ITEMS = 10, BYTES = ITEMS * sizeof(uint32_t), CHUNK_END = 4096 };

/* None of the bytes is what it was. */
static void damage(unsigned char *begin, size_t size) {
    unsigned char *bytes = laundered(begin);
    for (size_t i = 0; i < size; i++) {
        bytes[i] ^= 0x41;
    }
}

/* Two arrays, the second as close behind the first as there is. */
typedef struct pair {
    unsigned char *first;
    unsigned char *second;
} pair;

typedef unsigned char *maker(world *self);

static record *array(world *self) {
    return keep_array(self, own_array(self, ITEMS), ITEMS, self->seed);
}

static unsigned char *kept_array(world *self) {
    return (unsigned char *)(uintptr_t)array(self)->ref.object;
}

/* The attacker's, for ever. */
static unsigned char *left_array(world *self) {
    self->left += 1;
    return own_array(self, ITEMS).object;
}

static bool is_closer(const unsigned char *from, const unsigned char *to, pair best) {
    return to > from && (best.first == NULL || to - from < best.second - best.first);
}

static pair neighbours(world *self, maker *make) {
    unsigned char *all[PAIR];
    pair best = {NULL, NULL};
    for (size_t i = 0; i < PAIR; i++) {
        all[i] = make(self);
        for (size_t j = 0; j < i; j++) {
            if (is_closer(all[j], all[i], best)) {
                best = (pair){all[j], all[i]};
            }
            if (is_closer(all[i], all[j], best)) {
                best = (pair){all[i], all[j]};
            }
        }
    }
    return best;
}

/* The library is the first who could notice something: only then is the content looked
 * at. */
static void use_both(pair two) {
    child_goes_on();
    (void)nanvm_ref_count(ref_at(two.second));
    (void)nanvm_ref_count(ref_at(two.first));
}

static void overrun(world *self, size_t size) {
    pair two = neighbours(self, kept_array);
    damage(two.first + BYTES, size);
    use_both(two);
}

static void overrun_1(world *self) {
    overrun(self, 1);
}
static void overrun_8(world *self) {
    overrun(self, 8);
}
static void overrun_64(world *self) {
    overrun(self, 64);
}

static void underrun(world *self, size_t size) {
    pair two = neighbours(self, kept_array);
    damage(two.second - size, size);
    use_both(two);
}

static void underrun_1(world *self) {
    underrun(self, 1);
}
static void underrun_8(world *self) {
    underrun(self, 8);
}
static void underrun_64(world *self) {
    underrun(self, 64);
}

/* Behind the last object, beyond what belongs to the manager. */
static void overrun_chunk(world *self) {
    unsigned char *last = NULL;
    for (size_t i = 0; i < PAIR; i++) {
        unsigned char *each = kept_array(self);
        last = each > last ? each : last;
    }
    damage(last + BYTES, CHUNK_END);
}

static void overrun_large(world *self) {
    nanvm_mut_ref large = own_array(self, 5000);
    nanvm_mut_ref next = own_array(self, 5000);
    damage((unsigned char *)large.object + 5000 * sizeof(uint32_t), 64);
    nanvm_mut_ref_drop(next);
    nanvm_mut_ref_drop(large);
}

/* --- lengths --- */

static void length_longer(world *self) {
    smash_length(array(self)->ref.object, ITEMS + 1);
}

static void length_huge(world *self) {
    smash_length(array(self)->ref.object, SIZE_MAX / 8);
}

/* Dropped as long as it says to be. */
static void length_of_refs(world *self) {
    nanvm_ref items[4] = {victim(self, &point_type, 2)->ref};
    nanvm_mut_ref refs = nanvm_new_array(self->manager, &refs_type, items, 4);
    smash_length(refs.object, 4000);
    nanvm_mut_ref_drop(refs);
    for (size_t i = 0; i < RECORDS; i++) {
        record *each = &self->model.records[i];
        if (each->type != NULL && each->ref.object == items[0].object) {
            each->refs -= 1;
        }
    }
}

static void length_then_resize(world *self) {
    nanvm_mut_ref mine = own_array(self, ITEMS);
    smash_length(mine.object, 4000);
    (void)!nanvm_mut_ref_resize(&mine, self->manager, 4001);
    nanvm_mut_ref_drop(mine);
}

/* Eight bytes behind an array are enough, where the next one's length lies there. */
static void length_then_clone(world *self) {
    pair two = neighbours(self, left_array);
    smash_length(two.second, 2048);
    nanvm_mut_ref copy = nanvm_ref_clone_object(ref_at(two.second), nanvm_global());
    if (copy.object != NULL && nanvm_mut_ref_length(copy) != ITEMS) {
        wrong("bytes behind an array were copied");
    }
    smash_length(two.second, ITEMS);
}

/* Less than it says, and more than it is. */
static void length_then_cut(world *self) {
    nanvm_mut_ref mine = own_array(self, ITEMS);
    smash_length(mine.object, 4000);
    (void)!nanvm_mut_ref_resize(&mine, self->manager, 1000);
    if (nanvm_mut_ref_length(mine) == 1000) {
        wrong("an array was cut to bytes that aren't its own");
    }
    nanvm_mut_ref_drop(mine);
}

/* --- an origin behind another array --- */

static void called(nanvm_dealloc *self, void *object) {
    (void)self;
    (void)object;
    wrong("a function of the attacker's was called");
}

/* Sixteen bytes: the length as it was, and a header whose origin is what the array in
 * front has for its content. */
static void overrun_origin(world *self) {
    static nanvm_dealloc_table table;
    static nanvm_dealloc dealloc = {&table};
    pair two = neighbours(self, left_array);
    nanvm_origin forged = *nanvm_block_origin(two.second);
    table = *forged.dealloc->table;
    table.free_block = called;
    table.traits.free_inline = table.traits.holds_nothing = false;
    forged.dealloc = &dealloc;
    memcpy(laundered(two.first), &forged, sizeof(forged));
    smash_distance(two.second, (uint32_t)((size_t)(header_bytes(two.second) - two.first) /
                                          sizeof(void *)));
    self->left -= 1;
    nanvm_ref_drop(ref_at(two.second));
}

/* --- the dead --- */

static unsigned char bait[256];

static void write_dead_link(world *self) {
    const void *dead = killed(own(self, &node_type));
    void *target = bait + 128;
    model_forbid(&self->model, bait, sizeof(bait));
    memcpy(laundered(dead), &target, sizeof(target));
    (void)victim(self, &node_type, 1);
    (void)victim(self, &node_type, 1);
}

/* The list of the dead leads to an object that is alive. */
static void write_dead_link_to_live(world *self) {
    record *other = victim(self, &node_type, 1);
    const void *dead = killed(own(self, &node_type));
    memcpy(laundered(dead), &other->ref.object, sizeof(void *));
    (void)victim(self, &node_type, 1);
    (void)victim(self, &node_type, 1);
}

static void write_dead_text(world *self) {
    memset(laundered(killed(own(self, &node_type))), 'A', sizeof(struct node));
}

/* Who still has a pointer writes where another object is now. */
static void write_after_reuse(world *self) {
    const void *dead = killed(own(self, &point_type));
    reuse(self, dead, &point_type, SOON);
    memset(laundered(dead), 'A', sizeof(struct point));
}

static void write_dead_count(world *self) {
    const void *dead = killed(own(self, &node_type));
    smash_count(dead, 0);
    nanvm_ref_drop(ref_at(dead));
}

static void write_dead_header(world *self) {
    memset(header_bytes(killed(own(self, &node_type))), 'A', header_size());
}

#define WILD(name, what, run, on)                                                        \
    { name, what, run, on, true }

static const attack attacks[] = {
    WILD("overrun-1", "writes 1 byte behind an array", overrun_1, ON_ALL),
    WILD("overrun-8", "writes 8 bytes behind an array", overrun_8, ON_ALL),
    WILD("overrun-64", "writes 64 bytes behind an array", overrun_64, ON_ALL),
    WILD("overrun-large", "writes 64 bytes behind an array of 20,000", overrun_large,
         ON_ALL),
    WILD("overrun-chunk", "writes 4096 bytes behind the last object", overrun_chunk,
         ON_ALL),
    WILD("underrun-1", "writes 1 byte in front of an array", underrun_1, ON_ALL),
    WILD("underrun-8", "writes 8 bytes in front of an array", underrun_8, ON_ALL),
    WILD("underrun-64", "writes 64 bytes in front of an array", underrun_64, ON_ALL),
    WILD("length-more", "raises the length of an array by one", length_longer, ON_ALL),
    WILD("length-huge", "sets the length of an array to 2^61", length_huge, ON_ALL),
    WILD("length-refs", "raises the length of an array of references, and drops it",
         length_of_refs, ON_ALL),
    WILD("length-resize", "raises the length of an array, and resizes it",
         length_then_resize, ON_ALL),
    WILD("length-clone", "raises the length of an array, and clones the object",
         length_then_clone, ON_ALL),
    WILD("length-cut", "raises the length of an array, and cuts it to less",
         length_then_cut, ON_ALL),
    WILD("overrun-origin", "writes 16 bytes behind an array: the next one's origin",
         overrun_origin, ON_ALL),
    WILD("dead-link", "writes a foreign address into a dead object", write_dead_link,
         ON_COUNTING),
    WILD("dead-link-live", "writes a live object's address into a dead one",
         write_dead_link_to_live, ON_COUNTING),
    WILD("dead-text", "writes text into a dead object", write_dead_text, ON_COUNTING),
    WILD("dead-count", "sets a dead object's count to 0, and drops it again",
         write_dead_count, ON_COUNTING),
    WILD("dead-header", "writes text into the header of a dead object", write_dead_header,
         ON_COUNTING),
    WILD("dead-reused", "writes into a dead object whose place is another's now",
         write_after_reuse, ON_COUNTING),
};

ATTACK_GROUP(overruns, "Writes out of bounds", attacks);
