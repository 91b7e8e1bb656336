/* Where operations stand, and how they are weakened. */
#ifndef SITES_HPP
#define SITES_HPP

#include "operations.h"
#include "relacy.hpp"

namespace {

enum how { AS_SHIPPED, WITH_ORDER, PLAIN, SPLIT, OMITTED, FAILED_RELAXED };

struct site {
    const char *caller;
    const char *operation;
    const char *kind;
    int order;
    how weakened;
    int weaker;
    uint64_t hits;
};

struct {
    const char *caller;
    const char *operation;
    const char *kind;
    how weakened;
    int order;
} mutation;

const char *const order_names[] = {"relaxed", "consume", "acquire",
                                   "release", "acq_rel", "seq_cst"};

enum { SITES = 256 };
site sites[SITES];                  /* a hash table by the addresses of both names */
const char *entered[MODEL_THREADS]; /* by each thread */

bool same(const char *a, const char *b) {
    return a == b || strcmp(a, b) == 0;
}

void fill(site &self, const char *caller, const char *kind, const char *operation,
          int order) {
    self = {caller, operation, kind, order, AS_SHIPPED, order, 0};
    if (mutation.weakened != AS_SHIPPED && same(mutation.caller, caller) &&
        same(mutation.operation, operation) && same(mutation.kind, kind)) {
        self.weakened = mutation.weakened;
        self.weaker = mutation.order;
    }
}

bool begins(const char *name, const char *with) {
    return strncmp(name, with, strlen(with)) == 0;
}

/* Only these operations are told who calls them. */
bool knows_caller(const char *operation) {
    return begins(operation, "nanvm_count_word_") ||
           (begins(operation, "nanvm_atomic_") && strstr(operation, "_key_") == nullptr);
}

const char *caller_of(const char *operation) {
    const char *caller = entered[rl::thread_index()];
    return caller != nullptr && knows_caller(operation) ? caller : "-";
}

site &site_of(const char *kind, const char *operation, int order) {
    const char *caller = caller_of(operation);
    size_t i = ((uintptr_t)caller * 31 + (uintptr_t)operation) / 16 % SITES;
    while (sites[i].operation != nullptr &&
           (sites[i].caller != caller || sites[i].operation != operation ||
            !same(sites[i].kind, kind))) {
        i = (i + 1) % SITES;
    }
    if (sites[i].operation == nullptr) {
        fill(sites[i], caller, kind, operation, order);
    }
    ++sites[i].hits;
    return sites[i];
}

rl::memory_order order_of(int order) {
    static const rl::memory_order orders[] = {rl::mo_relaxed, rl::mo_consume,
                                              rl::mo_acquire, rl::mo_release,
                                              rl::mo_acq_rel, rl::mo_seq_cst};
    return orders[order];
}

/* The two halves of a read-modify-write. */
rl::memory_order load_half(int order) {
    bool is_acquire = order == __ATOMIC_ACQUIRE || order == __ATOMIC_ACQ_REL;
    return is_acquire ? rl::mo_acquire : rl::mo_relaxed;
}

rl::memory_order store_half(int order) {
    bool is_release = order == __ATOMIC_RELEASE || order == __ATOMIC_ACQ_REL;
    return is_release ? rl::mo_release : rl::mo_relaxed;
}

} // namespace

#endif
