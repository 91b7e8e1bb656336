#include "misuses.h"

#include <string.h>

#if defined(NANVM_HARDENED)
enum { IS_SEALED = 1 };
#else
enum { IS_SEALED = 0 };
#endif

/* Each does something right first, of which the model is told, and then what is wrong:
 * there it must not return. */

/* --- dead already --- */

static const char twice[] = "drop of a reference to an object that was dropped before";
static const char dead_clone[] = "clone of a reference to an object that was dropped";
static const char dead_use[] = "use of a reference to an object that was dropped";
static const char not_sole[] = "drop of a MutRef that isn't the only reference";
static const char no_object[] = "no reference to an object";

static nanvm_ref drop_once(victim *self) {
    nanvm_ref stale = ref_of(self->it);
    drop_handle(self->it, self->choice % 2 == 0 ? self->how : &untyped_calls);
    return stale;
}

static bool drop_twice(victim *self) {
    self->it.is_mut = false;
    self->how->drop(drop_once(self));
    return true;
}

static bool clean_twice(victim *self) {
    nanvm_ref stale = drop_once(self);
    self->how->clean(&stale);
    return true;
}

static bool drop_mut_twice(victim *self) {
    nanvm_mut_ref stale = mut_of(self->it);
    self->it.is_mut = true;
    (void)drop_once(self);
    self->how->drop_mut(stale);
    return true;
}

static bool clean_mut_twice(victim *self) {
    nanvm_mut_ref stale = mut_of(self->it);
    (void)drop_once(self);
    self->how->clean_mut(&stale);
    return true;
}

/* A MutRef that became a Ref, which was dropped. */
static bool drop_mut_after_ref(victim *self) {
    nanvm_mut_ref stale = mut_of(self->it);
    nanvm_ref reference = self->how->to_ref(stale);
    self->it.is_mut = false;
    self->it.object = (void *)(uintptr_t)reference.object;
    (void)drop_once(self);
    self->how->drop_mut(stale);
    return true;
}

/* A Ref that became a MutRef, and of which there was a copy. */
static bool drop_copy_after_try(victim *self) {
    nanvm_ref reference = ref_of(self->it);
    nanvm_ref copy = reference;
    nanvm_mut_ref own;
    if (!self->how->try_to_mut(&reference, &own)) {
        return false;
    }
    self->it.is_mut = true;
    (void)drop_once(self);
    self->how->drop(copy);
    return true;
}

static bool drop_copy_after_move(victim *self) {
    nanvm_ref copy = ref_of(self->it);
    nanvm_ref reference = copy;
    nanvm_ref moved = self->how->move(&reference);
    (void)drop_once(self);
    self->how->drop(self->choice % 4 < 2 ? moved : copy);
    return true;
}

static bool clone_dead(victim *self) {
    nanvm_ref copy = self->how->clone(drop_once(self));
    return copy.object != NULL;
}

static bool count_dead(victim *self) {
    return self->how->count(drop_once(self)) < SIZE_MAX;
}

static bool try_dead(victim *self) {
    nanvm_ref stale = drop_once(self);
    nanvm_mut_ref own;
    return self->how->try_to_mut(&stale, &own) || true;
}

static bool to_mut_dead(victim *self) {
    nanvm_ref stale = drop_once(self);
    return self->how->to_mut(&stale, manager_of(self->where)).object != NULL;
}

static bool make_mut_dead(victim *self) {
    nanvm_ref stale = drop_once(self);
    return self->how->make_mut(&stale, manager_of(self->where)) != NULL;
}

static void note_resized(victim *self, place where, void *object, size_t length) {
    if (object != self->it.object) {
        model_move(self->it.id, where, object);
    }
    model_resize(self->it.id, length);
    self->it.object = object;
    self->it.is_mut = true;
    put(0, self->it);
}

/* An array that moved to another manager, and a handle to where it was. In the manager's
 * own `resize` the library doesn't see the old place any more. */
static bool drop_after_resize(victim *self) {
    place to = self->where == PLAIN ? ATOMIC : PLAIN;
    nanvm_mut_ref own = mut_of(self->it), stale = own;
    const known *before = known_of(self->it);
    size_t length = kind_length(before->kind, (unsigned char)(self->choice | 1));
    bool done = nanvm_mut_ref_resize(&own, manager_of(to), length);
    note_resized(self, to, own.object, done ? length : before->content.length);
    if (own.object == stale.object) {
        return false;
    }
    self->how->drop_mut(stale);
    return true;
}

