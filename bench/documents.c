/* What the example `history` does: JSON documents are read and kept, copied, changed
 * and dropped. Each of three large documents alone; then 40 versions of one document,
 * of which a few aren't valid.
 *
 *   read      parse the text, and build the document
 *   walk      look at each value
 *   copy      a second document, to be changed while the first one stays as it is
 *   edit      replace a leaf of the copy; 100 of them, drawn by chance, one by one
 *   drop      of the document, when there is no copy any more
 *   loop      read and drop, over and over
 *   version   a copy and 10 edits, as one step of `history`
 *   bytes     that malloc has given out, for the document and for one more version; a
 *             version takes none where a pool had room for it. The subject `exact`, with
 *             a count by hand, says how many it asked for, and nothing else
 *
 * With another malloc than glibc's, which tells how many bytes it has given out, the rows
 * of bytes are missing.
 *
 * `size` is how often each is done. The data isn't part of the project: without
 * NANVM_TEST_DATA, the folder that holds it, the program ends with status 77. */
#define _POSIX_C_SOURCE 200809L
#include "bench.h"

#ifndef BENCH_DOCUMENTS_H /* the subject is a manager, or a malloc */
#include "documents_interned.h"
#endif

#include <malloc.h>
#include <stdio.h>

const size_t bench_default_size = 7;

enum { SKIPPED = 77, EDITS = 100, VERSIONS = 8, VERSION_EDITS = 10, FILES = 128 };

/* --- texts ----------------------------------------------------------------------- */

struct text {
    char *bytes;
    size_t length;
};

static void skip(const char *why) {
    (void)fprintf(stderr, "bench: skipped: %s\n", why);
    exit(SKIPPED);
}

static FILE *open_data(const char *folder, const char *name) {
    char path[4096];
    const char *root = getenv("NANVM_TEST_DATA");
    if (root == NULL) {
        skip("NANVM_TEST_DATA isn't set");
    }
    (void)snprintf(path, sizeof(path), "%s/%s/%s", root, folder, name);
    return fopen(path, "rb");
}

/* The bytes of a file, and a 0 behind them. */
static bool text_load(struct text *self, const char *folder, const char *name) {
    FILE *file = open_data(folder, name);
    if (file == NULL) {
        return false;
    }
    (void)fseek(file, 0, SEEK_END);
    self->length = (size_t)ftell(file);
    rewind(file);
    self->bytes = (char *)calloc(self->length + 1, 1);
    if (self->bytes == NULL ||
        fread(self->bytes, 1, self->length, file) != self->length) {
        bench_fail("can't read a document");
    }
    (void)fclose(file);
    return true;
}

/* --- what is in a document ------------------------------------------------------- */

/* All that must be the same for each subject. */
struct tally {
    uint64_t lists;
    uint64_t leaves;
    uint64_t names;
    uint64_t sum;
};

static void tally_open(void *context, bool is_object) {
    struct tally *self = (struct tally *)context;
    self->lists += is_object ? 1000003 : 1;
}

static void tally_close(void *context) {
    (void)context;
}

static void tally_name(void *context, const char *name, size_t length) {
    struct tally *self = (struct tally *)context;
    self->names += length + (unsigned char)name[length / 2];
}

static void tally_leaf(void *context, uint64_t number) {
    struct tally *self = (struct tally *)context;
    self->leaves += 1;
    self->sum = self->sum * 31 + number;
}

static struct tally tally_of(const document *self) {
    struct tally tally = {0, 0, 0, 0};
    struct documents_visitor visitor = {tally_open, tally_close, tally_name, tally_leaf,
                                        &tally};
    document_visit(self, &visitor);
    return tally;
}

static void check(const document *self) {
    struct tally tally = tally_of(self);
    bench_check(tally.lists);
    bench_check(tally.leaves);
    bench_check(tally.names);
    bench_check(tally.sum);
}

/* --- the ways to some leaves ------------------------------------------------------- */

struct finder {
    size_t leaf;    /* how many came before */
    size_t *wanted; /* in the order of the text, and one that never comes */
    struct documents_path here;
    struct documents_path *found;
};

static struct documents_step *finder_step(struct finder *self) {
    return &self->here.steps[self->here.length - 1];
}

/* Behind a value: the next one has the next index. */
static void finder_next(struct finder *self) {
    if (self->here.length > 0) {
        finder_step(self)->index += 1;
    }
}

static void finder_open(void *context, bool is_object) {
    struct finder *self = (struct finder *)context;
    if (++self->here.length > DOCUMENTS_DEPTH) {
        bench_fail("a document is too deep");
    }
    finder_step(self)->is_member = is_object;
    finder_step(self)->index = 0;
}

static void finder_close(void *context) {
    struct finder *self = (struct finder *)context;
    self->here.length -= 1;
    finder_next(self);
}

