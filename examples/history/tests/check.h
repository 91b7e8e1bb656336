/* A check that ends the test, and what the tests share. */
#ifndef HISTORY_CHECK_H
#define HISTORY_CHECK_H

#include "history.h"

#define CHECK(condition) check((condition), #condition, __FILE__, __LINE__)

void check(bool condition, const char *text, const char *file, int line);

/* Ends the test as skipped, and says why. */
void skip_test(const char *why);

/* The folder `name` of the test data, in `room`; skips where there is none. */
const char *data_path(char room[4096], const char *name);

/* "..." as a text. */
struct text text_of(const char *text);

/* The value that `text` holds, borrowed from `history`. */
value value_of(struct history *history, const char *text);

/* Whether `self`, written, is `text`. */
bool is_written(struct history *history, value self, const char *text);

/* Adds all versions in the folder, in the order of their names. */
void add_folder(struct history *history, const char *path);

/* The tests. Each ends by returning, or not at all. */
void test_numbers(void);
void test_pointers(void);
void test_encoding(void);
void test_round_trip(void);
void test_mistakes(void);
void test_nesting(void);
void test_patches(void);
void test_patches_that_fail(void);
void test_patches_in_place(void);
void test_patch_limits(void);
void test_sharing(void);
void test_sweep(void);
void test_leaks(void);
void test_diff(void);
void test_no_memory_default(void);
void test_no_memory_files(void);
void test_no_memory_picture(void);
void test_patch_conformance(void);
void test_parsing_suite(void);
void test_corpora(void);
void test_countries(void);

#endif
