/* The library's atomic operations, carried out by Relacy: each scenario is run once for
 * every order in which the threads may come, and for every value that a load may see.
 *
 *   model list
 *       the scenarios: name, threads, purpose
 *   model run NAME [switches N] [back N] [weaken CALLER OPERATION KIND HOW]
 *       tries all there is. With `switches`, a thread that could go on waits for another
 *       at most N times; with `back`, a load may see the newest value and N before it.
 *       With `weaken`, one operation is another than the library's: HOW is an ordering,
 *       or `plain` for none that is atomic, `split` for a read-modify-write in two steps,
 *       `omitted` for no store at all. */

/* Relacy keeps three values of an atomic variable, and lets a load see the last two. Here
 * a load sees all that the memory model allows, unless told otherwise. */
#include <relacy/base.hpp>

enum { MODEL_HISTORY = 32 };
static size_t values_back = MODEL_HISTORY - 1;

#define atomic_history_size ((size_t)MODEL_HISTORY)
#include <relacy/thread_local_ctx.hpp>

#include <relacy/context_base.hpp> /* needs the former */
#define is_random_sched() get_thread_count() != 0 ? values_back : false /* ? ... : 1 */
#include <relacy/thread.hpp>
#undef is_random_sched

#include <relacy/relacy.hpp>
#undef new
#undef delete
#undef malloc
#undef calloc
#undef realloc
#undef free

#include "operations.h"

namespace {

const scenario *the_scenario;

[[noreturn]] void fail(rl::test_result_e result, const char *what,
                       rl::debug_info_param info) {
    rl::ctx().fail_test(what, result, info);
    abort(); /* the execution is over: nobody comes back here */
}

/* --- where operations stand, and how they are weakened --------------------- */

enum how { AS_SHIPPED, WITH_ORDER, PLAIN, SPLIT, OMITTED };

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

/* Only operations on counts are told who calls them. */
const char *caller_of(const char *operation) {
    const char *caller = entered[rl::thread_index()];
    bool is_told = caller != nullptr && strncmp(operation, "nanvm_count_word_", 17) == 0;
    return is_told ? caller : "-";
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

/* --- parts that are made when they are needed, and go with the execution --- */

template <typename part, int most> class parts {
  public:
    ~parts() {
        for (int i = 0; i < length_; ++i) {
            at(i).~part();
        }
    }

    part *begin() {
        return (part *)memory_;
    }
    part *end() {
        return begin() + length_;
    }

    template <typename... arguments> part &add(arguments... values) {
        if (length_ == most) {
            fail(rl::test_result_inconsistent_test_suite, "too many parts", $);
        }
        return *::new (begin() + length_++) part(values...);
    }

  private:
    alignas(part) char memory_[most * sizeof(part)];
    int length_ = 0;

    part &at(int i) {
        return begin()[i];
    }
};

/* Who uses a word: the thread that made it, any, or any but to change it. */
enum sharing { OWN, SHARED, SETTLED };

/* --- a word: its values by Relacy, and who used it otherwise --------------- */

template <int threads> class word {
  public:
    word(const void *address, uint64_t fresh, sharing shared)
        : address(address), shared(shared) {
        value_.store(fresh, rl::mo_relaxed, $);
        for (int i = 0; i < threads; ++i) {
            read_[i]($).store(0);
            written_[i]($).store(0);
        }
    }

    const void *const address;
    sharing shared;

    uint64_t load(rl::memory_order order, rl::debug_info_param info) {
        read_[me()](info).store(0);
        return value_.load(order, info);
    }

    void store(uint64_t value, rl::memory_order order, rl::debug_info_param info) {
        write(info);
        value_.store(value, order, info);
    }

    uint64_t exchange(uint64_t value, rl::memory_order order, rl::debug_info_param info) {
        write(info);
        return value_.exchange(value, order, info);
    }

    uint64_t add(uint64_t value, rl::memory_order order, rl::debug_info_param info) {
        write(info);
        return value_.fetch_add(value, order, info);
    }

    bool compare_exchange(uint64_t &expected, uint64_t value, bool weak,
                          rl::memory_order order, rl::memory_order failed,
                          rl::debug_info_param info) {
        write(info);
        return weak ? value_.compare_exchange_weak(expected, value, order, info, failed,
                                                   info)
                    : value_.compare_exchange_strong(expected, value, order, info, failed,
                                                     info);
    }

    /* Ordinary accesses: they race with whatever another thread does unordered. */
    uint64_t load_plain(rl::debug_info_param info) {
        for (int i = 0; i < threads; ++i) {
            (void)written_[i](info).load();
        }
        return value_.load(rl::mo_relaxed, info);
    }

    void store_plain(uint64_t value, rl::debug_info_param info) {
        for (int i = 0; i < threads; ++i) {
            read_[i](info).store(0);
            written_[i](info).store(0);
        }
        count(info);
        value_.store(value, rl::mo_relaxed, info);
    }

  private:
    rl::atomic<uint64_t> value_;
    rl::var<int> read_[threads]; /* by atomic operations of each thread */
    rl::var<int> written_[threads];
    int values_ = 1;

    static unsigned me() {
        return rl::thread_index();
    }

    void write(rl::debug_info_param info) {
        if (shared == SETTLED) {
            fail(rl::test_result_inconsistent_test_suite, "a settled word changes", info);
        }
        written_[me()](info).store(0);
        count(info);
    }

    /* A value that Relacy has forgotten is one that no load is shown. */
    void count(rl::debug_info_param info) {
        if (++values_ >= MODEL_HISTORY) {
            fail(rl::test_result_inconsistent_test_suite, "more values than are kept",
                 info);
        }
    }
};

/* --- a block of memory ----------------------------------------------------- */

struct block {
    block(char *begin, char *end, unsigned owner) : begin(begin), end(end), owner(owner) {
        content($).store(0);
    }

    bool has(const void *address) const {
        return address >= begin && address < end;
    }

    char *begin;
    char *end;
    unsigned owner; /* the thread that took it */
    bool alive = true;
    rl::var<int> content;
};

enum { MEMORY = 16 * 1024 };
alignas(64) char memory[MEMORY];

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
        locals_[0].enter();
    }

