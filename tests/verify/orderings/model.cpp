/* The library's atomic operations, carried out by Relacy: each scenario is run once for
 * every order in which the threads may come, and for every value that a load may see.
 *
 *   model list
 *       the scenarios: name, threads, purpose
 *   model run NAME [OPTION...]
 *       tries all there is. Options:
 *       whole       tries executions, too, that are another order of the same
 *       graphs      counts those that differ in who saw what
 *       switches N  a thread that could go on waits for another at most N times
 *       back N      a load sees the newest value, or one of N before it
 *       weaken CALLER OPERATION KIND HOW
 *                   one operation is another than the library's: HOW is an ordering, or
 *                   `plain` for none that is atomic, `split` for a read-modify-write in
 *                   two steps, `omitted` for no store at all, `failed_relaxed` for a
 * compare and exchange that is relaxed where it fails */

#include "operations.h"
#include "reduction.hpp"
#include "sites.hpp"
#include "words.hpp"

namespace {

const scenario *the_scenario;

/* --- what a thread has of its own ------------------------------------------ */

extern "C" char __start_thread_locals[];
extern "C" char __stop_thread_locals[];

enum { THREAD_LOCALS = 256 };

size_t thread_locals_size() {
    return (size_t)(__stop_thread_locals - __start_thread_locals);
}

struct thread_locals {
    char bytes[THREAD_LOCALS] = {};

    void leave() {
        memcpy(bytes, __start_thread_locals, thread_locals_size());
    }
    void enter() const {
        memcpy(__start_thread_locals, bytes, thread_locals_size());
    }
};

/* --- an execution ---------------------------------------------------------- */

class model {
  public:
    virtual uint64_t load(const void *address, uint64_t fresh, site &where) = 0;
    virtual void store(void *address, uint64_t fresh, uint64_t value, site &where) = 0;
    virtual uint64_t exchange(void *address, uint64_t fresh, uint64_t value,
                              site &where) = 0;
    virtual uint64_t add(void *address, uint64_t fresh, uint64_t value, site &where) = 0;
    virtual bool compare_exchange(void *address, uint64_t fresh, uint64_t &expected,
                                  uint64_t value, bool weak, int failed, site &where) = 0;
    virtual void store_plain(void *address, uint64_t fresh, uint64_t value,
                             const char *caller) = 0;
    virtual void share(const void *address, uint64_t fresh) = 0;
    virtual void settle(const void *address) = 0;
    virtual void *take(size_t size) = 0;
    virtual void part(const void *address, size_t size) = 0;
    virtual void give_back(void *address) = 0;
    virtual block &alive(const void *address) = 0;
    virtual size_t count_alive() = 0;

  protected:
    ~model() = default;
};

model *current;

template <int threads>
class execution : public rl::test_suite<execution<threads>, threads>, public model {
  public:
    execution() {
        current = this;
        begin_progress({});
        locals_[0].enter();
    }

    void before() {
        is_before_ = true;
        the_scenario->before();
        is_before_ = false;
        begin_progress(progress[rl::thread_index()].done);
    }

    void thread(unsigned index) {
        locals_[index].enter();
        the_scenario->thread[index](index);
        locals_[index].leave();
    }

    void after() {
        is_after_ = true;
        if (graphs != nullptr && !everything_sleeps) {
            add_graph(graph());
        }
        the_scenario->after();
    }

    uint64_t load(const void *address, uint64_t fresh, site &where) override {
        rl::debug_info info(where.operation, where.caller);
        word_t &word = known(address, fresh, info);
        return in_turn(word, READS, 0, [&](uint64_t) {
            return where.weakened == PLAIN ? word.load_plain(info)
                                           : word.load(order_of(where.weaker), info);
        });
    }

    void store(void *address, uint64_t fresh, uint64_t value, site &where) override {
        rl::debug_info info(where.operation, where.caller);
        word_t &word = known(address, fresh, info);
        if (where.weakened != OMITTED) {
            in_turn(word, WRITES, 0, [&](uint64_t writer) {
                return where.weakened == PLAIN
                           ? word.store_plain({value, writer}, info)
                           : word.store({value, writer}, order_of(where.weaker), info);
            });
        }
    }

