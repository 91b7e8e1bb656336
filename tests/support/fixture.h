/* What a test begins and ends with, so that its body begins with what it tests:
 * `TEST(function, arena)` gives it, as `*state`, a fixture in which an arena is open. A
 * function that needs one of its own opens and closes it. */
#ifndef TEST_FIXTURE_H
#define TEST_FIXTURE_H

#include "accounting.h"

typedef struct fixture {
    accounting source; /* of the memory; of no use where that is nanvm_global()'s */
    nanvm_local local;
    nanvm_arena arena;
    nanvm_manager *manager; /* of what is open */
    unsigned char *buffer;  /* in which an arena lies */
} fixture;

/* An accounting manager whose references are counted plainly. */
void open_source(fixture *self);
void close_source(fixture *self);

/* A local manager over nanvm_global(), or over the accounting manager. */
void open_local(fixture *self);
void open_local_over_source(fixture *self);
void close_local(fixture *self);

/* An arena that grows by nanvm_global(), or by the accounting manager. */
void open_arena(fixture *self);
void open_arena_over_source(fixture *self);

/* An arena in BUFFER bytes, or in so few that it is soon full. */
enum { BUFFER = 4000, SMALL_BUFFER = 400 };
void open_arena_in_buffer(fixture *self);
void open_arena_in_small_buffer(fixture *self);
void close_arena(fixture *self);

typedef void fixture_function(fixture *self);

/* Around each test that has a fixture. */
int set_up(void **state, fixture_function *open);
int tear_down(void **state, fixture_function *close);

/* What `TEST(function, name)` looks for. */
#define FIXTURE(name, open, close)                                                       \
    static inline int name##_setup(void **state) {                                       \
        return set_up(state, open);                                                      \
    }                                                                                    \
    static inline int name##_teardown(void **state) {                                    \
        return tear_down(state, close);                                                  \
    }

FIXTURE(source, open_source, close_source)
FIXTURE(local, open_local, close_local)
FIXTURE(local_over_source, open_local_over_source, close_local)
FIXTURE(arena, open_arena, close_arena)
FIXTURE(arena_over_source, open_arena_over_source, close_arena)
FIXTURE(arena_in_buffer, open_arena_in_buffer, close_arena)
FIXTURE(arena_in_small_buffer, open_arena_in_small_buffer, close_arena)

#endif
