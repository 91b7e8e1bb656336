/* Raw memory: a manager's, beside malloc and free lists written by hand.
 *
 *   raw pairs   allocate and free one piece, of 16, 64 and 256 bytes in turn
 *   raw mixed   each step draws one of 4,096 places: an empty place gets a piece of 16 to
 *               2,000 bytes; one piece in four is freed, and the others are resized
 *   raw lua trees, raw lua strings, raw lua tables
 *               what a script takes in Lua 5.4, from the new state to its end
 *   raw lua peak
 *               by how much a process grows that runs the three scripts
 *
 * The peak is the most that was resident, by the system's account, minus what was
 * resident after a first state of Lua had come and gone. It includes what an allocator
 * keeps for itself or for later, which its own figures would leave out.
 *
 * `size` is the number of thousands of pairs and of steps, and what the scripts are given
 * as the measure of their work. */
#include "process.h" /* first, for _GNU_SOURCE */

#include "lua_state.h"

#include <sys/resource.h>

const size_t bench_default_size = 1000;

enum { REPEATS = 5 };

static void *checked(void *memory) {
    if (memory == NULL) {
        bench_fail("out of memory");
    }
    return memory;
}

/* --- pairs ----------------------------------------------------------------------- */

/* Time of a pair. The compiler doesn't know the sizes. */
static double pairs(size_t length) {
    enum { SIZES = 3 };
    size_t sizes[SIZES] = {16, 64, 256};
    size_t next = 0;
    double begin = bench_now();
    for (size_t i = 0; i < length; ++i) {
        bench_keep(sizes);
        size_t size = sizes[next];
        void *memory = checked(raw_alloc(size));
        bench_keep(memory);
        raw_free(memory, size);
        next = next + 1 == SIZES ? 0 : next + 1;
    }
    double end = bench_now();
    bench_check(next);
    return (end - begin) / (double)length;
}

/* --- a mix ----------------------------------------------------------------------- */

enum { PLACES = 4096, LEAST = 16, MOST = 2000, STEPS_PER_FREE = 4 };

typedef struct place {
    uint64_t *memory; /* its first word is the step that allocated it */
    size_t size;
} place;

typedef struct mix {
    place places[PLACES];
    bench_random random;
    uint64_t sum;
} mix;

static size_t size_of(uint64_t random) {
    return LEAST + (size_t)((random & 0xFFFFFFFF) * (MOST - LEAST + 1) >> 32);
}

static void place_fill(place *self, size_t size, uint64_t word) {
    self->memory = (uint64_t *)checked(raw_alloc(size));
    self->size = size;
    *self->memory = word;
}

static void place_resize(place *self, size_t size) {
    self->memory = (uint64_t *)checked(raw_resize(self->memory, self->size, size));
    self->size = size;
}

/* Returns its word, 0 where nothing lies there. */
static uint64_t place_clear(place *self) {
    uint64_t word = 0;
    if (self->memory != NULL) {
        word = *self->memory;
        raw_free(self->memory, self->size);
        self->memory = NULL;
    }
    return word;
}

static void mix_step(mix *self, uint64_t word) {
    uint64_t random = bench_random_next(&self->random);
    place *drawn = &self->places[(random >> 32) % PLACES];
    if (drawn->memory == NULL) {
        place_fill(drawn, size_of(random), word);
    } else if ((random >> 44) % STEPS_PER_FREE == 0) {
        self->sum += place_clear(drawn);
    } else {
        place_resize(drawn, size_of(random));
    }
}

/* Time of a step. */
static double mix_steps(mix *self, size_t length) {
    double begin = bench_now();
    for (size_t i = 0; i < length; ++i) {
        mix_step(self, i);
    }
    double end = bench_now();
    bench_check(self->sum);
    return (end - begin) / (double)length;
}

static void mix_end(mix *self) {
    for (size_t i = 0; i < PLACES; ++i) {
        self->sum += place_clear(&self->places[i]);
    }
    bench_check(self->sum);
}

/* --- Lua ------------------------------------------------------------------------- */

/* Trees of 127 to 2,047 nodes come and go while a larger tree lives. */
static const char trees[] =
    "local size = ...\n"
    "local function build(depth)\n"
    "    if depth == 0 then\n"
    "        return {value = 1}\n"
    "    end\n"
    "    return {left = build(depth - 1), right = build(depth - 1), value = depth}\n"
    "end\n"
    "local function sum(node)\n"
    "    if not node.left then\n"
    "        return node.value\n"
    "    end\n"
    "    return node.value + sum(node.left) + sum(node.right)\n"
    "end\n"
    "local kept = build(14)\n"
    "local total = 0\n"
    "for i = 1, size // 8 + 1 do\n"
    "    total = total + sum(build(6 + i % 5))\n"
    "end\n"
    "return total + sum(kept)\n";

