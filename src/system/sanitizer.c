#include "system/sanitizer.h"

#include <stdlib.h>
#include <string.h>

#if defined(NANVM_HAS_VALGRIND)
#include <valgrind/memcheck.h>
#endif

/* Functions of the sanitizers' run-time libraries: from <sanitizer/asan_interface.h> and
 * <sanitizer/msan_interface.h>, and two that compilers call (`loadN`). They are weak, so
 * that each is NULL in a program without that sanitizer. */
typedef void on_bytes(const volatile void *bytes, size_t size);

#if defined(NANVM_GNU) && defined(__ELF__)
#define WEAK __attribute__((weak))
WEAK extern on_bytes __asan_poison_memory_region;
WEAK extern on_bytes __asan_unpoison_memory_region;
WEAK extern on_bytes __asan_loadN;
WEAK extern on_bytes __hwasan_loadN;
WEAK extern on_bytes __msan_allocated_memory;
static on_bytes *const asan_close = __asan_poison_memory_region;
static on_bytes *const asan_open = __asan_unpoison_memory_region;
static on_bytes *const asan_read = __asan_loadN;
static on_bytes *const hwasan = __hwasan_loadN;
static on_bytes *const msan_forget = __msan_allocated_memory;
#else
static on_bytes *const asan_close = NULL;
static on_bytes *const asan_open = NULL;
static on_bytes *const asan_read = NULL;
static on_bytes *const hwasan = NULL;
static on_bytes *const msan_forget = NULL;
#endif

/* With valgrind's header its requests are a few instructions, which do nothing unless
 * valgrind runs the program. Without the header they are nothing. */
#if !defined(NANVM_HAS_VALGRIND)
#define VALGRIND_MAKE_MEM_DEFINED(bytes, size) ((void)(bytes), (void)(size), 0)
#define VALGRIND_MAKE_MEM_NOACCESS(bytes, size) ((void)(bytes), (void)(size))
#define VALGRIND_MAKE_MEM_UNDEFINED(bytes, size) ((void)(bytes), (void)(size))
#endif

static bool is_off(void) {
    const char *said = getenv("NANVM_SANITIZER");
    return said != NULL && strcmp(said, "off") == 0;
}

/* Whether memcheck watches. Under callgrind and valgrind's other tools the pools work as
 * usual. */
static bool has_memcheck(void) {
    char byte = 0;
    (void)byte; /* unused where valgrind doesn't support the processor */
    return VALGRIND_MAKE_MEM_DEFINED(&byte, sizeof(byte)) != 0;
}

bool nanvm_sanitizer_is_there(void) {
    bool any =
        asan_close != NULL || hwasan != NULL || msan_forget != NULL || has_memcheck();
    return any && !is_off();
}

static void tell_about(on_bytes *checker, const volatile void *bytes, size_t size) {
    if (checker != NULL) {
        checker(bytes, size);
    }
}

void nanvm_sanitizer_poison(void *bytes, size_t size) {
    tell_about(asan_close, bytes, size);
    tell_about(msan_forget, bytes, size);
    (void)VALGRIND_MAKE_MEM_NOACCESS(bytes, size);
}

void nanvm_sanitizer_unpoison(void *bytes, size_t size) {
    tell_about(asan_open, bytes, size);
    tell_about(msan_forget, bytes, size);
    (void)VALGRIND_MAKE_MEM_UNDEFINED(bytes, size);
}

/* memcheck needs no hook: it has seen the library's own read. */
void nanvm_sanitizer_read(const void *bytes, size_t size) {
    tell_about(asan_read, bytes, size);
    tell_about(hwasan, bytes, size);
}
