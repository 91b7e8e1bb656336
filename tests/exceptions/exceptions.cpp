// What happens when a C++ exception leaves a callback: while objects are dropped the
// program stops; everywhere else the exception goes on, and nothing is lost.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

#include <pthread.h>
#include <signal.h>

#include <nanvm/mem.h>

extern "C" {
#include "misuse.h"
}

namespace {

#define REQUIRE(condition)                                                               \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);         \
            std::exit(1);                                                                \
        }                                                                                \
    } while (false)

struct thrown {};

struct holder {
    nanvm_ref other;
    std::size_t throws;
};

enum : std::size_t { NOT = 0, IN_DROP = 1, IN_VISIT = 2, IN_CLONE = 3, ENDS_THREAD = 4 };

std::size_t now; // whether a visit or a clone throws at this time

void visit(const void *part, nanvm_visitor *visitor, void *context) {
    const holder *self = static_cast<const holder *>(part);
    if (self->throws == IN_VISIT && now == IN_VISIT) {
        throw thrown();
    }
    visitor(self->other, context);
}

void drop(void *object, std::size_t) {
    const holder *self = static_cast<const holder *>(object);
    if (self->throws == IN_DROP) {
        throw thrown();
    }
    if (self->throws == ENDS_THREAD) {
        pthread_exit(nullptr);
    }
}

bool clone(void *copy, const void *, std::size_t) {
    if (now == IN_CLONE) {
        throw thrown();
    }
    static_cast<holder *>(copy)->throws = NOT;
    return true;
}

NANVM_TYPE_CALLBACKS(holder_type, holder, visit, drop, clone);
NANVM_TYPE(leaf_type, std::size_t);
NANVM_ARRAY_OF_REFS(refs_type);

nanvm_ref leaf(nanvm_manager *manager) {
    nanvm_mut_ref made = nanvm_new(manager, &leaf_type);
    REQUIRE(made.object != nullptr);
    return nanvm_mut_ref_to_ref(made);
}

nanvm_ref make(nanvm_manager *manager, nanvm_ref other, std::size_t throws) {
    holder value = {other, throws};
    nanvm_mut_ref made = nanvm_new_copy(manager, &holder_type, &value);
    REQUIRE(made.object != nullptr);
    return nanvm_mut_ref_to_ref(made);
}

// Whatever `act` returns never comes into being.
template <typename action> bool throws(action act) {
    try {
        static_cast<void>(act());
    } catch (const thrown &) {
        return true;
    }
    return false;
}

// A local manager, in which nothing is left in the end.
struct ground {
    nanvm_local local;
    nanvm_manager *manager;

    ground() : manager(nullptr) {
        nanvm_local_init(&local);
        manager = nanvm_local_manager(&local);
    }

    ground(const ground &) = delete;
    ground &operator=(const ground &) = delete;

    std::size_t live() const {
        return nanvm_stats_make(manager).live_blocks;
    }

    ~ground() {
        REQUIRE(live() == 0);
        nanvm_local_deinit(&local);
    }
};

void expect_stop(misuse *wrong, const char *message) {
    char output[2048];
    int status = run_in_child(wrong, nullptr, output, sizeof(output));
    REQUIRE(status == SIGABRT);
    REQUIRE(std::strstr(output, message) != nullptr);
}

// --- while objects are dropped

const char *const in_a_drop = "nanvm_mem: an exception left a callback that ran while "
                              "objects were dropped\n";

void drop_one(std::size_t how) {
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_manager *manager = nanvm_local_manager(&local);
    (void)throws([&] { nanvm_ref_drop(make(manager, leaf(manager), how)); });
    std::_Exit(0); // without the stop
}

void test_drop_that_throws_stops_the_program() {
    expect_stop([](void *) { drop_one(IN_DROP); }, in_a_drop);
}

void test_visit_that_throws_in_a_drop_stops_the_program() {
    expect_stop(
        [](void *) {
            now = IN_VISIT;
            drop_one(IN_VISIT);
        },
        in_a_drop);
}

void test_thread_that_ends_in_a_drop_stops_the_program() {
    expect_stop(
        [](void *) {
            pthread_t thread;
            REQUIRE(pthread_create(
                        &thread, nullptr,
                        [](void *) -> void * {
                            drop_one(ENDS_THREAD);
                            return nullptr;
                        },
                        nullptr) == 0);
            (void)pthread_join(thread, nullptr);
            std::_Exit(0);
        },
        in_a_drop);
}

void test_drop_of_an_item_that_throws_stops_the_program() {
    expect_stop(
        [](void *) {
            nanvm_ref item = make(nanvm_global(), leaf(nanvm_global()), IN_DROP);
            nanvm_mut_ref array = nanvm_new_array(nanvm_global(), &refs_type, &item, 1);
            (void)throws([&] { return nanvm_mut_ref_resize(&array, nanvm_global(), 0); });
            std::_Exit(0);
        },
        in_a_drop);
}

