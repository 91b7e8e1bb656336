/* What a server does for a request: memory is taken for many things, and none of it is
 * needed afterwards.
 *
 *   request yajl    parse 4 KB of JSON with yajl into a tree, and read the tree
 *   request expat   the same with 3 KB of XML, and expat
 *   request lua     make a state of Lua 5.4 with its libraries, and run a few lines
 *
 * A subject that can (BENCH_RESET) then throws everything away at once, and leaves tree,
 * parser and state as they are. The others free the tree piece by piece, and end parser
 * and state by their own functions.
 *
 * `size` is how many requests are timed together. */
#include "request_expat.h"
#include "request_lua.h"
#include "request_yajl.h"

const size_t bench_default_size = 1000;

/* Serves a request; returns a sum of what it read. */
typedef uint64_t request(const struct request_text *text);

enum { REPEATS = 9 };

/* Microseconds of a request. */
static double time_of(request *serve, const struct request_text *text, size_t size) {
    uint64_t sum = 0;
    double begin = bench_now();
    for (size_t i = 0; i < size; ++i) {
        sum += serve(text);
#if defined(BENCH_RESET)
        bench_reset();
#endif
    }
    double end = bench_now();
    bench_check(sum);
    return (end - begin) / 1e3 / (double)size;
}

static void report(const char *row, request *serve, void (*write)(struct request_text *),
                   size_t size) {
    static struct request_text text;
    bench_series times = {{0}, 0};
    text.length = 0;
    write(&text);
    (void)time_of(serve, &text, size);
    for (int i = 0; i < REPEATS; ++i) {
        bench_series_add(&times, time_of(serve, &text, size));
    }
    bench_report(row, "us/request", bench_series_median(&times));
}

void bench_workload(size_t size) {
    bench_open();
    report("request yajl", request_yajl, request_write_json, size);
    report("request expat", request_expat, request_write_xml, size);
    report("request lua", request_lua, request_write_lua, size);
    bench_close();
}
