/* What lies in front of an object, overwritten; then the program goes on. */
#include "groups.h"

#include <string.h>

#include "child.h"
#include "forge.h"

/* An object of the program's. Who adds references to it loses them. */
static const void *target(world *self, size_t refs) {
    self->may_leak += refs > 1;
    return victim(self, &tracked_type, refs)->ref.object;
}

static void use_and_drop(record *other, nanvm_ref mine) {
    other->refs -= 1;
    nanvm_ref_drop(mine);
}

/* --- counts --- */

static void smash_and_drop(world *self, int32_t count) {
    record *other = victim(self, &tracked_type, 2);
    nanvm_ref mine = ref_at(other->ref.object);
    smash_count(mine.object, count);
    use_and_drop(other, mine);
}

static void count_zero(world *self) {
    smash_and_drop(self, 0);
}
static void count_minus_one(world *self) {
    smash_and_drop(self, -1);
}
static void count_raised(world *self) {
    smash_and_drop(self, 1000);
}
static void count_negative(world *self) {
    smash_and_drop(self, -1000);
}
static void count_stuck(world *self) {
    smash_and_drop(self, -0x70000000);
}
static void count_dead(world *self) {
    smash_and_drop(self, NANVM_COUNT_DEAD);
}
static void count_custom(world *self) {
    smash_and_drop(self, NANVM_COUNT_CUSTOM);
}
static void count_none(world *self) {
    smash_and_drop(self, NANVM_COUNT_NONE);
}

/* --- the whole header --- */

static void fill_header(world *self, int byte) {
    memset(header_bytes(target(self, 1)), byte, header_size());
}

static void header_zeros(world *self) {
    fill_header(self, 0);
}
static void header_ones(world *self) {
    fill_header(self, 0xff);
}
static void header_text(world *self) {
    fill_header(self, 'A');
}

/* One header for another's: each was right where it was. */
static void header_of_another(world *self) {
    const void *one = target(self, 1), *two = target(self, 3);
    memcpy(header_bytes(one), header_bytes(two), header_size());
}

/* An old header of the same object. */
static void header_replayed(world *self) {
    record *other = victim(self, &node_type, 1);
    unsigned char old[64];
    memcpy(old, header_bytes(other->ref.object), header_size());
    nanvm_ref more = nanvm_ref_clone(other->ref);
    other->refs += 1;
    memcpy(header_bytes(other->ref.object), old, header_size());
    use_and_drop(other, more);
}

/* --- the distance to the origin --- */

static void distance_one_more(world *self) {
    const void *object = target(self, 1);
    smash_distance(object, read_distance(object) + 1);
}
static void distance_zero(world *self) {
    smash_distance(target(self, 1), 0);
}
static void distance_huge(world *self) {
    smash_distance(target(self, 1), UINT32_MAX);
}

/* --- the origin --- */

static nanvm_origin *target_origin(world *self) {
    return nanvm_block_origin(target(self, 1));
}

static void origin_other_type(world *self) {
    target_origin(self)->type = &point_type;
}
static void origin_no_type(world *self) {
    target_origin(self)->type = NULL;
}
static void origin_no_dealloc(world *self) {
    target_origin(self)->dealloc = NULL;
}

static void hijacked_memory(nanvm_dealloc *self, void *memory, nanvm_layout layout) {
    (void)self;
    (void)memory;
    (void)layout;
    wrong("a function of the attacker's was called");
}

static void hijacked_block(nanvm_dealloc *self, void *object) {
    (void)self;
    (void)object;
    wrong("a function of the attacker's was called");
}

static void origin_fake_dealloc(world *self) {
    static nanvm_dealloc_table table;
    static nanvm_dealloc dealloc = {&table};
    nanvm_origin *origin = target_origin(self);
    table = *origin->dealloc->table;
    table.dealloc = hijacked_memory;
    table.free_block = hijacked_block;
    table.traits.free_inline = table.traits.holds_nothing = false;
    origin->dealloc = &dealloc;
}

static void hijacked_drop(void *object, size_t length) {
    (void)object;
    (void)length;
    wrong("a function of the attacker's was called");
}

static void origin_fake_type(world *self) {
    static nanvm_type type;
    type = tracked_type;
    type.drop = hijacked_drop;
    target_origin(self)->type = &type;
}

#define WILD(name, what, run, on)                                                        \
    { name, what, run, on, true }

static const attack attacks[] = {
    WILD("count-zero", "sets the count of a shared one to 0", count_zero, ON_ALL),
    WILD("count-minus-one", "sets it to -1", count_minus_one, ON_ALL),
    WILD("count-raised", "sets it to 1000", count_raised, ON_ALL),
    WILD("count-negative", "sets it to -1000", count_negative, ON_ALL),
    WILD("count-stuck", "sets it to the saturated value", count_stuck, ON_ALL),
    WILD("count-dead", "sets it to that of the dead", count_dead, ON_ALL),
    WILD("count-custom", "sets it to that of custom counts", count_custom, ON_ALL),
    WILD("count-none", "sets it to that of uncounted ones", count_none, ON_COUNTING),
    WILD("header-zeros", "overwrites the header with zeros", header_zeros, ON_ALL),
    WILD("header-ones", "overwrites the header with ones", header_ones, ON_ALL),
    WILD("header-text", "overwrites the header with text", header_text, ON_ALL),
    WILD("header-swapped", "copies another object's header", header_of_another, ON_ALL),
    WILD("header-replayed", "restores an older header of the object", header_replayed,
         ON_COUNTING),
    WILD("distance-more", "raises the distance to the origin by one", distance_one_more,
         ON_ALL),
    WILD("distance-zero", "sets the distance to the origin to 0", distance_zero, ON_ALL),
    WILD("distance-huge", "sets the distance to the origin to its largest", distance_huge,
         ON_ALL),
    WILD("origin-type", "lets the origin say another type", origin_other_type, ON_ALL),
    WILD("origin-no-type", "lets the origin say no type", origin_no_type, ON_ALL),
    WILD("origin-no-dealloc", "lets the origin say no dealloc", origin_no_dealloc,
         ON_ALL),
    WILD("origin-fake-dealloc", "lets the origin name the attacker's dealloc",
         origin_fake_dealloc, ON_ALL),
    WILD("origin-fake-type", "lets the origin name the attacker's type", origin_fake_type,
         ON_ALL),
};

ATTACK_GROUP(headers, "Overwritten headers", attacks);