static void finder_name(void *context, const char *name, size_t length) {
    struct documents_step *step = finder_step((struct finder *)context);
    if (length >= DOCUMENTS_NAME) {
        bench_fail("a name is too long");
    }
    memcpy(step->name, name, length);
    step->name[length] = '\0';
    step->length = length;
}

static void finder_leaf(void *context, uint64_t number) {
    struct finder *self = (struct finder *)context;
    (void)number;
    if (self->leaf++ == *self->wanted) {
        *self->found++ = self->here;
        self->wanted += 1;
    }
    finder_next(self);
}

/* One leaf by chance in each hundredth of the text. */
static void draw_leaves(size_t leaves, size_t *wanted) {
    bench_random random = {1};
    size_t part = leaves / EDITS;
    for (size_t i = 0; i < EDITS; ++i) {
        wanted[i] = i * part + bench_random_below(&random, part);
    }
    wanted[EDITS] = SIZE_MAX;
}

static void find_leaves(const document *self, struct documents_path *paths) {
    static struct finder finder;
    size_t wanted[EDITS + 1];
    struct documents_visitor visitor = {finder_open, finder_close, finder_name,
                                        finder_leaf, &finder};
    draw_leaves((size_t)tally_of(self).leaves, wanted);
    memset(&finder, 0, sizeof(finder));
    finder.wanted = wanted;
    finder.found = paths;
    document_visit(self, &visitor);
}

/* --- the work -------------------------------------------------------------------- */

#if defined(BENCH_BYTES_ONLY)

static double bytes_held(void) {
    return (double)bench_bytes;
}

static bool reports_bytes(void) {
    return true;
}

static bool reports_times(void) {
    return false;
}

#else

/* The same measure for all: what malloc has given out. */
static double bytes_held(void) {
    struct mallinfo2 info = mallinfo2();
    return (double)info.uordblks + (double)info.hblkhd;
}

/* Whoever has read a text holds some bytes, unless another malloc than glibc's does. */
static bool reports_bytes(void) {
    return bytes_held() > 0;
}

static bool reports_times(void) {
    return true;
}

#endif

static document read_one(const struct text *text) {
    documents_reader reader;
    document self;
    documents_reader_open(&reader);
    if (!documents_read(&reader, text->bytes, text->length, &self)) {
        bench_fail("a document isn't JSON");
    }
    documents_reader_close(&reader);
    return self;
}

/* Neighbours in the text aren't neighbours here: 37 has no factor in common with 100. */
static void edit(document *self, const struct documents_path *paths, size_t length,
                 size_t seed) {
    for (size_t i = 0; i < length; ++i) {
        document_set(self, &paths[(seed + i) * 37 % EDITS], (int)(seed + i));
    }
}

struct times {
    bench_series read;
    bench_series walk;
    bench_series copy;
    bench_series edit;
    bench_series drop;
    bench_series loop;
    bench_series version;
    bench_series version_bytes;
};

static void read_and_edit(const struct text *text, const struct documents_path *paths,
                          struct times *times) {
    double start = bench_now();
    document self = read_one(text);
    double copying = bench_now();
    document copy = document_copy(&self);
    double editing = bench_now();
    edit(&copy, paths, EDITS, 0);
    double end = bench_now();
    check(&copy);
    document_drop(copy);
    double walking = bench_now();
    check(&self);
    double dropping = bench_now();
    document_drop(self);
    bench_series_add(&times->drop, bench_now() - dropping);
    bench_series_add(&times->walk, dropping - walking);
    bench_series_add(&times->read, copying - start);
    bench_series_add(&times->copy, editing - copying);
    bench_series_add(&times->edit, (end - editing) / EDITS);
}

static void read_and_drop(const struct text *text, struct times *times) {
    double start = bench_now();
    document_drop(read_one(text));
    bench_series_add(&times->loop, bench_now() - start);
}

/* Each version is kept, and made from the one before. */
static void make_versions(const struct text *text, const struct documents_path *paths,
                          struct times *times) {
    document versions[VERSIONS + 1];
    versions[0] = read_one(text);
    double bytes = bytes_held();
    double start = bench_now();
    for (size_t i = 0; i < VERSIONS; ++i) {
        versions[i + 1] = document_copy(&versions[i]);
        edit(&versions[i + 1], paths, VERSION_EDITS, VERSION_EDITS * i);
    }
    bench_series_add(&times->version, (bench_now() - start) / VERSIONS);
    bench_series_add(&times->version_bytes, (bytes_held() - bytes) / VERSIONS);
    for (size_t i = 0; i <= VERSIONS; ++i) {
        check(&versions[i]);
        document_drop(versions[i]);
    }
}

/* --- what comes of it ------------------------------------------------------------ */