/* --- shared --- */

static bool drop_mut_while_shared(victim *self) {
    nanvm_mut_ref stale = mut_of(self->it);
    nanvm_ref shared = self->how->clone(self->how->to_ref(stale));
    model_share(self->it.id);
    self->it.is_mut = false;
    put(0, self->it);
    here.in_hand++;
    put(1, (handle){self->it.id, false, (void *)(uintptr_t)shared.object});
    self->how->drop_mut(stale);
    return true;
}

/* --- in objects --- */

/* Stores a reference in a second object without having cloned it. */
static bool store_uncloned(victim *self) {
    nanvm_mut_ref other = nanvm_new(manager_of(self->where), kinds[POINT_KIND].type);
    if (other.object == NULL) {
        return false;
    }
    nanvm_ref stored = nanvm_mut_ref_to_ref(other);
    kind_set_part(known_of(self->it)->kind, self->it.object, 0, stored);
    nanvm_ref_drop(stored);
    self->how->drop_mut(mut_of(self->it));
    return true;
}

/* Both references of a pair are one. */
static bool store_twice(victim *self) {
    const kind *pair = &kinds[PAIR_KIND];
    nanvm_manager *manager = manager_of(self->where);
    nanvm_mut_ref holder = pair->typed->make(manager, pair->type);
    if (holder.object == NULL) {
        return false;
    }
    kind_set_part(pair, holder.object, 0, ref_of(self->it));
    kind_set_part(pair, holder.object, 1, ref_of(self->it));
    nanvm_mut_ref_drop(holder);
    return true;
}

/* A part that was borrowed is dropped, then cut off or dropped with the array. */
static bool drop_borrowed(victim *self) {
    nanvm_manager *manager = manager_of(self->where);
    nanvm_mut_ref part = nanvm_new(manager, kinds[POINT_KIND].type);
    const nanvm_ref items[] = {nanvm_mut_ref_to_ref(part)};
    const kind *refs = &kinds[REFS_KIND];
    nanvm_mut_ref array = nanvm_new_array(manager, refs->type, items, 1);
    if (part.object == NULL || array.object == NULL) {
        return false;
    }
    nanvm_ref_drop(kind_part(refs, array.object, 0));
    if (self->choice % 2 == 0) {
        return nanvm_mut_ref_resize(&array, manager, 0);
    }
    nanvm_mut_ref_drop(array);
    return true;
}

/* An object whose `drop` lets go of the object itself. */
static bool drop_itself(victim *self) {
    const kind *hidden = &kinds[HIDDEN_KIND];
    content none = {0};
    known_id parts[PARTS_MAX] = {0};
    void *object = nanvm_new(manager_of(self->where), hidden->type).object;
    if (object == NULL || !model_has_room(0)) {
        return false;
    }
    known_id id = model_add(hidden, self->where, object, &none, parts);
    memset(model_get(id)->script, 0, SCRIPT);
    write_card(id);
    model_set_part(id, 0, id);
    kind_set_part(hidden, object, 0, (nanvm_ref){object});
    nanvm_ref_drop((nanvm_ref){object});
    return true;
}

/* --- arenas --- */

static bool close_late(victim *self) {
    place where = (place)(ARENA_BUFFER + self->choice % 3);
    nanvm_mut_ref made = nanvm_new(manager_of(where), kinds[POINT_KIND].type);
    if (made.object == NULL) {
        return false;
    }
    here.uncounted[where]++;
    nanvm_arena_assume_self_contained(arena_at(where));
    return true;
}

#if defined(NANVM_DEBUG)
static bool leave_closed(victim *self) {
    const kind *pair = &kinds[PAIR_KIND];
    nanvm_mut_ref holder = nanvm_new(manager_of(ARENA_CLOSED), pair->type);
    kind_set_part(pair, holder.object, self->choice % 2, ref_of(self->it));
    nanvm_arena_reset(arena_at(ARENA_CLOSED));
    return true;
}
#endif

/* --- lengths --- */

/* Any array whose type has no callbacks. */
static const kind *array_kind(unsigned choice) {
    const kind *self;
    do {
        self = &kinds[choice++ % KINDS];
    } while (self->type->item_size == 0 || self->has_card);
    return self;
}

/* More than a slot or a chunk that was rounded up has room for; or so many that their
 * bytes overflow. */
static size_t length_beyond(const nanvm_type *type, size_t length, unsigned choice) {
    const size_t least = 2 * length + type->size + 64;
    const size_t beyond[] = {least, least + 4000, SIZE_MAX / type->item_size, SIZE_MAX};
    return beyond[choice % 4];
}

