/* Threads for tests. Assertions of cmocka's belong to the main thread: what runs
 * in others leaves its findings behind. */
#ifndef TEST_THREAD_H
#define TEST_THREAD_H

#include <stddef.h>

#include <nanvm/mem.h>

typedef void thread_body(void *context);

/* Ends the test as skipped, and says why, where a program has no threads. A test that
 * creates something before its threads begins with this: it would stay alive. */
void needs_threads(void);

/* Runs `body` on a stack of 64 KiB, or the least that the system and the
 * sanitizers can do with: that of another thread, which has the manager `local`
 * meanwhile, unless that is NULL. */
void on_small_stack(thread_body *body, void *context, nanvm_local *local);

/* Runs `body` in `length` threads at once, with `contexts[i]` each, or with the
 * same `context` where `size` is 0, and waits for all of them. As needs_threads() where
 * there are none. */
void in_threads(thread_body *body, size_t length, void *contexts, size_t size);

/* `n`, or less where a test would take too long: divided by the environment's
 * NANVM_TEST_SCALE. Sanitizers divide by 20 of their own accord. */
size_t scaled(size_t n);

#endif
