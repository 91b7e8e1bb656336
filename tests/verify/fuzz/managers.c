#if !defined(_POSIX_C_SOURCE) && defined(NANVM_HARDENED)
#define _POSIX_C_SOURCE 200809L /* sysconf */
#endif
#include "managers.h"

#if defined(NANVM_HARDENED)
#include <sys/mman.h>
#include <unistd.h>
#endif

#include "require.h"

enum { LOCALS = LOCAL_RIGID - LOCAL + 1, ARENAS = ARENA_CLOSED - ARENA_BUFFER + 1 };
enum { BUFFER = 16 * 1024 };

/* The first four are managers of objects, two are sources of chunks; the last stands in
 * for the global one where the world is sealed. */
enum { OF_PLAIN, OF_ATOMIC, OF_CUSTOM, OF_NONE, FAILING, RIGID, STAND_IN, CUSTOMS };

static struct {
    accounting customs[CUSTOMS];
    nanvm_local locals[LOCALS];
    nanvm_arena arenas[ARENAS];
    unsigned char *buffer;
    size_t buffer_size;
    bool sealed;
    bool shares; /* LOCAL is a shared manager */
} all;

static _Alignas(4096) unsigned char memory[BUFFER];

static nanvm_manager *source(int which) {
    return &all.customs[which].manager;
}

/* Where the global manager would do. */
static nanvm_manager *usual_source(void) {
    return all.sealed ? source(STAND_IN) : nanvm_global();
}

nanvm_local *local_at(place where) {
    return &all.locals[where - LOCAL];
}

nanvm_arena *arena_at(place where) {
    return &all.arenas[where - ARENA_BUFFER];
}

nanvm_manager *manager_of(place where) {
    static const int custom_at[PLACES] = {
        [PLAIN] = OF_PLAIN, [ATOMIC] = OF_ATOMIC, [CUSTOM] = OF_CUSTOM, [NONE] = OF_NONE};
    if (where == GLOBAL) {
        return usual_source();
    }
    if (is_local(where)) {
        return nanvm_local_manager(local_at(where));
    }
    if (where >= ARENA_BUFFER && where <= ARENA_CLOSED) {
        return nanvm_arena_manager(arena_at(where));
    }
    return source(custom_at[where]);
}

void local_begin(place where) {
    if (where == LOCAL && all.shares) {
        nanvm_local_init_shared_from(local_at(where), usual_source());
        return;
    }
    if (where == LOCAL && !all.sealed) {
        nanvm_local_init(local_at(where));
        return;
    }
    nanvm_manager *from = where == LOCAL           ? usual_source()
                          : where == LOCAL_FAILING ? source(FAILING)
                          : where == LOCAL_NESTED  ? manager_of(LOCAL)
                                                   : source(RIGID);
    nanvm_local_init_from(local_at(where), from);
}

void arena_begin(place where) {
    nanvm_arena *self = arena_at(where);
    if (where == ARENA_BUFFER) {
        nanvm_arena_init(self, all.buffer, all.buffer_size);
        return;
    }
    nanvm_arena_init_growing(self, where == ARENA_GROWING ? source(FAILING)
                                   : where == ARENA_LOCAL ? manager_of(LOCAL_FAILING)
                                                          : usual_source());
    if (where == ARENA_CLOSED) {
        nanvm_arena_assume_self_contained(self);
    }
}

static void tell_of_error(const char *text) {
    require_failed(text, "accounting.c", 0);
}

static void begin_customs(void) {
    static const nanvm_count counts[CUSTOMS] = {
        NANVM_COUNT_PLAIN, NANVM_COUNT_ATOMIC, NANVM_COUNT_CUSTOM, NANVM_COUNT_NONE,
        NANVM_COUNT_PLAIN, NANVM_COUNT_PLAIN,  NANVM_COUNT_ATOMIC};
    accounting_on_error(tell_of_error);
    for (int i = 0; i < CUSTOMS; i++) {
        accounting *self = &all.customs[i];
        accounting_init(self, counts[i]);
        if (i != OF_PLAIN && i != FAILING) {
            self->manager_table.resize = NULL;
        }
        self->keeps_dead = all.sealed;
    }
}

void managers_init(unsigned char size, unsigned char shift, bool sealed) {
    all.sealed = sealed;
    all.shares = shift / 16 % 2 != 0;
    all.buffer = memory + shift % 16;
    all.buffer_size = (size_t)(size + 1) * (BUFFER / 256) - shift % 16;
    begin_customs();
    for (place where = LOCAL; where <= LOCAL_RIGID; where++) {
        local_begin(where);
    }
    for (place where = ARENA_BUFFER; where <= ARENA_CLOSED; where++) {
        arena_begin(where);
    }
}

size_t managers_failures(void) {
    size_t failures = 0;
    for (int i = 0; i < CUSTOMS; i++) {
        failures += all.customs[i].failures;
    }
    return failures;
}

void managers_fail(unsigned char which, unsigned countdown, bool goes_on) {
    accounting *self = &all.customs[which % STAND_IN];
    accounting_never_fail(self);
    if (countdown > 0 && goes_on) {
        accounting_fail_from(self, countdown - 1);
    } else if (countdown > 0) {
        accounting_fail_once(self, countdown - 1);
    }
}

accounting *source_of(place where) {
    return &all.customs[where == LOCAL_RIGID ? RIGID : FAILING];
}

void managers_calm(void) {
    for (int i = 0; i < CUSTOMS; i++) {
        accounting_never_fail(&all.customs[i]);
        accounting_limit(&all.customs[i], SIZE_MAX);
    }
}

bool buffer_is_full(size_t size) {
    nanvm_stats stats = nanvm_stats_make(manager_of(ARENA_BUFFER));
    return stats.reserved_bytes - stats.live_bytes < size;
}

/* What a manager does that ends without its objects having been counted. */
static void drop_part(nanvm_ref reference, void *context) {
    (void)context;
    nanvm_ref_drop(reference);
}

static void let_go(known_id id, void *context) {
    (void)context;
    const known *self = model_get(id);
    void *object = (void *)(uintptr_t)self->address;
    nanvm_ref reference = {object};
    if (self->where == NONE && self->kind->type->drop != NULL) {
        self->kind->type->drop(object, nanvm_ref_length(reference));
    }
    if (self->where == NONE) {
        nanvm_ref_visit(reference, drop_part, NULL);
    }
}

/* What is abandoned may have pages in it that a hardened build has closed. */
#if defined(NANVM_HARDENED)
static void open_pages(void *piece, size_t size, void *context) {
    (void)context;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = (uintptr_t)piece & ~(page - 1);
    uintptr_t end = (uintptr_t)piece + size;
    REQUIRE(mprotect((void *)begin, end - begin, PROT_READ | PROT_WRITE) == 0);
}
#else
static void open_pages(void *piece, size_t size, void *context) {
    (void)piece;
    (void)size;
    (void)context;
}
#endif

static void abandon(accounting *self) {
    accounting_each(self, open_pages, NULL);
    accounting_abandon(self);
}

void none_reset(void) {
    model_each(let_go, NULL);
    abandon(&all.customs[OF_NONE]);
}

void managers_check_empty(void) {
    for (int i = 0; i < CUSTOMS; i++) {
        REQUIRE(all.customs[i].live_blocks == 0);
    }
}

void managers_abandon(void) {
    for (int i = 0; i < CUSTOMS; i++) {
        abandon(&all.customs[i]);
    }
}
