/* What threads use: words, atomically, and blocks of memory. */
#ifndef WORDS_HPP
#define WORDS_HPP

#include "graphs.hpp"
#include "reduction.hpp"
#include "relacy.hpp"

namespace {

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
        : address(address), shared(shared), newest{fresh, 0} {
        value_.store({fresh, 0}, rl::mo_relaxed, $);
        for (int i = 0; i < threads; ++i) {
            read_[i]($).store(0);
            written_[i]($).store(0);
        }
    }

    const void *const address;
    sharing shared;
    touched order;
    version newest;
    uint64_t writers = 0; /* in their order */

    version load(rl::memory_order order, rl::debug_info_param info) {
        read_[me()](info).store(0);
        return value_.load(order, info);
    }

    version store(version value, rl::memory_order order, rl::debug_info_param info) {
        write(info);
        value_.store(value, order, info);
        return value;
    }

    version exchange(version value, rl::memory_order order, rl::debug_info_param info) {
        write(info);
        return value_.exchange(value, order, info);
    }

    version add(version value, rl::memory_order order, rl::debug_info_param info) {
        write(info);
        return value_.fetch_add(value, order, info);
    }

    /* Returns what it found. */
    version compare_exchange(version expected, version value, bool weak, bool &is_done,
                             rl::memory_order order, rl::memory_order failed,
                             rl::debug_info_param info) {
        write(info);
        is_done = weak ? value_.compare_exchange_weak(expected, value, order, info,
                                                      failed, info)
                       : value_.compare_exchange_strong(expected, value, order, info,
                                                        failed, info);
        return newest;
    }

    /* Ordinary accesses: they race with whatever another thread does unordered. */
    version load_plain(rl::debug_info_param info) {
        for (int i = 0; i < threads; ++i) {
            (void)written_[i](info).load();
        }
        return value_.load(rl::mo_relaxed, info);
    }

    version store_plain(version value, rl::debug_info_param info) {
        touch(info);
        count(info);
        value_.store(value, rl::mo_relaxed, info);
        return value;
    }

    /* Keeps in mind what was written, if it was. */
    void look(uint64_t writer) {
        if (value_.debug_value().writer == writer) {
            newest = value_.debug_value();
            writers = mixed(writers, writer);
        }
    }

    /* As an ordinary store: to end it, too, races with what is unordered. */
    void touch(rl::debug_info_param info) {
        for (int i = 0; i < threads; ++i) {
            read_[i](info).store(0);
            written_[i](info).store(0);
        }
    }

  private:
    rl::atomic<version> value_;
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
    block(char *begin, char *end, unsigned owner, bool is_part)
        : begin(begin), end(end), owner(owner), is_part(is_part) {
        content($).store(0);
    }

    bool has(const void *address) const {
        return address >= begin && address < end;
    }

    char *begin;
    char *end;
    unsigned owner; /* the thread that took it */
    bool is_part;   /* of another */
    bool alive = true;
    rl::var<int> content;
};

/* Each thread has its own, and so has what comes before: addresses don't depend on who
 * comes first. */
enum { MEMORY = 32 * 1024 };
alignas(64) char memory[MODEL_THREADS + 1][MEMORY];

} // namespace

#endif