    uint64_t exchange(void *address, uint64_t fresh, uint64_t value,
                      site &where) override {
        auto change = [=](uint64_t) { return value; };
        return update(
            address, fresh, where, change,
            [=](word_t &word, uint64_t writer, rl::debug_info info) {
                return word.exchange({value, writer}, order_of(where.weaker), info);
            });
    }

    uint64_t add(void *address, uint64_t fresh, uint64_t value, site &where) override {
        auto change = [=](uint64_t old) { return old + value; };
        return update(address, fresh, where, change,
                      [=](word_t &word, uint64_t writer, rl::debug_info info) {
                          return word.add({value, writer}, order_of(where.weaker), info);
                      });
    }

    bool compare_exchange(void *address, uint64_t fresh, uint64_t &expected,
                          uint64_t value, bool weak, int failed, site &where) override {
        rl::debug_info info(where.operation, where.caller);
        word_t &word = known(address, fresh, info);
        if (where.weakened == SPLIT) {
            return compare_and_store(word, expected, value, where.order, info);
        }
        bool is_done = false;
        uint64_t seen = in_turn(word, WRITES_IF_EQUAL, expected, [&](uint64_t writer) {
            return word.compare_exchange({expected, 0}, {value, writer}, weak, is_done,
                                         order_of(where.weaker), rl::mo_relaxed, info);
        });
        /* Relacy knows no acquire on failure with a release on success. */
        if (!is_done && failed == __ATOMIC_ACQUIRE && where.weakened != FAILED_RELAXED) {
            rl::atomic_thread_fence(rl::mo_acquire, info);
        }
        expected = seen;
        return is_done;
    }

    void store_plain(void *address, uint64_t fresh, uint64_t value,
                     const char *caller) override {
        rl::debug_info info("an ordinary store", caller);
        word_t &word = known(address, fresh, info);
        rl::preemption_disabler together(rl::ctx()); /* what is seen of it is a race */
        uint64_t writer = next_writer();
        word.store_plain({value, writer}, info);
        did(word, true, writer);
    }

    void share(const void *address, uint64_t fresh) override {
        word_t *word = find(address);
        if (word == nullptr) {
            rl::preemption_disabler at_once(rl::ctx());
            words_.add(address, fresh, SHARED);
        } else {
            word->shared = SHARED;
        }
    }

    void settle(const void *address) override {
        find(address)->shared = SETTLED;
    }

    void *take(size_t size) override {
        unsigned me = who();
        char *begin = memory[me] + used_[me];
        used_[me] += (size + 15) / 16 * 16;
        if (used_[me] > MEMORY) {
            fail(rl::test_result_inconsistent_test_suite, "too much memory", $);
        }
        blocks_.add(begin, begin + size, rl::thread_index(), false);
        return begin;
    }

    void part(const void *address, size_t size) override {
        char *begin = (char *)address;
        blocks_.add(begin, begin + size, alive(address).owner, true);
    }

    /* To end a block is the last access to its content, and to the words in it. */
    void give_back(void *address) override {
        block &it = alive(address);
        for (word_t &each : words_) {
            if (it.has(each.address)) {
                each.touch($);
            }
        }
        for (block &each : blocks_) {
            if (it.has(each.begin)) { /* itself, and its parts */
                each.content($).store(0);
                each.alive = false;
            }
        }
    }

    block &alive(const void *address) override {
        block *it = find_block(address);
        if (it == nullptr || !it->alive) {
            fail(rl::test_result_access_to_freed_memory, "use of what was freed", $);
        }
        return *it;
    }

    size_t count_alive() override {
        size_t count = 0;
        for (block &each : blocks_) {
            count += each.alive && !each.is_part;
        }
        return count;
    }

  private:
    typedef word<threads> word_t;

    enum { WORDS = 24, BLOCKS = 24 };

    parts<word_t, WORDS> words_;
    parts<block, BLOCKS> blocks_;
    size_t used_[threads + 1] = {};
    bool is_before_ = false;
    bool is_after_ = false;
    bool has_begun_[threads] = {};
    uint64_t operations_[threads + 1] = {};
    uint64_t seen_[threads + 1] = {}; /* what each thread saw, in its order */
    thread_locals locals_[threads];

    /* A thread, or the one that comes before them all, whichever does that. */
    unsigned who() const {
        return is_before_ || is_after_ ? threads : rl::thread_index();
    }