static void set_length(void *object, size_t length) {
    size_t words = IS_SEALED ? 2 : 1;
    unsigned char *header = (unsigned char *)nanvm_block_header(object);
    memcpy(header - words * sizeof(length), &length, sizeof(length));
}

/* Used by the library in one way or another. */
static void use_length(nanvm_manager *manager, nanvm_mut_ref array, unsigned choice) {
    if (choice % 4 < 2) {
        (void)!nanvm_mut_ref_resize(&array, manager, 100 * (choice % 2));
    } else {
        (void)nanvm_ref_clone_object(nanvm_mut_ref_to_ref(array), manager).object;
    }
}

/* Where the library knows how much room there is. */
static bool go_beyond_length(victim *self) {
    static const place places[] = {LOCAL,       LOCAL_FAILING, LOCAL_NESTED,
                                   LOCAL_RIGID, ARENA_BUFFER,  ARENA_GROWING,
                                   ARENA_LOCAL, ARENA_CLOSED};
    place where = places[self->choice % 8];
    unsigned choice = self->choice / 8U;
    const kind *arrays = array_kind(choice);
    nanvm_manager *manager = manager_of(where);
    size_t length = choice % 5 == 4 ? 3000 : choice % 8;
    nanvm_mut_ref array = nanvm_new_array(manager, arrays->type, NULL, length);
    if (array.object == NULL) {
        return false;
    }
    set_length(array.object, length_beyond(arrays->type, length, choice));
    if (counts(where) && arrays->has_item_part && choice % 2 == 0) {
        nanvm_mut_ref_drop(array);
    } else {
        use_length(manager, array, choice / 2);
    }
    return true;
}

/* --- what only a hardened build sees --- */

/* Any bits of a header, which is right in front of its object. */
static bool forge_header(victim *self) {
    unsigned char *object = self->it.object;
    object[-1 - self->choice % (int)sizeof(nanvm_header)] ^=
        (unsigned char)(1 + self->choice / 16);
    self->how->drop_mut(mut_of(self->it));
    return true;
}

/* As written by who runs over the end of what lies in front. */
static bool overrun_into_header(victim *self) {
    nanvm_header *header = nanvm_block_header(self->it.object), before = *header;
    memset(header, self->choice, 1 + self->choice % sizeof(nanvm_header));
    if (memcmp(header, &before, sizeof(before)) == 0) {
        return false; /* as it was */
    }
    (void)self->how->clone(ref_of(self->it)).object;
    self->how->drop_mut(mut_of(self->it));
    return true;
}

/* The length and its seal are two words in front of the header. */
static bool forge_length(victim *self) {
    unsigned char *header = (unsigned char *)nanvm_block_header(self->it.object);
    header[-1 - self->choice % (2 * (int)sizeof(size_t))] ^= 0x40;
    (void)self->how->length(ref_of(self->it));
    return true;
}

/* Where an object of before had its header, that may still be there: then its origin is
 * what is missed. */
static bool drop_interior(victim *self) {
    nanvm_ref inside = {(char *)self->it.object + 1 + self->choice % 16};
    nanvm_ref_drop(inside);
    return true;
}

static bool drop_foreign(victim *self) {
    _Alignas(16) unsigned char foreign[64];
    memset(foreign, self->choice, sizeof(foreign));
    nanvm_ref_drop((nanvm_ref){foreign + 32});
    return true;
}

/* The bytes of one object over those of another, header and all. */
static bool move_header(victim *self) {
    nanvm_manager *manager = manager_of(self->where);
    nanvm_mut_ref other = nanvm_new(manager, kinds[POINT_KIND].type);
    if (other.object == NULL) {
        return false;
    }
    memcpy(nanvm_block_header(self->it.object), nanvm_block_header(other.object),
           sizeof(nanvm_header));
    self->how->drop_mut(mut_of(self->it));
    return true;
}

/* The dead wait in a pool's quarantine; written to, they are found when they serve
 * again: behind all that have died before, however many the operations left. */
static bool write_to_dead(victim *self) {
    enum { QUARANTINE = 1000000 };
    nanvm_manager *manager = manager_of((place)(LOCAL + self->choice % 4));
    unsigned char *stale = nanvm_new(manager, kinds[POINT_KIND].type).object;
    nanvm_ref_drop((nanvm_ref){stale});
    stale[self->choice % 16] ^= 1;
    for (int i = 0; i < QUARANTINE; i++) {
        nanvm_mut_ref_drop(nanvm_new(manager, kinds[POINT_KIND].type));
    }
    return true;
}

