#include "system.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "ground.h"

static accounting *armed;
static size_t live; /* everything, whoever decides */
static size_t live_before;

/* The names are the linker's: `--wrap=malloc` leads here, and `__real_malloc` back. */
void *__real_malloc(size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);

static bool serves(size_t size) {
    return armed == NULL || accounting_serves(armed, size);
}

static void *counted(void *memory) {
    live += memory != NULL;
    return memory;
}

void *__wrap_malloc(size_t size) {
    return serves(size) ? counted(__real_malloc(size)) : NULL;
}

void *__wrap_aligned_alloc(size_t align, size_t size) {
    return serves(size) ? counted(__real_aligned_alloc(align, size)) : NULL;
}

void *__wrap_realloc(void *memory, size_t size) {
    return serves(size) ? __real_realloc(memory, size) : NULL;
}

void __wrap_free(void *memory) {
    live -= memory != NULL;
    __real_free(memory);
}

void system_arm(accounting *dice) {
    armed = dice;
    live_before = live;
}

void system_disarm(void) {
    armed = NULL;
    if (ground_knows_live(nanvm_global())) {
        assert_int_equal(live, live_before);
    }
}

size_t system_live(void) {
    return live;
}
