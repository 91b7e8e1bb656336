#if defined(__linux__) && !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE /* sysconf, mprotect */
#endif
#include "hardened/guard_page.h"

#include "hardened/atomic.h"

#if defined(_WIN32) || defined(__unix__) || defined(__APPLE__)

/* Each guard splits a mapping in three, and Linux allows a process 65,530 mappings. */
enum { GUARDS_MAX = 16384 };

static size_t guards;

static bool add_guard(void) {
    return nanvm_atomic_raise_relaxed(&guards) < GUARDS_MAX;
}

static void remove_guard(void) {
    nanvm_atomic_lower_relaxed(&guards);
}

#endif

#if defined(_WIN32)
#include <windows.h>

size_t nanvm_guard_page_size(void) {
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    return system.dwPageSize;
}

void nanvm_guard_page_close(void *page) {
    DWORD before;
    if (add_guard()) {
        (void)VirtualProtect(page, nanvm_guard_page_size(), PAGE_NOACCESS, &before);
    }
}

void nanvm_guard_page_open(void *page) {
    DWORD before;
    remove_guard();
    (void)VirtualProtect(page, nanvm_guard_page_size(), PAGE_READWRITE, &before);
}
#elif defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#include <unistd.h>

size_t nanvm_guard_page_size(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

void nanvm_guard_page_close(void *page) {
    if (add_guard()) {
        (void)mprotect(page, nanvm_guard_page_size(), PROT_NONE);
    }
}

void nanvm_guard_page_open(void *page) {
    remove_guard();
    (void)mprotect(page, nanvm_guard_page_size(), PROT_READ | PROT_WRITE);
}
#else
size_t nanvm_guard_page_size(void) {
    return 0;
}

void nanvm_guard_page_close(void *page) {
    (void)page;
}

void nanvm_guard_page_open(void *page) {
    (void)page;
}
#endif
