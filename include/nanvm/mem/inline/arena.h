/* The structs of an arena, and its inline function. A part of <nanvm/mem/arena.h>. */
#ifndef NANVM_MEM_INLINE_ARENA_H
#define NANVM_MEM_INLINE_ARENA_H

/* A dealloc whose objects all lie in front of `*end`. */
typedef struct nanvm_dealloc_bounded {
    nanvm_dealloc dealloc;
    unsigned char *const *end;
} nanvm_dealloc_bounded;

/* The dealloc of the objects in the buffer, or in a chunk. */
typedef struct nanvm_arena_part {
    nanvm_dealloc_bounded bounded; /* first: origins point at it */
    struct nanvm_arena *arena;     /* that it is a part of */
} nanvm_arena_part;

struct nanvm_arena {
    nanvm_manager manager;              /* first */
    nanvm_arena_part own;               /* for the buffer, and for all raw memory */
    nanvm_manager *source;              /* of chunks; NULL: there is only the buffer */
    struct nanvm_arena_chunk *chunks;   /* the current one first: objects go there */
    struct nanvm_arena_chunk *retained; /* empty, kept to be used again */
    unsigned char *top;                 /* the first free byte */
    unsigned char *end;                 /* behind the last byte */
    unsigned char *buffer;              /* the caller's; NULL: there are only chunks */
    struct nanvm_origin *origin;        /* of the newest block */
    void *finalizable;                  /* objects that a reset has to visit, linked */
    void *newest;        /* the header of the newest block, or the newest piece */
    size_t blocks;       /* since the last reset: made, also ahead, less those freed */
    size_t pieces;       /* of raw memory since then, less those given back */
    size_t peak;         /* the most bytes in use at once */
    size_t used;         /* bytes in use in all chunks but the current one */
    size_t shared_size;  /* of the newest chunk added for a small block or piece, or 0 */
    size_t streak;       /* blocks of one type in a row, at the top */
    bool self_contained; /* no object refers outside: references needn't be released */
    bool sanitized;      /* a sanitizer is told which bytes are in use */
    nanvm_at_work resetting;                /* in a reset: another one does nothing */
    nanvm_slots bump_range;                 /* objects made ahead, at the top */
    nanvm_slots *slots[NANVM_SLOTS_LENGTH]; /* leads any type to the bump range */
};

NANVM_BEGIN_DECLS

NANVM_INLINE nanvm_manager *nanvm_arena_manager(nanvm_arena *self) {
    return &self->manager;
}

NANVM_END_DECLS

#endif