/* Words grow by syllables, lines are formatted, and pages of 100 lines are kept. */
static const char strings[] =
    "local size = ...\n"
    "local pages, lines, length = {}, {}, 0\n"
    "for i = 1, size * 20 do\n"
    "    local word = i\n"
    "    for j = 1, i % 12 do\n"
    "        word = word .. 'lo' .. j\n"
    "    end\n"
    "    lines[#lines + 1] = string.format('%d: %s', i, word)\n"
    "    if #lines == 100 then\n"
    "        pages[#pages + 1] = table.concat(lines, '\\n')\n"
    "        lines = {}\n"
    "    end\n"
    "end\n"
    "for _, page in ipairs(pages) do\n"
    "    length = length + #page + #page:upper() + #page:sub(10, -10)\n"
    "end\n"
    "return length + #lines\n";

/* Arrays, and maps with numbers and strings for keys, grow and are emptied. */
static const char tables[] =
    "local size = ...\n"
    "local total = 0\n"
    "local function array(length)\n"
    "    local self = {}\n"
    "    for i = 1, length do\n"
    "        self[i] = {i}\n"
    "    end\n"
    "    for i = length, length // 2, -1 do\n"
    "        total = total + self[i][1]\n"
    "        self[i] = nil\n"
    "    end\n"
    "    return self\n"
    "end\n"
    "local function map(length)\n"
    "    local self = {}\n"
    "    for i = 1, length do\n"
    "        self[i * 7919] = {number = i}\n"
    "        self['key' .. i] = i\n"
    "    end\n"
    "    for i = 1, length do\n"
    "        total = total + self[i * 7919].number + self['key' .. i]\n"
    "        self[i * 7919] = nil\n"
    "    end\n"
    "    return self\n"
    "end\n"
    "local kept = {}\n"
    "for i = 1, size // 4 + 1 do\n"
    "    kept[i % 32 + 1] = {array(2 + i * 37 % 300), map(1 + i * 53 % 300)}\n"
    "end\n"
    "return total\n";

static uint64_t run(const char *script, size_t size) {
    lua_State *state = lua_state_open();
    uint64_t result = lua_state_run(state, script, size);
    lua_close(state);
    return result;
}

/* Milliseconds. */
static double time_of(const char *script, size_t size) {
    double begin = bench_now();
    uint64_t result = run(script, size);
    double end = bench_now();
    bench_check(result);
    return (end - begin) / 1e6;
}

static void report_lua(const char *row, const char *script, size_t size) {
    bench_series times = {{0}, 0};
    (void)time_of(script, size);
    for (int i = 0; i < REPEATS; ++i) {
        bench_series_add(&times, time_of(script, size));
    }
    bench_report(row, "ms", bench_series_median(&times));
}

/* Bytes. Linux counts a child's peak anew. */
static finding peak(size_t size) {
    finding result = {0, 0, 0};
    struct rusage usage;
    lua_close(lua_state_open());
    double before = process_resident();
    result.check = run(trees, size) + run(strings, size) + run(tables, size);
    (void)getrusage(RUSAGE_SELF, &usage);
    result.value = (double)usage.ru_maxrss * 1024 - before;
    return result;
}

/* --- all of it ------------------------------------------------------------------- */

static void report_pairs(size_t length) {
    bench_series times = {{0}, 0};
    (void)pairs(length);
    for (int i = 0; i < REPEATS; ++i) {
        bench_series_add(&times, pairs(length));
    }
    bench_report("raw pairs", "ns/pair", bench_series_median(&times));
}

static void report_mix(size_t length) {
    static mix all;
    bench_series times = {{0}, 0};
    (void)mix_steps(&all, length);
    for (int i = 0; i < REPEATS; ++i) {
        bench_series_add(&times, mix_steps(&all, length));
    }
    mix_end(&all);
    bench_report("raw mixed", "ns/step", bench_series_median(&times));
}

void bench_workload(size_t size) {
    enum { THOUSAND = 1000 };
    bench_report("raw lua peak", "bytes", process_find(peak, size).value);
    bench_open();
    report_pairs(size * THOUSAND);
    report_mix(size * THOUSAND);
    report_lua("raw lua trees", trees, size);
    report_lua("raw lua strings", strings, size);
    report_lua("raw lua tables", tables, size);
    bench_close();
}