void test_drop_that_throws_in_a_reset_stops_the_program() {
    expect_stop(
        [](void *) {
            nanvm_arena arena;
            nanvm_arena_init_growing(&arena, nanvm_global());
            nanvm_manager *manager = nanvm_arena_manager(&arena);
            (void)make(manager, leaf(manager), IN_DROP);
            (void)throws([&] { nanvm_arena_reset(&arena); });
            std::_Exit(0);
        },
        "nanvm_mem: an exception left a callback that ran while an arena was reset\n");
}

// --- elsewhere

void construct_throws_on(nanvm_manager *manager) {
    nanvm_ref other = leaf(manager);
    REQUIRE(throws([&] {
        return nanvm_new_with(
            manager, &holder_type, 0,
            [](void *object, std::size_t, void *context) -> bool {
                static_cast<holder *>(object)->other =
                    nanvm_ref_clone(*static_cast<nanvm_ref *>(context));
                throw thrown();
            },
            &other);
    }));
    std::size_t others = nanvm_ref_count(other);
    REQUIRE(others == 0 || others == SIZE_MAX);
    nanvm_ref_drop(other);
}

void test_construct_that_throws_leaves_nothing_behind() {
    ground on;
    construct_throws_on(on.manager);
    construct_throws_on(nanvm_global());
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, nanvm_global());
    construct_throws_on(nanvm_arena_manager(&arena));
    nanvm_arena_deinit(&arena);
}

void clone_throws_on(nanvm_manager *manager) {
    nanvm_ref self = make(manager, leaf(manager), NOT);
    nanvm_ref other = nanvm_ref_clone(self);
    now = IN_CLONE;
    REQUIRE(throws([&] { return nanvm_ref_clone_object(self, manager); }));
    REQUIRE(throws([&] { return nanvm_ref_to_mut_ref(&self, manager); }));
    REQUIRE(throws([&] { return nanvm_ref_make_mut(&self, manager); }));
    now = NOT;
    REQUIRE(nanvm_ref_same(self, other));
    nanvm_ref_drop(self);
    nanvm_ref_drop(other);
}

void test_clone_that_throws_leaves_nothing_behind() {
    ground on;
    clone_throws_on(on.manager);
    clone_throws_on(nanvm_global());
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, nanvm_global());
    clone_throws_on(nanvm_arena_manager(&arena));
    nanvm_arena_deinit(&arena);
}

// Its references are declared.
struct link {
    nanvm_ref next;
    nanvm_ref shared;
};

std::size_t clones_left; // before one throws

bool clone_link(void *, const void *, std::size_t) {
    if (clones_left-- == 0) {
        throw thrown();
    }
    return true;
}

const std::size_t link_refs[] = {offsetof(link, next), offsetof(link, shared)};

nanvm_type type_of_links() {
    nanvm_type type = {};
    type.size = sizeof(link);
    type.align = alignof(link);
    type.refs = link_refs;
    type.refs_length = 2;
    type.clone = clone_link;
    return type;
}

const nanvm_type link_type = type_of_links();

// A list so long that the copy needs memory of the system.
enum : std::size_t { LINKS = 300 };

nanvm_ref make_links(nanvm_manager *manager) {
    nanvm_ref list = nanvm_ref_null();
    for (std::size_t i = 0; i < LINKS; ++i) {
        link value = {list, nanvm_ref_clone(list)};
        nanvm_mut_ref made = nanvm_new_copy(manager, &link_type, &value);
        REQUIRE(made.object != nullptr);
        list = nanvm_mut_ref_to_ref(made);
    }
    return list;
}

void deep_copy_throws_on(nanvm_manager *manager, nanvm_manager *to) {
    nanvm_ref list = make_links(manager);
    for (std::size_t i = 0; i < LINKS; i += 23) {
        clones_left = i;
        REQUIRE(throws([&] { return nanvm_ref_clone_deep(list, to); }));
    }
    clones_left = LINKS;
    nanvm_ref copy = nanvm_ref_clone_deep(list, to);
    REQUIRE(copy.object != nullptr && clones_left == 0);
    nanvm_ref_drop(copy);
    nanvm_ref_drop(list);
}

void test_clone_that_throws_in_a_deep_copy_leaves_nothing_behind() {
    ground on;
    ground other;
    deep_copy_throws_on(on.manager, other.manager);
    REQUIRE(other.live() == 0);
    deep_copy_throws_on(nanvm_global(), on.manager);
    deep_copy_throws_on(on.manager, nanvm_global());
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, nanvm_global());
    deep_copy_throws_on(nanvm_arena_manager(&arena), on.manager);
    deep_copy_throws_on(on.manager, nanvm_arena_manager(&arena));
    nanvm_arena_deinit(&arena);
}

