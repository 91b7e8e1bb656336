/* The attacks that malloc and free have, too, on whatever malloc this process runs with.
 * Prints one line for each: name, class, and why. A name is that of the attack on the
 * library whose like it is. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../child.h"
#include "heap.h"

enum { SMALL = 24, LARGE = 8000, MAPPED = 4000000, FEW = 16, MANY = 64 };
enum { BEGINNING = 400, SOME = 300, STEPS = 10000 };
enum { FOREIGN = 512, MIDDLE = 256 };

/* The compiler forgets where a pointer came from. */
static void *laundered(const void *pointer) {
    void *same = (void *)(uintptr_t)pointer;
    __asm__ volatile("" : "+r"(same) : : "memory");
    return same;
}

static size_t laundered_size(size_t size) {
    return (size_t)(uintptr_t)laundered((void *)(uintptr_t)size);
}

static void *new (size_t size) {
    return laundered(malloc(laundered_size(size)));
}

static void let_go(void *memory) {
    free(laundered(memory));
}

/* --- freed twice --- */

static void twice(size_t size) {
    void *memory = new (size);
    let_go(memory);
    let_go(memory);
}
static void twice_small(void) {
    twice(SMALL);
}
static void twice_large(void) {
    twice(LARGE);
}
static void twice_mapped(void) {
    twice(MAPPED);
}

static void twice_after_another(void) {
    void *a = new (SMALL), *b = new (SMALL);
    let_go(a);
    let_go(b);
    let_go(a);
}

static void twice_after_many(void) {
    void *others[MANY];
    void *memory = new (SMALL);
    for (size_t i = 0; i < MANY; i++) {
        others[i] = new (SMALL);
    }
    let_go(memory);
    for (size_t i = 0; i < MANY; i++) {
        let_go(others[i]);
    }
    let_go(memory);
}

/* Until the place is somebody's, or for a while. */
static void reuse(const void *place, size_t size) {
    const void *memory = NULL;
    for (size_t i = 0; i < FEW && memory != place; i++) {
        memory = heap_new(size);
    }
}

static void twice_after_reuse(void) {
    void *memory = new (SMALL);
    let_go(memory);
    reuse(memory, SMALL);
    let_go(memory);
}

static void realloc_freed(void) {
    void *memory = new (SMALL);
    let_go(memory);
    if (realloc(laundered(memory), LARGE) != NULL) {
        child_end(SILENT, "freed memory was resized");
    }
}

/* --- pointers that malloc didn't return --- */

static void free_middle(unsigned char *bytes) {
    heap_forbid(bytes, FOREIGN);
    let_go(bytes + MIDDLE);
}

