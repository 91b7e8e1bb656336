/* A text of 1 MiB, as an editor keeps it that can undo: each edit replaces one character
 * at a place that is drawn, and keeps the version before. The last 1,000 versions are
 * kept.
 *
 * `size` is how many edits are timed together. */
#include "bench.h"

#ifndef BENCH_TEXT_H /* the subject has objects, but no texts */
#include "text_tree.h"
#endif

const size_t bench_default_size = 50000;

enum { KEPT = 1000, REPEATS = 5 };

static void make_edits(text_ref *text, text_ref *kept, size_t size,
                       bench_random *random) {
    for (size_t i = 0; i < size; ++i) {
        text_ref *place = &kept[i % KEPT];
        text_drop(BENCH_MOVE(*place));
        *place = text_clone(text);
        size_t at = bench_random_below(random, TEXT_LENGTH);
        text_edit(text, at, text_letter(random));
    }
}

/* Of the newest version and of the oldest that is kept. */
static void check(const text_ref *text, const text_ref *kept, size_t size) {
    bench_check(text_sum(text, 0));
    bench_check(text_sum(&kept[size < KEPT ? 0 : size % KEPT], 0));
}

/* The time of an edit, the drop of an old version included. */
static double edit_time(size_t size) {
    static text_ref kept[KEPT];
    bench_random random = {1};
    text_ref text = text_build(&random);
    for (size_t i = 0; i < KEPT; ++i) {
        kept[i] = text_null();
    }
    double begin = bench_now();
    make_edits(&text, kept, size, &random);
    double end = bench_now();
    check(&text, kept, size);
    for (size_t i = 0; i < KEPT; ++i) {
        text_drop(BENCH_MOVE(kept[i]));
    }
    text_drop(BENCH_MOVE(text));
    return (end - begin) / (double)size;
}

void bench_workload(size_t size) {
    bench_series series = {{0}, 0};
    bench_open();
    (void)edit_time(size);
    for (int i = 0; i < REPEATS; ++i) {
        bench_series_add(&series, edit_time(size));
    }
    bench_report("text", "ns/edit", bench_series_median(&series));
    bench_close();
}