    word_t *find(const void *address) {
        for (word_t &each : words_) {
            if (each.address == address) {
                return &each;
            }
        }
        return nullptr;
    }

    /* Parts come behind their block. */
    block *find_block(const void *address) {
        block *found = nullptr;
        for (block &each : blocks_) {
            if (each.has(address)) {
                found = &each;
            }
        }
        return found;
    }

    /* Which operation saw what was written by which, and in what order words were. */
    uint64_t graph() {
        uint64_t sum = 0;
        for (word_t &each : words_) {
            sum += mixed((uintptr_t)each.address, each.writers);
        }
        for (uint64_t each : seen_) {
            sum = mixed(sum, each);
        }
        return sum;
    }

    /* A word becomes known where it is shared, or where its block was made. */
    word_t &known(const void *address, uint64_t fresh, rl::debug_info_param info) {
        block *it = find_block(address);
        if (it != nullptr && !it->alive) {
            fail(rl::test_result_access_to_freed_memory, "count of what was freed", info);
        }
        word_t *word = find(address);
        bool is_own = it != nullptr && it->owner == rl::thread_index();
        if (word != nullptr) {
            if (word->shared == OWN && !is_own && !is_after_) {
                fail(rl::test_result_inconsistent_test_suite, "not shared", info);
            }
            return *word;
        }
        if (!is_before_ && !is_own && !(is_after_ && it != nullptr)) {
            unknown(info);
        }
        rl::preemption_disabler at_once(rl::ctx()); /* its first value is nobody's turn */
        return words_.add(address, fresh, it == nullptr ? SHARED : OWN);
    }

    [[noreturn]] void unknown(rl::debug_info_param info) {
        if (same(info.func_, "nanvm_fatal")) {
            fail(rl::test_result_user_assert_failed, "the library stopped the program",
                 info);
        }
        fail(rl::test_result_inconsistent_test_suite, "a word that isn't known", info);
    }

    /* What goes before a thread's first operation needs no turn of its own, nor does what
     * nobody else can see. */
    bool needs_turn(word_t &word) {
        bool is_alone = is_before_ || is_after_;
        bool &has_begun = has_begun_[rl::thread_index()];
        bool goes_on = !has_begun && !reduces; /* in a reduced search nobody is asked */
        has_begun = has_begun || !is_alone;
        return word.shared == SHARED && !goes_on && !is_alone;
    }

    /* Carries out an operation, and returns what it saw. */
    template <typename body>
    uint64_t in_turn(word_t &word, effect what, uint64_t expected, body operation) {
        next_operation it = {&word.newest.value, what, expected};
        uint64_t writer = next_writer();
        progress[rl::thread_index()].loaded = &word.order;
        version seen = needs_turn(word) ? carry_out(operation, writer, it)
                                        : carry_out_at_once(operation, writer);
        saw(word, seen, it.writes(), writer);
        return seen.value;
    }

    template <typename body>
    version carry_out(body operation, uint64_t writer, next_operation it) {
        next_operations[rl::thread_index()] = it;
        return carry_out(operation, writer);
    }

    template <typename body> version carry_out_at_once(body operation, uint64_t writer) {
        rl::preemption_disabler at_once(rl::ctx());
        return carry_out(operation, writer);
    }

    template <typename body> version carry_out(body operation, uint64_t writer) {
        thread_locals &mine = locals_[rl::thread_index()];
        mine.leave();
        version seen = operation(writer);
        mine.enter();
        return seen;
    }

    /* The name of a thread's next operation. */
    uint64_t next_writer() {
        unsigned me = who();
        return (++operations_[me] << 8) + me + 1;
    }

    void saw(word_t &word, version seen, bool writes, uint64_t writer) {
        unsigned me = who();
        seen_[me] = mixed(mixed(seen_[me], (uintptr_t)word.address), seen.writer);
        did(word, writes, writer);
    }

    void did(word_t &word, bool writes, uint64_t writer) {
        unsigned me = rl::thread_index();
        word.order.touch(progress[me].done, me, writes);
        word.look(writer);
    }

