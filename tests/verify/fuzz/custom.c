#if !defined(_POSIX_C_SOURCE) && defined(NANVM_HARDENED)
#define _POSIX_C_SOURCE 200809L /* sysconf */
#endif
#include "custom.h"

#include <stdlib.h>
#include <string.h>
#if defined(NANVM_HARDENED)
#include <sys/mman.h>
#include <unistd.h>
#endif

#include "require.h"

/* In front of each piece of memory; what is behind it is checked, too. */
typedef struct piece {
    struct piece *next;
    struct piece **link; /* what points here */
    void *raw;
    nanvm_layout layout;
    void *memory;
} piece;

enum { FRESH = 0xa5, GUARD = 0x5a, TAIL = 8, DIRTY = 128 };

static piece *piece_of(void *memory) {
    return (piece *)memory - 1;
}

static void list(piece **head, piece *it) {
    it->next = *head;
    it->link = head;
    *head = it;
    if (it->next != NULL) {
        it->next->link = &it->next;
    }
}

static void unlist(piece *it) {
    *it->link = it->next;
    if (it->next != NULL) {
        it->next->link = it->link;
    }
}

static bool is_due(custom *self) {
    if (self->countdown == 0 || --self->countdown > 0) {
        return false;
    }
    self->countdown = self->goes_on;
    return true;
}

/* A request for `size` bytes, where `less` are about to come back. */
static bool fails(custom *self, size_t size, size_t less) {
    bool is_beyond = self->limit != 0 && size > self->limit - (self->bytes - less);
    bool failed = is_due(self) || is_beyond;
    self->failures += failed;
    return failed;
}

/* Memory is dirty, at least where it begins. */
static piece *piece_new(nanvm_layout layout) {
    char *raw = malloc(sizeof(piece) + layout.align + layout.size + TAIL);
    REQUIRE(raw != NULL);
    uintptr_t start = (uintptr_t)raw + sizeof(piece);
    char *memory = (char *)((start + layout.align - 1) & ~((uintptr_t)layout.align - 1));
    piece *it = piece_of(memory);
    it->raw = raw;
    it->layout = layout;
    it->memory = memory;
    memset(memory, FRESH, layout.size < DIRTY ? layout.size : DIRTY);
    memset(memory + layout.size, GUARD, TAIL);
    return it;
}

static void *alloc_instead(custom *self, nanvm_layout layout, size_t less) {
    REQUIRE(nanvm_layout_is_valid(layout));
    REQUIRE(layout.size >= 1 && layout.align >= sizeof(void *));
    if (fails(self, layout.size, less)) {
        return NULL;
    }
    piece *it = piece_new(layout);
    list(&self->pieces, it);
    self->live++;
    self->bytes += layout.size;
    return it->memory;
}

static void *custom_alloc(nanvm_manager *manager, nanvm_layout layout) {
    return alloc_instead((custom *)manager, layout, 0);
}

static void check_piece(const piece *it, const void *memory, nanvm_layout layout) {
    static const unsigned char guard[TAIL] = {GUARD, GUARD, GUARD, GUARD,
                                              GUARD, GUARD, GUARD, GUARD};
    REQUIRE(it->memory == memory);
    REQUIRE(it->layout.size == layout.size && it->layout.align == layout.align);
    REQUIRE(memcmp((const char *)memory + layout.size, guard, TAIL) == 0);
}

static void bury(custom *self, piece *it) {
    if (self->keeps) {
        list(&self->kept, it);
    } else {
        free(it->raw);
    }
}

static void custom_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    custom *self = (custom *)(void *)((char *)dealloc - offsetof(custom, dealloc));
    REQUIRE(memory != NULL);
    piece *it = piece_of(memory);
    check_piece(it, memory, layout);
    unlist(it);
    self->live--;
    self->bytes -= layout.size;
    bury(self, it);
}

/* Always moves, which is the hardest on its callers. */
static void *custom_resize(nanvm_manager *manager, void *memory, nanvm_layout layout,
                           size_t size) {
    check_piece(piece_of(memory), memory, layout);
    nanvm_layout larger = nanvm_layout_make(size, layout.align);
    void *moved = alloc_instead((custom *)manager, larger, layout.size);
    if (moved != NULL) {
        memcpy(moved, memory, size < layout.size ? size : layout.size);
        custom_dealloc(manager->dealloc, memory, layout);
    }
    return moved;
}

static size_t custom_count(nanvm_dealloc *self, size_t *counter,
                           nanvm_ref_counter_update update) {
    (void)self;
    size_t others = *counter;
    if (update == NANVM_REF_COUNTER_ADD) {
        *counter = others + 1;
    } else if (update == NANVM_REF_COUNTER_RELEASE && others > 0) {
        *counter = others - 1;
    }
    return others;
}

void custom_init(custom *self, nanvm_count count, bool resizes) {
    memset(self, 0, sizeof(*self));
    self->manager.table = &self->manager_table;
    self->manager.dealloc = &self->dealloc;
    self->manager_table.alloc = custom_alloc;
    self->manager_table.resize = resizes ? custom_resize : NULL;
    self->dealloc.table = &self->dealloc_table;
    self->dealloc_table.count = count;
    self->dealloc_table.dealloc = custom_dealloc;
    self->dealloc_table.ref_counter_update =
        count == NANVM_COUNT_CUSTOM ? custom_count : NULL;
}

void custom_each(const custom *self, custom_visitor *visitor, void *context) {
    for (const piece *it = self->pieces; it != NULL; it = it->next) {
        visitor(it->memory, it->layout.size, context);
    }
}

/* What is abandoned may have pages in it that a hardened build has closed. */
#if defined(NANVM_HARDENED)
static void open_pages(const piece *it) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = (uintptr_t)it->memory & ~(page - 1);
    uintptr_t end = (uintptr_t)it->memory + it->layout.size;
    REQUIRE(mprotect((void *)begin, end - begin, PROT_READ | PROT_WRITE) == 0);
}
#else
static void open_pages(const piece *it) {
    (void)it;
}
#endif

static void free_list(piece **head) {
    for (piece *it = *head, *next; it != NULL; it = next) {
        next = it->next;
        open_pages(it);
        free(it->raw);
    }
    *head = NULL;
}

void custom_abandon(custom *self) {
    free_list(&self->pieces);
    free_list(&self->kept);
    self->live = 0;
    self->bytes = 0;
}
