/* A full search that leaves out executions in which no thread sees or does anything else
 * than in another one.
 *
 * Operations that don't touch each other come in one order: by sleep sets, after P.
 * Godefroid, "Partial-Order Methods for the Verification of Concurrent Systems" (1996),
 * chapter 5. A thread that was tried first where another is tried next sleeps, until
 * somebody does an operation that its own depends on. Where all sleep, the execution is
 * one that was there already.
 *
 * And a load sees a value that was overwritten only if it couldn't have come before that:
 * if something that its thread did earlier depends on the newer value. Otherwise there is
 * an execution in which it comes right before the newer value is written and all else is
 * the same, for nobody but its own thread depends on what it saw. To compare the numbers
 * of graphs (graphs.hpp) with all orders and with this search puts both to the test.
 */
#ifndef REDUCTION_HPP
#define REDUCTION_HPP

#include "operations.h"
#include "relacy.hpp"

/* --- who depends on whom --------------------------------------------------- */

/* How many operations of each thread something depends on. */
struct dependencies {
    unsigned count[MODEL_THREADS] = {};

    void add(const dependencies &more) {
        for (unsigned i = 0; i < MODEL_THREADS; ++i) {
            count[i] = count[i] < more.count[i] ? more.count[i] : count[i];
        }
    }
};

/* What the next operation on a word depends on. */
struct touched {
    dependencies written; /* who reads depends on this */
    dependencies used;    /* who writes depends on this */
    unsigned last_writer = 0;
    unsigned last_write = 0; /* which of its operations; none if 0 */

    void touch(dependencies &self, unsigned me, bool writes) {
        ++self.count[me];
        self.add(writes ? used : written);
        used.add(self);
        if (writes) {
            written = self;
            last_writer = me;
            last_write = self.count[me];
        }
    }

    /* Whether who has done what `self` says may load what was overwritten. */
    bool was_written_for(const dependencies &self) const {
        return last_write <= self.count[last_writer];
    }
};

/* --- what a load may see ------------------------------------------------------- */

static bool reduces = true; /* leaves out what is another order of the same */
static size_t most_back = MODEL_HISTORY - 1; /* how many values before the newest */

static struct {
    dependencies done;
    const touched *loaded; /* the word that is loaded next */
} progress[MODEL_THREADS];

static void begin_progress(const dependencies &done) {
    for (auto &each : progress) {
        each.done = done;
    }
}

static size_t values_back() {
    auto &mine = progress[rl::thread_index()];
    return reduces && !mine.loaded->was_written_for(mine.done) ? 0 : most_back;
}

/* --- what comes next -------------------------------------------------------- */

enum effect { READS, WRITES, WRITES_IF_EQUAL };

/* What a thread is about to do. */
struct next_operation {
    const uint64_t *newest; /* of its word; null: it hasn't come to its first one */
    effect what;
    uint64_t expected;

    /* For as long as nobody else writes to the word. */
    bool writes() const {
        return what == WRITES || (what == WRITES_IF_EQUAL && *newest == expected);
    }

    bool depends_on(const next_operation &other) const {
        return newest == other.newest && (writes() || other.writes());
    }
};

static next_operation next_operations[MODEL_THREADS];
static bool everything_sleeps;      /* the execution was there already */
static unsigned long long repeated; /* executions of that kind */

template <rl::thread_id_t threads>
class sleep_scheduler
    : public rl::tree_search_scheduler<sleep_scheduler<threads>,
                                       rl::tree_search_scheduler_thread_info<threads>,
                                       threads> {
  public:
    typedef rl::tree_search_scheduler<
        sleep_scheduler<threads>, rl::tree_search_scheduler_thread_info<threads>, threads>
        base;
    typedef typename base::thread_info_t thread_info_t;
    typedef typename base::shared_context_t shared_context_t;

    sleep_scheduler(rl::test_params &params, shared_context_t &shared,
                    rl::thread_id_t dynamic)
        : base(params, shared, dynamic) {}

    rl::thread_id_t iteration_begin_impl() {
        everything_sleeps = false;
        for (unsigned i = 0; i < threads; ++i) {
            next_operations[i].newest = nullptr;
            sleeps_[i] = false;
        }
        this->stree_depth_ = 0;
        return this->running_threads[0];
    }

    bool iteration_end_impl() {
        repeated += everything_sleeps;
        return base::iteration_end_impl();
    }

    rl::thread_id_t schedule_impl(rl::unpark_reason &reason, unsigned yield) {
        rl::thread_id_t next = base::schedule_impl(reason, yield);
        everything_sleeps = everything_sleeps || sleeps_[next];
        wake(next_operations[next]);
        return next;
    }

    unsigned rand_impl(unsigned limit, rl::sched_type type) {
        if (everything_sleeps) {
            return 0;
        }
        return type == rl::sched_type_sched ? choose() : base::rand_impl(limit, type);
    }

    bool can_switch(thread_info_t &) {
        return true;
    }
    void on_switch(thread_info_t &) {}

    double iteration_count_approx() {
        return 1;
    }

  private:
    bool sleeps_[threads];

    void wake(const next_operation &operation) {
        for (unsigned i = 0; i < threads; ++i) {
            sleeps_[i] = sleeps_[i] && !next_operations[i].depends_on(operation);
        }
    }

    /* What comes before a thread's first operation touches nobody's. */
    unsigned first_that_begins() const {
        unsigned i = 0;
        while (i < this->running_threads.size() &&
               next_operations[this->running_threads[i]].newest != nullptr) {
            ++i;
        }
        return i;
    }

    /* The place of the thread that goes on, among those that could. */
    unsigned choose() {
        unsigned first = first_that_begins();
        return first < this->running_threads.size() ? first : choose_of_waking();
    }

    unsigned choose_of_waking() {
        unsigned places[threads];
        unsigned count = 0;
        for (unsigned i = 0; i < this->running_threads.size(); ++i) {
            if (!sleeps_[this->running_threads[i]]) {
                places[count++] = i;
            }
        }
        if (count == 0) {
            everything_sleeps = true;
            return 0;
        }
        unsigned choice = base::rand_impl(count, rl::sched_type_sched);
        for (unsigned i = 0; i < choice; ++i) {
            sleeps_[this->running_threads[places[i]]] = true;
        }
        return places[choice];
    }
};

#endif