    template <typename change, typename body>
    uint64_t update(void *address, uint64_t fresh, site &where, change changed,
                    body operation) {
        rl::debug_info info(where.operation, where.caller);
        word_t &word = known(address, fresh, info);
        if (where.weakened != SPLIT) {
            return in_turn(word, WRITES, 0, [&](uint64_t writer) {
                return operation(word, writer, info);
            });
        }
        uint64_t old = in_turn(word, READS, 0, [&](uint64_t) {
            return word.load(load_half(where.order), info);
        });
        in_turn(word, WRITES, 0, [&](uint64_t writer) {
            return word.store({changed(old), writer}, store_half(where.order), info);
        });
        return old;
    }

    bool compare_and_store(word_t &word, uint64_t &expected, uint64_t value, int order,
                           rl::debug_info_param info) {
        uint64_t old = in_turn(
            word, READS, 0, [&](uint64_t) { return word.load(load_half(order), info); });
        if (old != expected) {
            expected = old;
            return false;
        }
        in_turn(word, WRITES, 0, [&](uint64_t writer) {
            return word.store({value, writer}, store_half(order), info);
        });
        return true;
    }
};

/* --- the command line ------------------------------------------------------------------
 */

template <typename test, typename scheduler> bool explore(rl::test_params &params) {
    rl::ostringstream state;
    rl::test_result_e result = rl::run_test<test, scheduler>(params, state, false);
    printf("executions %llu\n", (unsigned long long)params.stop_iteration - repeated);
    printf("repeated %llu\n", repeated);
    printf("graphs %zu\n", graphs_count);
    printf("result %s\n", rl::test_result_str(result));
    if (result == rl::test_result_success) {
        return true;
    }
    fflush(stdout);
    params.initial_state = state.str(); /* the same once more, to tell of it */
    params.collect_history = true;
    rl::run_test<test, scheduler>(params, state, true);
    return false;
}

template <int threads> bool explore_with(rl::test_params &params) {
    typedef execution<threads> test;
    if (params.search_type == rl::sched_bound) {
        return explore<test, rl::context_bound_scheduler<threads>>(params);
    }
    return reduces ? explore<test, sleep_scheduler<threads>>(params)
                   : explore<test, rl::full_search_scheduler<threads>>(params);
}

long switches = -1; /* no bound */

bool run() {
    static std::ostream nowhere(nullptr);
    rl::test_params params;
    params.progress_stream = &nowhere;
    params.search_type = switches < 0 ? rl::sched_full : rl::sched_bound;
    params.context_bound = (unsigned)switches;
    switch (the_scenario->threads) {
    case 2:
        return explore_with<2>(params);
    case 3:
        return explore_with<3>(params);
    default:
        return explore_with<4>(params);
    }
}

void print_sites() {
    for (const site &each : sites) {
        if (each.operation != nullptr) {
            printf("site %s %s %s %s %llu\n", each.caller, each.operation, each.kind,
                   order_names[each.order], (unsigned long long)each.hits);
        }
    }
}

int print_scenarios() {
    for (size_t i = 0; i < scenarios_length; ++i) {
        printf("%s %d %s\n", scenarios[i].name, scenarios[i].threads,
               scenarios[i].purpose);
    }
    return 0;
}

bool find_scenario(const char *name) {
    for (size_t i = 0; i < scenarios_length; ++i) {
        if (same(scenarios[i].name, name)) {
            the_scenario = &scenarios[i];
        }
    }
    return the_scenario != nullptr;
}

bool set_mutation(char **words) {
    mutation.caller = words[0];
    mutation.operation = words[1];
    mutation.kind = words[2];
    mutation.weakened = same(words[3], "plain")            ? PLAIN
                        : same(words[3], "split")          ? SPLIT
                        : same(words[3], "omitted")        ? OMITTED
                        : same(words[3], "failed_relaxed") ? FAILED_RELAXED
                                                           : AS_SHIPPED;
    for (int i = 0; i <= __ATOMIC_SEQ_CST; ++i) {
        if (same(order_names[i], words[3])) {
            mutation.weakened = WITH_ORDER;
            mutation.order = i;
        }
    }
    return mutation.weakened != AS_SHIPPED;
}

bool set_whole(char **) {
    reduces = false;
    return true;
}

bool set_graphs(char **) {
    graphs = (uint64_t *)calloc(GRAPHS_MOST, sizeof(*graphs));
    return graphs != nullptr;
}

bool set_switches(char **words) {
    switches = strtol(words[0], nullptr, 10);
    return set_whole(words);
}

bool set_back(char **words) {
    most_back = strtoul(words[0], nullptr, 10);
    return true;
}

const struct option {
    const char *name;
    int words; /* that come behind it */
    bool (*set)(char **words);
} options[] = {
    {"whole", 0, set_whole}, {"graphs", 0, set_graphs},   {"switches", 1, set_switches},
    {"back", 1, set_back},   {"weaken", 4, set_mutation},
};

/* Takes the option that begins at `words`; the words behind it, or null if it is none. */
char **take_option(char **words, char **end) {
    for (const option &each : options) {
        if (same(each.name, words[0]) && end - words > each.words &&
            each.set(words + 1)) {
            return words + 1 + each.words;
        }
    }
    return nullptr;
}

int usage() {
    fprintf(stderr, "usage: model list\n"
                    "       model run NAME [whole] [graphs] [switches N] [back N]\n"
                    "             [weaken CALLER OPERATION KIND HOW]\n");
    return 64;
}

} // namespace