    void before() {
        is_before_ = true;
        the_scenario->before();
        is_before_ = false;
    }

    void thread(unsigned index) {
        locals_[index].enter();
        the_scenario->thread[index](index);
        locals_[index].leave();
    }

    void after() {
        is_after_ = true;
        the_scenario->after();
    }

    uint64_t load(const void *address, uint64_t fresh, site &where) override {
        rl::debug_info info(where.operation, where.caller);
        word_t &word = known(address, fresh, info);
        return in_turn(word, [&] {
            return where.weakened == PLAIN ? word.load_plain(info)
                                           : word.load(order_of(where.weaker), info);
        });
    }

    void store(void *address, uint64_t fresh, uint64_t value, site &where) override {
        rl::debug_info info(where.operation, where.caller);
        word_t &word = known(address, fresh, info);
        in_turn(word, [&] {
            if (where.weakened == PLAIN) {
                word.store_plain(value, info);
            } else if (where.weakened != OMITTED) {
                word.store(value, order_of(where.weaker), info);
            }
            return 0;
        });
    }

    uint64_t exchange(void *address, uint64_t fresh, uint64_t value,
                      site &where) override {
        auto change = [=](uint64_t) { return value; };
        return update(address, fresh, where, change,
                      [=](word_t &word, rl::debug_info info) {
                          return word.exchange(value, order_of(where.weaker), info);
                      });
    }

    uint64_t add(void *address, uint64_t fresh, uint64_t value, site &where) override {
        auto change = [=](uint64_t old) { return old + value; };
        return update(address, fresh, where, change,
                      [=](word_t &word, rl::debug_info info) {
                          return word.add(value, order_of(where.weaker), info);
                      });
    }

    bool compare_exchange(void *address, uint64_t fresh, uint64_t &expected,
                          uint64_t value, bool weak, int failed, site &where) override {
        rl::debug_info info(where.operation, where.caller);
        word_t &word = known(address, fresh, info);
        if (where.weakened == SPLIT) {
            return compare_and_store(word, expected, value, where.order, info);
        }
        /* A weaker ordering on success can't go with a stronger one on failure. */
        int least = where.weaker < failed ? where.weaker : failed;
        return in_turn(word, [&] {
            return word.compare_exchange(expected, value, weak, order_of(where.weaker),
                                         order_of(least), info);
        });
    }

    void store_plain(void *address, uint64_t fresh, uint64_t value,
                     const char *caller) override {
        rl::debug_info info("an ordinary store", caller);
        word_t &word = known(address, fresh, info);
        rl::preemption_disabler together(rl::ctx()); /* what is seen of it is a race */
        word.store_plain(value, info);
    }

    void share(const void *address, uint64_t fresh) override {
        word_t *word = find(address);
        if (word == nullptr) {
            words_.add(address, fresh, SHARED);
        } else {
            word->shared = SHARED;
        }
    }

    void settle(const void *address) override {
        find(address)->shared = SETTLED;
    }

    void *take(size_t size) override {
        char *begin = memory + used_;
        used_ += (size + 15) / 16 * 16;
        if (used_ > MEMORY) {
            fail(rl::test_result_inconsistent_test_suite, "too much memory", $);
        }
        blocks_.add(begin, begin + size, rl::thread_index());
        return begin;
    }

