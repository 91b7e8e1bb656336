/* The target: some operations, which leave the library in any state, then one misuse,
 * which must be reported.
 *
 * The handler leaves by longjmp, after which drops of the thread may only be queued. So
 * each input has a thread of its own, and all memory comes from managers that can be
 * abandoned. Where the library wasn't in the midst of something, it must not have changed
 * anything: then everything is compared with the model, and ended in good order. */
#if !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L /* setenv */
#endif
#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "misuses.h"
#include "require.h"
#include "target.h"

#if defined(NANVM_HARDENED)
enum { IS_HARDENED = 1 };
#else
enum { IS_HARDENED = 0 };
#endif

enum { PREFIX = 4, MISUSES_MAX = 64, FIRST = 8 };

const char *const target_name = "misuse";

static unsigned long long reported[MISUSES_MAX];
static unsigned long long in_vain;
static char message[256];
static jmp_buf escape; /* one thread at a time */

static void catch_message(const char *text) {
    snprintf(message, sizeof(message), "%s", text);
    longjmp(escape, 1);
}

/* It is the library that has to notice, not a memory checker. */
void target_init(void) {
    REQUIRE(misuses_length <= MISUSES_MAX);
    REQUIRE(setenv("NANVM_SANITIZER", "off", 1) == 0);
    kinds_init();
    (void)nanvm_fatal_set_handler(catch_message);
}

/* --- the victim --- */

static bool fits(handle it, need wanted) {
    if (it.id == 0 || !is_sole(it)) {
        return false;
    }
    const known *self = known_of(it);
    switch (wanted) {
    case ARRAY:
        return self->kind->type->item_size != 0;
    case HOLDER:
        return self->kind->parts_length > 0 && !self->kind->has_card;
    case COUNTED:
        return self->where != CUSTOM;
    default:
        return true;
    }
}

static bool find_victim(victim *self, need wanted) {
    for (unsigned i = 0; wanted != NO_VICTIM && i < SLOTS; i++) {
        unsigned slot = (self->choice + i) % SLOTS;
        if (fits(here.slots[slot], wanted)) {
            self->it = take(slot);
            self->where = known_of(self->it)->where;
            return true;
        }
    }
    return wanted == NO_VICTIM;
}

/* There may be none: then one is made, of some kind. */
static void make_victim(unsigned char choice) {
    const operation op = {.slot = 0,
                          .other = choice,
                          .where = choice % ARENA_BUFFER,
                          .size = choice,
                          .seed = choice};
    op_make(&op);
    model_settle();
}

/* --- an input --- */

typedef struct job {
    const unsigned char *bytes;
    size_t size;
} job;

/* By all bytes: so each is as frequent as the others, whatever seems new to a fuzzer.
 * What this build can't see gives way to one of the first. */
static const misuse *choose(const job *self) {
    size_t sum = 0;
    for (size_t i = 0; i < self->size; i++) {
        sum += self->bytes[i];
    }
    const misuse *it = &misuses[sum % misuses_length];
    return it->hardened && !IS_HARDENED ? &misuses[sum / misuses_length % FIRST] : it;
}

static void judge(const misuse *it) {
    REQUIRE(message[0] != '\0' && strchr(message, '\n') == NULL);
    REQUIRE(it->message == NULL || strstr(message, it->message) != NULL);
    reported[it - misuses]++;
}

/* Nothing but what was done right has happened. */
static void end_unharmed(void) {
    model_settle();
    check_all();
    world_end();
}

/* Whether it was: it may not have been possible. */
static bool was_reported(const misuse *it, victim *self) {
    message[0] = '\0';
    here.doing = it->name;
    if (setjmp(escape) != 0) {
        return true;
    }
    bool went_unnoticed = it->commit(self);
    REQUIRE(!went_unnoticed);
    return false;
}

static void commit(const misuse *it, victim *self) {
    if (!was_reported(it, self)) {
        in_vain++;
        return;
    }
    judge(it);
    if (!it->shatters) {
        end_unharmed();
    }
}

static void run_operations(const job *self) {
    const unsigned char *end = self->bytes + self->size;
    const unsigned char *at = self->bytes + PREFIX;
    for (; end - at >= OPERATION_SIZE; at += OPERATION_SIZE) {
        operation_run(at);
    }
}

/* The first bytes choose among victims; then come the operations. */
static void *run_job(void *context) {
    const job *self = context;
    const unsigned char *bytes = self->bytes;
    const misuse *it = choose(self);
    victim one = {.choice = bytes[0]};
    world_begin(bytes[1], bytes[2], true);
    run_operations(self);
    here.is_over = true;
    managers_calm();
    make_victim(bytes[3]);
    if (find_victim(&one, it->need)) {
        one.how = calls_of(one.it, one.choice % 4 > 1);
        commit(it, &one);
    } else {
        in_vain++;
    }
    world_abandon();
    return NULL;
}

void target_run(const unsigned char *bytes, size_t size) {
    job self = {bytes, size};
    pthread_t thread;
    if (size >= PREFIX) {
        REQUIRE(pthread_create(&thread, NULL, run_job, &self) == 0);
        REQUIRE(pthread_join(thread, NULL) == 0);
    }
}

void target_report(FILE *file) {
    unsigned long long all = 0;
    for (size_t i = 0; i < misuses_length; i++) {
        if (!misuses[i].hardened || IS_HARDENED) {
            fprintf(file, "reported: %llu %s%s\n", reported[i], misuses[i].name,
                    misuses[i].hardened ? " (hardened)" : "");
            all += reported[i];
        }
    }
    fprintf(file, "operations: %llu\nmisuses: %llu\nin vain: %llu\n", operations_done,
            all, in_vain);
}