uint64_t model_load(const void *word, uint64_t fresh, int order, const char *operation) {
    return current->load(word, fresh, site_of("load", operation, order));
}

void model_store(void *word, uint64_t fresh, uint64_t value, int order,
                 const char *operation) {
    current->store(word, fresh, value, site_of("store", operation, order));
}

uint64_t model_exchange(void *word, uint64_t fresh, uint64_t value, int order,
                        const char *operation) {
    return current->exchange(word, fresh, value, site_of("exchange", operation, order));
}

uint64_t model_add(void *word, uint64_t fresh, uint64_t value, int order,
                   const char *operation) {
    return current->add(word, fresh, value, site_of("add", operation, order));
}

int model_compare_exchange(void *word, uint64_t fresh, uint64_t *expected, uint64_t value,
                           int weak, int order, int failed_order, const char *operation) {
    return current->compare_exchange(word, fresh, *expected, value, weak != 0,
                                     failed_order,
                                     site_of("compare_exchange", operation, order));
}

void model_store_plain(void *word, uint64_t fresh, uint64_t value, const char *caller) {
    current->store_plain(word, fresh, value, caller);
}

void model_enter(const char *caller) {
    entered[rl::thread_index()] = caller;
}

int32_t model_leave(int32_t result) {
    entered[rl::thread_index()] = nullptr;
    return result;
}

void *model_malloc(size_t size) {
    return current->take(size);
}

void *model_aligned_alloc(size_t align, size_t size) {
    model_expect(align <= 16, "blocks of the model are aligned to 16 bytes");
    return current->take(size);
}

void *model_realloc(void *address, size_t size) {
    (void)address;
    (void)size;
    return nullptr; /* there is no room for more */
}

void model_free(void *address) {
    current->give_back(address);
}

void model_part(const void *address, size_t size) {
    current->part(address, size);
}

void model_read(const void *address) {
    (void)current->alive(address).content($).load();
}

void model_write(const void *address) {
    current->alive(address).content($).store(0);
}

void model_share(const void *word, uint64_t fresh) {
    current->share(word, fresh);
}

void model_settle(const void *word) {
    current->settle(word);
}

int model_getentropy(void *buffer, size_t size) {
    static unsigned char drawn;
    memset(buffer, ++drawn, size);
    return 0;
}

void model_expect(int condition, const char *what) {
    if (!condition) {
        fail(rl::test_result_user_assert_failed, what, $);
    }
}

size_t model_alive(void) {
    return current->count_alive();
}

static int run_command(int argc, char **argv) {
    if (argc == 2 && same(argv[1], "list")) {
        return print_scenarios();
    }
    if (argc < 3 || !same(argv[1], "run") || !find_scenario(argv[2])) {
        return usage();
    }
    char **next = argv + 3;
    while (next != nullptr && next != argv + argc) {
        next = take_option(next, argv + argc);
    }
    if (next == nullptr || thread_locals_size() > THREAD_LOCALS) {
        return usage();
    }
    bool passed = run();
    print_sites();
    return passed ? 0 : 1;
}

/* The library's destructor counts by an atomic operation, which the model knows only in a
 * run: so it isn't called. */
int main(int argc, char **argv) {
    int status = run_command(argc, argv);
    (void)std::fflush(nullptr);
    std::_Exit(status);
}