void test_visitor_that_throws_changes_nothing() {
    ground on;
    nanvm_ref self = make(on.manager, leaf(on.manager), NOT);
    REQUIRE(throws([&] {
        nanvm_ref_visit(
            self, [](nanvm_ref, void *) { throw thrown(); }, nullptr);
    }));
    REQUIRE(nanvm_ref_count(self) == 0);
    nanvm_ref_drop(self);
}

void test_told_of_a_type_that_throws_changes_nothing() {
    ground on;
    nanvm_ref self = make(on.manager, leaf(on.manager), NOT);
    nanvm_stats stats = nanvm_stats_make(on.manager);
    stats.each = [](const nanvm_type_stats *, void *) { throw thrown(); };
    REQUIRE(throws([&] { nanvm_manager_stats(on.manager, &stats); }));
    REQUIRE(on.live() == 2);
    nanvm_ref_drop(self);
}

void test_manager_whose_leak_report_throws_can_be_ended_again() {
    ground on;
    nanvm_ref self = leaf(on.manager);
    std::size_t told = 0;
    nanvm_local_on_leak(
        &on.local,
        [](void *context, const nanvm_type *, std::size_t, std::size_t) {
            if (++*static_cast<std::size_t *>(context) == 1) {
                throw thrown();
            }
        },
        &told);
    REQUIRE(throws([&] { nanvm_local_deinit(&on.local); }));
    nanvm_local_deinit(&on.local);
    REQUIRE(told == 2);
    nanvm_ref_drop(self);
}

#if defined(NANVM_DEBUG)
constexpr bool is_debug = true;
#else
constexpr bool is_debug = false;
#endif

// What the report has taken from the source it gives back. Only a debug build reports.
void test_manager_whose_cycle_report_throws_can_be_ended_again() {
    nanvm_local source;
    nanvm_local_init(&source);
    nanvm_local local;
    nanvm_local_init_from(&local, nanvm_local_manager(&source));
    nanvm_local_on_leak(
        &local, [](void *, const nanvm_type *, std::size_t, std::size_t) {}, nullptr);
    std::size_t told = 0;
    nanvm_local_on_cycle(
        &local,
        [](void *context, const nanvm_cycle *cycle) {
            REQUIRE(cycle->length == 1);
            if (++*static_cast<std::size_t *>(context) == 1) {
                throw thrown();
            }
        },
        &told);
    nanvm_ref self =
        nanvm_mut_ref_to_ref(nanvm_new(nanvm_local_manager(&local), &holder_type));
    holder *written =
        static_cast<holder *>(nanvm_ref_make_mut(&self, nanvm_local_manager(&local)));
    written->other = nanvm_ref_clone(self);
    if (is_debug) {
        written->throws = IN_VISIT;
        now = IN_VISIT;
        REQUIRE(throws([&] { nanvm_local_deinit(&local); }));
        now = NOT;
        REQUIRE(told == 0);
        REQUIRE(throws([&] { nanvm_local_deinit(&local); }));
    }
    nanvm_local_deinit(&local);
    REQUIRE(told == (is_debug ? 2 : 0));
    nanvm_ref_drop(nanvm_ref_move(&written->other));
    nanvm_ref_drop(self);
    REQUIRE(nanvm_stats_make(nanvm_local_manager(&source)).live_blocks == 0);
    nanvm_local_deinit(&source);
}

const std::map<std::string, void (*)()> tests = {
#define TEST(behaviour)                                                                  \
    { #behaviour, test_##behaviour }
    TEST(drop_that_throws_stops_the_program),
    TEST(visit_that_throws_in_a_drop_stops_the_program),
    TEST(thread_that_ends_in_a_drop_stops_the_program),
    TEST(drop_of_an_item_that_throws_stops_the_program),
    TEST(drop_that_throws_in_a_reset_stops_the_program),
    TEST(construct_that_throws_leaves_nothing_behind),
    TEST(clone_that_throws_leaves_nothing_behind),
    TEST(clone_that_throws_in_a_deep_copy_leaves_nothing_behind),
    TEST(visitor_that_throws_changes_nothing),
    TEST(told_of_a_type_that_throws_changes_nothing),
    TEST(manager_whose_leak_report_throws_can_be_ended_again),
    TEST(manager_whose_cycle_report_throws_can_be_ended_again),
};

} // namespace

int main(int argc, char **argv) {
    auto chosen = argc == 2 ? tests.find(argv[1]) : tests.end();
    if (chosen == tests.end()) {
        std::fprintf(stderr, "usage: exceptions BEHAVIOUR\n");
        return 2;
    }
    chosen->second();
}
