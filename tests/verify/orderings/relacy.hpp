/* Relacy, as the model needs it. */
#ifndef MODEL_RELACY_HPP
#define MODEL_RELACY_HPP

/* Relacy keeps three values of an atomic variable, and lets a load see the last two. Here
 * a load sees all that the memory model allows, unless told otherwise. */
#include <relacy/base.hpp>

enum { MODEL_HISTORY = 32 };
static size_t values_back(); /* for the load that takes place */

#define atomic_history_size ((size_t)MODEL_HISTORY)
#include <relacy/thread_local_ctx.hpp>

#include <relacy/context_base.hpp> /* needs the former */
/* clang-format off */
#define is_random_sched() get_thread_count() != 0 ? values_back() : false /* ? ... : 1 */
/* clang-format on */
#include <relacy/thread.hpp>
#undef is_random_sched

#include <relacy/relacy.hpp>
#undef new
#undef delete
#undef malloc
#undef calloc
#undef realloc
#undef free

namespace {

[[noreturn]] void fail(rl::test_result_e result, const char *what,
                       rl::debug_info_param info) {
    rl::ctx().fail_test(what, result, info);
    abort(); /* the execution is over: nobody comes back here */
}

} // namespace

#endif
