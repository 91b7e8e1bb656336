"""The library hasn't the bugs that other libraries had.

Each test in tests/test_known_bugs.c tries one of them, and runs here under sanitizers. The table
below says where each bug was, and how this library was broken once to see its tests fail."""

import dataclasses
import os
import re

import context

TITLE = "Known bugs"
GOAL = "ten kinds of bug that others had, each tried on this library under sanitizers"
NEEDS = {
    "libcmocka-dev": "/usr/include/cmocka.h",
    "clang-19": "clang-19",
    "libclang-rt-19-dev": "/usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.tsan-*.a",
}

SOURCE = "tests/test_known_bugs.c"
OPTIONS = "allocator_may_return_null=1"


@dataclasses.dataclass
class Bug:
    """What went wrong somewhere, and the tests that try it here."""

    name: str
    where: str
    what: str
    broken: str  # how the library was broken once, to see the tests fail
    tests: tuple


BUGS = (
    Bug(
        "a counter overflows from a leak on an error path",
        "Linux, CVE-2016-0728",
        "`join_session_keyring()` kept a reference when it failed; after 2^32 calls the counter "
        "was 0, and the keyring was freed while in use",
        "a refused construction keeps the references in it; `clone` masks the sign; an atomic "
        "count has no limit",
        (
            "failure_keeps_no_reference",
            "leaked_references_can_not_wrap_a_count",
            "threads_can_not_wrap_a_count_together",
        ),
    ),
    Bug(
        "an immortal count that drops take out of immortality",
        "CPython, issue 125174",
        "extensions built for an older stable ABI counted immortal objects down, below the "
        "threshold of immortality",
        "`drop` counts up whatever is below 0",
        ("stuck_count_stays_stuck_whatever_is_dropped",),
    ),
    Bug(
        "a relaxed load before exclusive access is granted",
        "Rust, issue 51780",
        "`Arc::get_mut` didn't synchronise with the drops of the former owners: a data race",
        "the last look is relaxed, or the release of a drop is",
        ("threads_hand_exclusive_access_over_without_a_race",),
    ),
    Bug(
        "an object without owners gets one again",
        "Rust, internment, RUSTSEC-2020-0017",
        "`ArcIntern::drop` counted to 0 before it locked the table, where another thread could "
        "find the value and count it from 0 to 1",
        "the dead keep their count, or may be cloned; one other owner is taken for none",
        (
            "object_whose_end_has_begun_can_not_be_revived",
            "threads_share_a_table_that_forgets_what_is_unused",
        ),
    ),
    Bug(
        "use after free, but only when memory runs out",
        "Expat, CVE-2022-43680",
        "when an allocation failed, the clean-up of a half-made parser freed the DTD that it "
        "shared with its parent",
        "the clean-up drops what was written twice, or not at all",
        ("clean_up_without_memory_frees_nothing_that_is_shared",),
    ),
    Bug(
        "free from inside a handler",
        "Expat, CVE-2026-50219",
        "a handler that freed the parser which was calling it took its state away",
        "an arena resets within its reset; a manager ends within its leak report; pools end "
        "with their manager",
        (
            "drop_may_end_the_manager_it_is_called_for",
            "drop_may_reset_the_arena_it_is_called_for",
        ),
    ),
    Bug(
        "a destructor runs before the state is committed",
        "Rust, sized-chunks, RUSTSEC-2020-0041",
        "bounds were set before the items were there: after a panic in between, items that had "
        "never been written were dropped",
        "`drop` for what was refused; a refused clone drops references; an array is cut after "
        "its items are dropped, in each of three ways",
        (
            "construction_that_stops_drops_what_was_written_once",
            "clone_that_refuses_drops_nothing_of_its_source",
            "array_has_its_new_length_before_items_are_dropped",
        ),
    ),
    Bug(
        "recursion as deep as the data",
        "Expat, CVE-2024-8176",
        "a long chain of entities was resolved by calls within calls, until the stack was used up",
        "what a callback drops isn't queued",
        ("letting_go_of_a_long_chain_takes_no_stack",),
    ),
    Bug(
        "a length that wraps",
        "BadAlloc, among them FreeRTOS, CVE-2021-31571",
        "a size plus a header, or times a length, wrapped to a few bytes, which were handed out",
        "the product isn't checked; any layout is valid",
        ("length_that_wraps_gives_a_null_handle",),
    ),
    Bug(
        "a manager that dies before its blocks",
        "Matter, connectedhomeip issues 11880 and 15573",
        "the pool of end points ended before some that were still referred to, and freed them",
        "pools free their chunks with their manager, or forget who frees them; one other owner "
        "is taken for none",
        ("blocks_outlive_their_managers", "blocks_need_no_more_than_their_dealloc"),
    ),
)