static bool use_after_reset(victim *self) {
    place where = (place)(ARENA_BUFFER + self->choice % 3);
    nanvm_ref stale =
        nanvm_mut_ref_to_ref(nanvm_new(manager_of(where), kinds[POINT_KIND].type));
    if (stale.object == NULL) {
        return false;
    }
    nanvm_arena_reset(arena_at(where));
    (void)nanvm_ref_clone(stale).object;
    nanvm_ref_drop(stale);
    return true;
}

static void free_raw(nanvm_manager *manager, void *memory, nanvm_layout layout) {
    nanvm_manager_dealloc(manager, memory, layout);
}

static bool free_raw_wrongly(victim *self) {
    nanvm_manager *manager = manager_of(self->where);
    nanvm_layout layout = {64, 8}, wrong = {64 + self->choice % 7 + 1U, 8};
    void *memory = nanvm_manager_alloc(manager, layout);
    if (memory == NULL) {
        return false;
    }
    free_raw(manager, memory, wrong);
    return true;
}

static bool free_raw_elsewhere(victim *self) {
    nanvm_layout layout = {64, 8};
    void *memory = nanvm_manager_alloc(manager_of(self->where), layout);
    place other = self->where == PLAIN ? ATOMIC : PLAIN;
    if (memory == NULL) {
        return false;
    }
    free_raw(manager_of(other), memory, layout);
    return true;
}

const misuse misuses[] = {
    {"drop twice", twice, ANY, false, false, drop_twice},
    {"cleanup after drop", twice, ANY, false, false, clean_twice},
    {"drop of a MutRef twice", twice, ANY, false, false, drop_mut_twice},
    {"cleanup of a dropped MutRef", twice, ANY, false, false, clean_mut_twice},
    {"drop of a MutRef after to_ref and drop", twice, ANY, false, false,
     drop_mut_after_ref},
    {"drop of a copy after try_to_mut_ref", twice, ANY, false, false,
     drop_copy_after_try},
    {"drop of a copy after move", twice, ANY, false, false, drop_copy_after_move},
    {"clone of the dead", dead_clone, ANY, false, false, clone_dead},
    {"count of the dead", dead_use, ANY, false, false, count_dead},
    {"try_to_mut_ref of the dead", dead_use, ANY, false, false, try_dead},
    {"to_mut_ref of the dead", dead_use, ANY, false, false, to_mut_dead},
    {"make_mut of the dead", dead_use, ANY, false, false, make_mut_dead},
    {"drop of where an array was", twice, ARRAY, false, false, drop_after_resize},
    {"drop of a MutRef while shared", not_sole, COUNTED, false, false,
     drop_mut_while_shared},
    {"an uncloned reference in an object", twice, HOLDER, true, false, store_uncloned},
    {"a reference stored twice", twice, ANY, true, false, store_twice},
    {"drop of a borrowed item", twice, ANY, true, false, drop_borrowed},
    {"drop of itself in its drop", twice, ANY, true, false, drop_itself},
    {"close of an arena in use", "that has objects already", NO_VICTIM, false, false,
     close_late},
    {"a length beyond its room", "length of an array", NO_VICTIM, true, false,
     go_beyond_length},
#if defined(NANVM_DEBUG)
    {"a way out of a self-contained arena", "refers to an object outside", ANY, true,
     false, leave_closed},
#endif
    {"a forged header", NULL, ANY, true, true, forge_header},
    {"an overrun into a header", NULL, ANY, true, true, overrun_into_header},
    {"a forged length", "length", ARRAY, true, true, forge_length},
    {"drop of an interior pointer", NULL, ANY, true, true, drop_interior},
    {"drop of a foreign pointer", no_object, ANY, true, true, drop_foreign},
    {"another object's header", NULL, ANY, true, true, move_header},
    {"a write to the dead", "written to after", NO_VICTIM, true, true, write_to_dead},
    {"use after an arena's reset", NULL, NO_VICTIM, true, true, use_after_reset},
    {"raw memory freed with another layout", "memory that this manager", ANY, true, true,
     free_raw_wrongly},
    {"raw memory freed elsewhere", "memory that this manager", ANY, true, true,
     free_raw_elsewhere},
};

const size_t misuses_length = sizeof(misuses) / sizeof(misuses[0]);