static void report(const char *name, const char *what, const char *unit, double figure) {
    char row[64];
    (void)snprintf(row, sizeof(row), "documents %s %s", name, what);
    bench_report(row, unit, figure);
}

static void report_time(const char *name, const char *what, const bench_series *series) {
    if (reports_times()) {
        report(name, what, "us", bench_series_median(series) / 1000);
    }
}

static void report_bytes(const char *name, const char *what, double bytes) {
    if (reports_bytes()) {
        report(name, what, "bytes", bytes);
    }
}

static void report_all(const char *name, const struct times *times) {
    report_time(name, "read", &times->read);
    report_time(name, "walk", &times->walk);
    report_time(name, "copy", &times->copy);
    report_time(name, "edit", &times->edit);
    report_time(name, "drop", &times->drop);
    report_time(name, "loop", &times->loop);
    report_time(name, "version", &times->version);
    report_bytes(name, "version bytes", bench_series_median(&times->version_bytes));
}

/* The first reading warms up, and says how large the document is. */
static void measure_first(const char *name, const struct text *text,
                          struct documents_path *paths) {
    double bytes = bytes_held();
    document self = read_one(text);
    report_bytes(name, "bytes", bytes_held() - bytes);
    check(&self);
    find_leaves(&self, paths);
    document_drop(self);
}

static void measure(const char *name, const char *file, size_t repeats) {
    static struct documents_path paths[EDITS];
    static struct times times;
    struct text text;
    memset(&times, 0, sizeof(times));
    if (!text_load(&text, "corpora", file)) {
        skip("NANVM_TEST_DATA has no corpora");
    }
    bench_open();
    measure_first(name, &text, paths);
    for (size_t i = 0; i < repeats; ++i) {
        read_and_edit(&text, paths, &times);
    }
    for (size_t i = 0; i < repeats; ++i) {
        read_and_drop(&text, &times);
    }
    for (size_t i = 0; i < 3; ++i) {
        make_versions(&text, paths, &times);
    }
    bench_close();
    report_all(name, &times);
    free(text.bytes);
}

/* --- all versions of a document ---------------------------------------------------- */

static size_t load_all(struct text *texts) {
    size_t length = 0;
    for (int i = 0; i < 1000; ++i) {
        char name[16];
        (void)snprintf(name, sizeof(name), "%03d.json", i);
        if (length < FILES && text_load(&texts[length], "versions/countries", name)) {
            length += 1;
        }
    }
    return length;
}

/* Those that are valid; returns how many. */
static size_t read_all(documents_reader *reader, const struct text *texts, size_t length,
                       document *kept) {
    size_t valid = 0;
    for (size_t i = 0; i < length; ++i) {
        if (documents_read(reader, texts[i].bytes, texts[i].length, &kept[valid])) {
            valid += 1;
        }
    }
    return valid;
}

struct all_times {
    bench_series read;
    bench_series drop;
    bench_series bytes;
};

/* The reader is there as long as its documents are, as in `history`: its bytes count,
 * and closing it is a part of the drop. */
static void keep_all(const struct text *texts, size_t length, struct all_times *times) {
    document kept[FILES];
    documents_reader reader;
    bench_open();
    double bytes = bytes_held();
    double start = bench_now();
    documents_reader_open(&reader);
    size_t valid = read_all(&reader, texts, length, kept);
    bench_series_add(&times->read, bench_now() - start);
    bench_series_add(&times->bytes, bytes_held() - bytes);
    bench_check(valid);
    for (size_t i = 0; i < valid; ++i) {
        check(&kept[i]);
    }
    start = bench_now();
    for (size_t i = 0; i < valid; ++i) {
        document_drop(kept[i]);
    }
    documents_reader_close(&reader);
    bench_series_add(&times->drop, bench_now() - start);
    bench_close();
}

static void measure_all(const char *name, size_t repeats) {
    static struct text texts[FILES];
    static struct all_times times;
    size_t length = load_all(texts);
    if (length == 0) {
        skip("NANVM_TEST_DATA has no versions/countries");
    }
    for (size_t i = 0; i <= repeats; ++i) {
        keep_all(texts, length, &times);
    }
    report_time(name, "read", &times.read);
    report_time(name, "drop", &times.drop);
    if (reports_times()) { /* `exact` doesn't know of the reader's tables */
        report_bytes(name, "bytes", bench_series_median(&times.bytes));
    }
    for (size_t i = 0; i < length; ++i) {
        free(texts[i].bytes);
    }
}

void bench_workload(size_t size) {
    size_t repeats = size < 60 ? size : 60;
    measure("canada", "canada.json", repeats);
    measure("citm", "citm_catalog.json", repeats);
    measure("twitter", "twitter.json", repeats);
    measure_all("countries", repeats);
}