static void free_foreign(int content) {
    unsigned char *bytes =
        mmap(NULL, FOREIGN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(bytes, content, FOREIGN);
    free_middle(bytes);
}
static void foreign_zero(void) {
    free_foreign(0);
}
static void foreign_ones(void) {
    free_foreign(0xff);
}
static void foreign_text(void) {
    free_foreign('A');
}

static _Alignas(64) unsigned char in_static[FOREIGN];

static void free_static(void) {
    memset(in_static, 'A', FOREIGN);
    free_middle(in_static);
}

static void free_stack(void) {
    _Alignas(64) unsigned char bytes[FOREIGN];
    memset(bytes, 'A', FOREIGN);
    let_go(bytes + MIDDLE);
    child_goes_on();
    for (size_t i = 0; i < FOREIGN; i++) {
        if (((unsigned char *)laundered(bytes))[i] != 'A') {
            child_end(SILENT, "memory that isn't malloc's has changed");
        }
    }
    for (size_t i = 0; i < FEW; i++) {
        uintptr_t memory = (uintptr_t) new (MIDDLE);
        if (memory - (uintptr_t)bytes < FOREIGN) {
            child_end(SILENT, "memory was given that isn't malloc's");
        }
    }
}

static void free_null_page(void) {
    let_go((void *)(uintptr_t)16);
}
static void free_code(void) {
    let_go((void *)(uintptr_t)free_code);
}

static void free_interior(size_t size, size_t offset) {
    let_go(heap_new(size) + offset);
}
static void interior_8(void) {
    free_interior(SMALL, 8);
}
static void interior_16(void) {
    free_interior(SMALL, 16);
}
static void interior_80(void) {
    free_interior(160, 80);
}
static void misaligned_1(void) {
    free_interior(SMALL, 1);
}
static void misaligned_4(void) {
    free_interior(SMALL, 4);
}

/* What lies in front of a true one lies in front of it. */
static void free_fake(void) {
    memset(in_static, 'A', FOREIGN);
    memcpy(in_static + MIDDLE - 16, heap_new(SMALL) - 16, 16);
    free_middle(in_static);
}

/* --- headers, where there are any --- */

static bool has_headers(const char *peer) {
    return strcmp(peer, "glibc") == 0 || strcmp(peer, "scudo") == 0;
}

static void free_with_header(int byte) {
    unsigned char *memory = new (SMALL);
    memset((unsigned char *)laundered(memory) - 16, byte, 16);
    let_go(memory);
}
static void header_zeros(void) {
    free_with_header(0);
}
static void header_ones(void) {
    free_with_header(0xff);
}
static void header_text(void) {
    free_with_header('A');
}
static void header_swapped(void) {
    unsigned char *memory = new (SMALL), *other = new (1000);
    memcpy(memory - 16, other - 16, 16);
    let_go(memory);
    let_go(other);
}

/* --- writes out of bounds --- */

/* None of the bytes is what it was. */
static void damage(unsigned char *begin, size_t size) {
    unsigned char *bytes = laundered(begin);
    for (size_t i = 0; i < size; i++) {
        bytes[i] ^= 0x41;
    }
}

typedef struct pair {
    unsigned char *first;
    unsigned char *second;
} pair;

static void consider(pair *best, unsigned char *from, unsigned char *to) {
    if (to > from && (best->first == NULL || to - from < best->second - best->first)) {
        *best = (pair){from, to};
    }
}

/* Two pieces of the program's, as close as any of some. */
static pair neighbours(size_t size) {
    unsigned char *all[MANY];
    pair best = {NULL, NULL};
    for (size_t i = 0; i < MANY; i++) {
        all[i] = heap_new(size);
        for (size_t j = 0; j < i; j++) {
            consider(&best, all[j], all[i]);
            consider(&best, all[i], all[j]);
        }
    }
    return best;
}

/* A size of which the least is to spare, so that a write beyond it hits something. */
static size_t tight_size(void) {
    size_t best = 40, least = SIZE_MAX;
    for (size_t size = 40; size < 100; size++) {
        pair two = neighbours(size);
        size_t gap = (size_t)(two.second - two.first) - size;
        best = gap < least ? size : best;
        least = gap < least ? gap : least;
    }
    return best;
}

static void free_both(pair two) {
    child_goes_on();
    heap_free(two.second);
    heap_free(two.first);
}

static void overrun(size_t bytes) {
    size_t size = tight_size();
    pair two = neighbours(size);
    damage(two.first + size, bytes);
    free_both(two);
}
static void overrun_1(void) {
    overrun(1);
}
static void overrun_8(void) {
    overrun(8);
}
static void overrun_64(void) {
    overrun(64);
}

static void overrun_large(void) {
    unsigned char *memory = new (20000), *next = new (20000);
    damage(memory + 20000, 64);
    let_go(next);
    let_go(memory);
}

static void underrun(size_t bytes) {
    pair two = neighbours(tight_size());
    damage(two.second - bytes, bytes);
    free_both(two);
}
static void underrun_1(void) {
    underrun(1);
}
static void underrun_8(void) {
    underrun(8);
}
static void underrun_64(void) {
    underrun(64);
}

static void *freed(size_t size) {
    void *memory = new (size);
    let_go(memory);
    return laundered(memory);
}

static void write_link(const void *target) {
    memcpy(freed(SMALL), &target, sizeof(target));
    (void)heap_new(SMALL);
    (void)heap_new(SMALL);
}
static void dead_link(void) {
    heap_forbid(in_static, FOREIGN);
    write_link(in_static + MIDDLE);
}
static void dead_link_live(void) {
    write_link(heap_new(SMALL));
}
static void dead_text(void) {
    memset(freed(SMALL), 'A', SMALL);
}
static void dead_reused(void) {
    void *memory = freed(SMALL);
    reuse(memory, SMALL);
    memset(memory, 'A', SMALL);
}

/* --- sizes --- */

static void must_refuse(const void *memory) {
    if (memory != NULL) {
        child_end(SILENT, "a call did what it should have refused");
    }
    child_reports("the call refused");
}

static void must_refuse_size(size_t size) {
    must_refuse(malloc(laundered_size(size)));
}
static void malloc_largest(void) {
    must_refuse_size(SIZE_MAX);
}
static void malloc_wraps(void) {
    must_refuse_size(SIZE_MAX - 15);
}
static void malloc_far(void) {
    must_refuse_size((size_t)PTRDIFF_MAX + 1);
}
static void malloc_large(void) {
    must_refuse_size(PTRDIFF_MAX - 64);
}
static void calloc_largest(void) {
    must_refuse(calloc(laundered_size(SIZE_MAX), 4));
}
static void calloc_wraps(void) {
    must_refuse(calloc(laundered_size(SIZE_MAX / 4 + 2), 4));
}

/* To serve it with another alignment harms nobody. */
static void must_refuse_align(size_t align) {
    void *memory = aligned_alloc(laundered_size(align), laundered_size(16));
    if (memory == NULL) {
        must_refuse(memory);
    } else {
        memset(memory, 'A', 16);
        let_go(memory);
    }
}
static void align_0(void) {
    must_refuse_align(0);
}
static void align_3(void) {
    must_refuse_align(3);
}
static void align_largest(void) {
    must_refuse_align(SIZE_MAX / 2 + 1);
}
static void align_large(void) {
    must_refuse_align(SIZE_MAX / 4 + 1);
}

static void must_refuse_resize(size_t size) {
    unsigned char *memory = new (64);
    memset(memory, 'A', 64);
    must_refuse(realloc(memory, laundered_size(size)));
    if (memory[0] != 'A' || memory[63] != 'A') {
        child_end(SILENT, "a resize that failed changed the memory");
    }
    let_go(memory);
}
static void realloc_largest(void) {
    must_refuse_resize(SIZE_MAX);
}
static void realloc_large(void) {
    must_refuse_resize(PTRDIFF_MAX - 64);
}

/* --- a wrong size, where there is a free that is told one --- */

typedef void free_with_flags(void *memory, size_t size, int flags);
typedef void free_with_size(void *memory, size_t size);

static void *find(const char *name) {
    return dlsym(RTLD_DEFAULT, name);
}

static void free_wrong_size(void) {
    void *memory = new (48);
    void *with_flags = find("sdallocx"), *function = find("mi_free_size");
    function = function == NULL ? find("tc_free_sized") : function;
    if (with_flags != NULL) {
        ((free_with_flags *)(uintptr_t)with_flags)(memory, 48000, 0);
    } else if (function != NULL) {
        ((free_with_size *)(uintptr_t)function)(memory, 48000);
    } else {
        child_end(NOT_HERE, "there is no such function");
    }
}

/* --- all of them --- */

typedef struct attack {
    const char *name;
    void (*run)(void);
    bool on_headers;
} attack;

static const attack attacks[] = {
    {"counts/zero-resize", realloc_freed, false},
    {"twice/ref", twice_small, false},
    {"twice/array-large", twice_large, false},
    {"twice/array-mapped", twice_mapped, false},
    {"twice/after-another", twice_after_another, false},
    {"twice/after-many", twice_after_many, false},
    {"twice/after-reuse", twice_after_reuse, false},
    {"managers/raw-size", free_wrong_size, false},
    {"pointers/foreign-zero-drop", foreign_zero, false},
    {"pointers/foreign-ones-drop", foreign_ones, false},
    {"pointers/foreign-text-drop", foreign_text, false},
    {"pointers/static-drop", free_static, false},
    {"pointers/stack-drop", free_stack, false},
    {"pointers/null-page-drop", free_null_page, false},
    {"pointers/code-drop", free_code, false},
    {"pointers/interior-point-drop", interior_8, false},
    {"pointers/interior-node-drop", interior_16, false},
    {"pointers/interior-array-drop", interior_80, false},
    {"pointers/misaligned-1-drop", misaligned_1, false},
    {"pointers/misaligned-4-drop", misaligned_4, false},
    {"pointers/fake-drop", free_fake, true},
    {"headers/header-zeros", header_zeros, true},
    {"headers/header-ones", header_ones, true},
    {"headers/header-text", header_text, true},
    {"headers/header-swapped", header_swapped, true},
    {"overruns/overrun-1", overrun_1, false},
    {"overruns/overrun-8", overrun_8, false},
    {"overruns/overrun-64", overrun_64, false},
    {"overruns/overrun-large", overrun_large, false},
    {"overruns/underrun-1", underrun_1, false},
    {"overruns/underrun-8", underrun_8, false},
    {"overruns/underrun-64", underrun_64, false},
    {"overruns/dead-link", dead_link, false},
    {"overruns/dead-link-live", dead_link_live, false},
    {"overruns/dead-text", dead_text, false},
    {"overruns/dead-reused", dead_reused, false},
    {"sizes/array-largest", calloc_largest, false},
    {"sizes/array-wraps", calloc_wraps, false},
    {"sizes/raw-largest", malloc_largest, false},
    {"sizes/raw-wraps", malloc_wraps, false},
    {"sizes/raw-far", malloc_far, false},
    {"sizes/raw-large", malloc_large, false},
    {"sizes/raw-align-0", align_0, false},
    {"sizes/raw-align-3", align_3, false},
    {"sizes/raw-align-largest", align_largest, false},
    {"sizes/raw-align-large", align_large, false},
    {"sizes/raw-resize", realloc_largest, false},
    {"sizes/resize-large", realloc_large, false},
};
enum { ATTACKS = sizeof(attacks) / sizeof(attacks[0]) };

/* --- judgement --- */

typedef struct run {
    const attack *attack;
    uint32_t seed;
} run;

static void suffer(void *context) {
    const run *self = context;
    heap_init(self->seed);
    heap_exercise(BEGINNING);
    child_misuses();
    self->attack->run();
    child_goes_on();
    for (size_t i = 0; self->seed % 3 == 1 && i < FEW; i++) {
        (void)heap_new(0);
    }
    if (self->seed % 3 == 2) {
        heap_exercise(SOME);
    }
    heap_check();
    heap_exercise(STEPS);
    heap_check();
    child_end(HARMLESS, "nothing is wrong");
}

static finding worst_of(const attack *attack, uint32_t times) {
    finding worst = {NOT_HERE, "there is no such thing"};
    for (uint32_t seed = 1; seed <= times; seed++) {
        run once = {attack, seed};
        finding found = child_run(suffer, &once);
        if (found.verdict > worst.verdict) {
            worst = found;
        }
    }
    return worst;
}

/* The file that malloc is in. */
static bool is_in_use(const char *file) {
    Dl_info found;
    void *(*function)(size_t) = malloc;
    void *address;
    memcpy(&address, &function, sizeof(address));
    return dladdr(address, &found) != 0 && strstr(found.dli_fname, file) != NULL;
}

int main(int argc, char **argv) {
    if (argc < 4 || !is_in_use(argv[2])) {
        fprintf(stderr, "peer: malloc isn't that of %s\n", argc < 3 ? "?" : argv[2]);
        return 2;
    }
    uint32_t times = (uint32_t)strtoul(argv[3], NULL, 10);
    for (size_t i = 0; i < ATTACKS; i++) {
        const attack *attack = &attacks[i];
        finding found = {NOT_HERE, "it has no headers"};
        if (!attack->on_headers || has_headers(argv[1])) {
            found = worst_of(attack, times);
        }
        printf("%s\t%s\t%s\n", attack->name, verdict_names[found.verdict], found.text);
    }
    return 0;
}