    /* To end a block is the last access to its content. */
    void give_back(void *address) override {
        block &it = alive(address);
        it.content($).store(0);
        it.alive = false;
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
            count += each.alive;
        }
        return count;
    }

  private:
    typedef word<threads> word_t;

    enum { WORDS = 10, BLOCKS = 10 };

    parts<word_t, WORDS> words_;
    parts<block, BLOCKS> blocks_;
    size_t used_ = 0;
    bool is_before_ = false;
    bool is_after_ = false;
    bool has_begun_[threads] = {};
    thread_locals locals_[threads];

    word_t *find(const void *address) {
        for (word_t &each : words_) {
            if (each.address == address) {
                return &each;
            }
        }
        return nullptr;
    }

    block *find_block(const void *address) {
        for (block &each : blocks_) {
            if (each.has(address)) {
                return &each;
            }
        }
        return nullptr;
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
        if (!is_before_ && !is_own) {
            unknown(info);
        }
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
    template <typename body> auto in_turn(word_t &word, body operation) {
        unsigned me = rl::thread_index();
        bool goes_on = word.shared != SHARED || !has_begun_[me];
        has_begun_[me] = has_begun_[me] || (!is_before_ && !is_after_);
        if (goes_on) {
            rl::ctx().disable_preemption();
        }
        locals_[me].leave();
        auto result = operation();
        locals_[me].enter();
        if (goes_on) {
            rl::ctx().enable_preemption();
        }
        return result;
    }

    template <typename change, typename body>
    uint64_t update(void *address, uint64_t fresh, site &where, change changed,
                    body operation) {
        rl::debug_info info(where.operation, where.caller);
        word_t &word = known(address, fresh, info);
        if (where.weakened != SPLIT) {
            return in_turn(word, [&] { return operation(word, info); });
        }
        uint64_t old =
            in_turn(word, [&] { return word.load(load_half(where.order), info); });
        in_turn(word, [&] {
            word.store(changed(old), store_half(where.order), info);
            return 0;
        });
        return old;
    }

    bool compare_and_store(word_t &word, uint64_t &expected, uint64_t value, int order,
                           rl::debug_info_param info) {
        uint64_t old = in_turn(word, [&] { return word.load(load_half(order), info); });
        if (old != expected) {
            expected = old;
            return false;
        }
        in_turn(word, [&] {
            word.store(value, store_half(order), info);
            return 0;
        });
        return true;
    }
};

/* --- the command line ------------------------------------------------------------------
 */

template <typename test, typename scheduler> bool explore(rl::test_params &params) {
    rl::ostringstream state;
    rl::test_result_e result = rl::run_test<test, scheduler>(params, state, false);
    printf("executions %llu\n", (unsigned long long)params.stop_iteration);
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
    return params.search_type == rl::sched_full
               ? explore<test, rl::full_search_scheduler<threads>>(params)
               : explore<test, rl::context_bound_scheduler<threads>>(params);
}

bool run(long switches) {
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
    mutation.weakened = same(words[3], "plain")     ? PLAIN
                        : same(words[3], "split")   ? SPLIT
                        : same(words[3], "omitted") ? OMITTED
                                                    : AS_SHIPPED;
    for (int i = 0; i <= __ATOMIC_SEQ_CST; ++i) {
        if (same(order_names[i], words[3])) {
            mutation.weakened = WITH_ORDER;
            mutation.order = i;
        }
    }
    return mutation.weakened != AS_SHIPPED;
}

int usage() {
    fprintf(stderr, "usage: model list\n"
                    "       model run NAME [switches N] [back N] [weaken CALLER "
                    "OPERATION KIND HOW]\n");
    return 64;
}

/* Takes the option that begins at `words`; the words behind it, or null if it is none. */
char **take_option(char **words, char **end, long &switches) {
    if (end - words >= 2 && same(words[0], "switches")) {
        switches = strtol(words[1], nullptr, 10);
        return words + 2;
    }
    if (end - words >= 2 && same(words[0], "back")) {
        values_back = strtoul(words[1], nullptr, 10);
        return words + 2;
    }
    bool weakens =
        end - words >= 5 && same(words[0], "weaken") && set_mutation(words + 1);
    return weakens ? words + 5 : nullptr;
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

int main(int argc, char **argv) {
    if (argc == 2 && same(argv[1], "list")) {
        return print_scenarios();
    }
    if (argc < 3 || !same(argv[1], "run") || !find_scenario(argv[2])) {
        return usage();
    }
    long switches = -1;
    char **next = argv + 3;
    while (next != nullptr && next != argv + argc) {
        next = take_option(next, argv + argc, switches);
    }
    if (next == nullptr || thread_locals_size() > THREAD_LOCALS) {
        return usage();
    }
    bool passed = run(switches);
    print_sites();
    return passed ? 0 : 1;
}
