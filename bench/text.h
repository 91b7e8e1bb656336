/* What the workload `text` is written against: a text of 1 MiB, versions of which share
 * what they have in common. text_tree.h makes it of a subject's objects; a subject that
 * has texts of its own supplies it in text_<subject>.h. */
#ifndef BENCH_TEXT_H
#define BENCH_TEXT_H

enum { TEXT_LENGTH = 1 << 20 };

static inline char text_letter(bench_random *random) {
    return (char)('a' + bench_random_below(random, 26));
}

/* Of a text that begins with what has the sum `sum`. */
static inline uint64_t text_sum_add(uint64_t sum, const char *bytes, size_t length) {
    for (size_t i = 0; i < length; ++i) {
        sum = sum * 31 + (unsigned char)bytes[i];
    }
    return sum;
}

/* --- what is supplied -------------------------------------------------------------
 *
 * text_ref                                    a version of the text
 *
 * text_ref text_null(void);
 * text_ref text_build(bench_random *random);  letters, drawn one after the other
 * text_ref text_clone(const text_ref *self);
 * void text_drop(text_ref self);              it may be null
 * void text_edit(text_ref *self, size_t at, char letter);
 *                                             changes no other version
 * uint64_t text_sum(const text_ref *self, uint64_t sum);
 *                                             text_sum_add() for the whole text */

#endif