SANITIZERS = {"address,undefined": "Debug", "thread": "RelWithDebInfo"}


def check_table(work):
    """Every test of the file belongs to a bug, and the other way round."""
    text = (work.source / SOURCE).read_text()
    there = re.findall(r"^static void test_(\w+)\(void \*\*", text, re.MULTILINE)
    named = [test for bug in BUGS for test in bug.tests]
    if sorted(there) != sorted(named):
        differ = ", ".join(sorted(set(there) ^ set(named)))
        raise context.StepFailed(f"only in one of {SOURCE} and the table: {differ}")
    return named


def build(work, compiler, sanitizer):
    """The program of all the tests."""
    folder = work.build_tree(
        f"{compiler}-{sanitizer.replace(',', '-')}",
        f"-DCMAKE_C_COMPILER={compiler}",
        f"-DCMAKE_BUILD_TYPE={SANITIZERS[sanitizer]}",
        f"-DNANVM_SANITIZE={sanitizer}",
        "-DNANVM_BUILD_EXAMPLES=OFF",
        target="test_known_bugs",
    )
    return folder / "tests" / "test_known_bugs"


def holds(work, program, test, checker):
    """Whether one test passes; nothing but its own line that says so will do."""
    # a program under ThreadSanitizer doesn't start where addresses are too random
    command = ("setarch", os.uname().machine, "-R", program, f"test_{test}")
    env = {"ASAN_OPTIONS": OPTIONS, "TSAN_OPTIONS": OPTIONS, "NANVM_SANITIZER": checker}
    done = work.run(*command, env=env, check=False, timeout=600)
    ok = re.search(rf"^\[ +OK \] test_{test}$", done.stdout, re.MULTILINE)
    if done.returncode != 0 or not ok:
        work.note(f"FAILED: {test} of {program}")
        return False
    return True


def runs(work, named):
    """(compiler, sanitizer, checkers, tests) for each program. Where AddressSanitizer
    watches, a local manager hands out memory of malloc's: its pools are tried with that
    switched off, too. What has no threads in it has nothing that ThreadSanitizer would look
    for; a full run looks all the same."""
    threads = [test for test in named if test.startswith("threads_")]
    yield "gcc", "address,undefined", ("off", "on"), named
    yield "gcc", "thread", ("off",), named if work.full else threads
    if work.full:
        yield "clang-19", "address,undefined", ("off", "on"), named
        yield "clang-19", "thread", ("off",), named


def table():
    """What the page shows."""
    rows = [
        "| bug | what happened there | tests, in `tests/test_known_bugs.c` | what turns them red |",
        "|---|---|---|---|",
    ]
    for bug in BUGS:
        tests = ", ".join(f"`{test}`" for test in bug.tests)
        rows.append(f"| {bug.name} | {bug.where}: {bug.what} | {tests} | {bug.broken} |")
    return rows


def run(work):
    """Builds the tests with each sanitizer and runs them one by one."""
    named = check_table(work)
    results = []
    for compiler, sanitizer, checkers, tests in runs(work, named):
        program = build(work, compiler, sanitizer)
        cases = [(test, checker) for test in tests for checker in checkers]
        results += [holds(work, program, *case) for case in cases]
    good = sum(results)
    return context.Result(
        figure=f"{len(BUGS)} bugs of others tried in {len(named)} tests: {good} of "
        f"{len(results)} runs under sanitizers pass",
        passed=good,
        failed=len(results) - good,
        page=table(),
    )
