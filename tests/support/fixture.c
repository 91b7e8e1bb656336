#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void open_source(fixture *self) {
    accounting_init(&self->source, NANVM_COUNT_PLAIN);
    self->manager = &self->source.manager;
}

void close_source(fixture *self) {
    accounting_deinit(&self->source);
}

void open_local(fixture *self) {
    open_source(self);
    nanvm_local_init(&self->local);
    self->manager = nanvm_local_manager(&self->local);
}

void open_local_over_source(fixture *self) {
    open_source(self);
    nanvm_local_init_from(&self->local, self->manager);
    self->manager = nanvm_local_manager(&self->local);
}

void close_local(fixture *self) {
    nanvm_local_deinit(&self->local);
    close_source(self);
}

static void open_arena_over(fixture *self, nanvm_manager *source) {
    nanvm_arena_init_growing(&self->arena, source);
    self->manager = nanvm_arena_manager(&self->arena);
}

void open_arena(fixture *self) {
    open_source(self);
    open_arena_over(self, nanvm_global());
}

void open_arena_over_source(fixture *self) {
    open_source(self);
    open_arena_over(self, self->manager);
}

static void open_arena_in(fixture *self, unsigned char *buffer, size_t size) {
    open_source(self);
    memset(buffer, 0x5a, size);
    self->buffer = buffer;
    nanvm_arena_init(&self->arena, buffer, size);
    self->manager = nanvm_arena_manager(&self->arena);
}

/* Each is a variable of its own, so that a sanitizer sees a write beyond its end. */
void open_arena_in_buffer(fixture *self) {
    static _Alignas(64) unsigned char buffer[BUFFER];
    open_arena_in(self, buffer, sizeof(buffer));
}

void open_arena_in_small_buffer(fixture *self) {
    static _Alignas(64) unsigned char buffer[SMALL_BUFFER];
    open_arena_in(self, buffer, sizeof(buffer));
}

void close_arena(fixture *self) {
    nanvm_arena_deinit(&self->arena);
    close_source(self);
}

/* What an init leaves as it was is not zero by chance. */
int set_up(void **state, fixture_function *open) {
    if (clean_setup(state) != 0) {
        return -1;
    }
    fixture *self = malloc(sizeof(*self));
    assert_non_null(self);
    memset((void *)self, 0x5a, sizeof(*self));
    open(self);
    *state = self;
    return 0;
}

int tear_down(void **state, fixture_function *close) {
    close(*state);
    free(*state);
    return clean_teardown(state);
}
