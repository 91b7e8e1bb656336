"""Pools and arenas hide no error from AddressSanitizer, MemorySanitizer and memcheck.

One program commits one error a run (errors.c); the checker has to name the kind of error,
where it happened, and for what malloc knows also who made the object and who dropped it.
The same program without an error must pass without a word."""

import re
from concurrent.futures import ThreadPoolExecutor

from context import Result, StepFailed

TITLE = "Memory checkers"
GOAL = (
    "each error is reported, even an overrun of one byte, with the place where the object was "
    "created"
)
NEEDS = {
    "gcc": "gcc",
    "clang-19": "clang-19",
    "libclang-rt-19-dev": "/usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.asan-*.a",
    "valgrind": "/usr/include/valgrind/memcheck.h",
    "libc6-dbg": "/usr/lib/debug/.build-id",
}

FREED, BEYOND, CLOSED, UNSET = "freed", "beyond", "closed", "unset"

# Kind of error, who made the object, who dropped it; as the stacks name them.
ERRORS = {
    "local_read_after_drop": (FREED, "make_victim", "drop_victim"),
    "local_write_after_drop": (FREED, "make_victim", "drop_victim"),
    "local_typed_after_drop": (FREED, "local_typed_after_drop", "drop_typed"),
    "local_used_again_after_drop": (FREED, "make_victim", "drop_victim"),
    "local_large_after_drop": (FREED, "make_bytes", "drop_victim"),
    "local_after_its_end": (FREED, "make_victim", "drop_victim"),
    "local_dropped_twice": (FREED, "make_victim", "drop_victim"),
    "local_mut_ref_dropped_twice": (FREED, "make_victim", "drop_mut_ref"),
    "local_held_dropped_twice": (FREED, "make_victim", "drop_victim"),
    "local_typed_dropped_twice": (FREED, "local_typed_dropped_twice", "drop_typed"),
    "local_cloned_after_drop": (FREED, "make_victim", "drop_victim"),
    "local_object_cloned_after_drop": (FREED, "make_victim", "drop_victim"),
    "local_overrun": (BEYOND, "make_victim", None),
    "local_array_overrun": (BEYOND, "make_bytes", None),
    "local_large_overrun": (BEYOND, "make_bytes", None),
    "local_grown_overrun": (BEYOND, "local_grown_overrun", None),
    "local_raw_overrun": (BEYOND, "local_raw_overrun", None),
    "local_item_not_written": (UNSET, None, None),
    "arena_unused_part": (CLOSED, None, None),
    "arena_overrun": (CLOSED, None, None),
    "arena_overrun_between": (CLOSED, None, None),
    "arena_after_reset": (CLOSED, None, None),
    "arena_growing_unused_part": (CLOSED, None, None),
    "arena_growing_overrun": (CLOSED, None, None),
    "arena_growing_after_reset": (CLOSED, None, None),
    "arena_growing_after_deinit": (FREED, "make_victim", "arena_growing_after_deinit"),
    "arena_bytes_not_written": (UNSET, None, None),
    "global_write_after_drop": (FREED, "make_victim", "drop_victim"),
    "global_dropped_twice": (FREED, "make_victim", "drop_victim"),
    "global_mut_ref_dropped_twice": (FREED, "make_victim", "drop_mut_ref"),
    "global_held_dropped_twice": (FREED, "make_victim", "drop_victim"),
    "global_object_cloned_after_drop": (FREED, "make_victim", "drop_victim"),
    "global_overrun": (BEYOND, "make_victim", None),
}

ASAN = {
    FREED: r"ERROR: AddressSanitizer: heap-use-after-free",
    BEYOND: r"ERROR: AddressSanitizer: heap-buffer-overflow",
    CLOSED: r"ERROR: AddressSanitizer: use-after-poison",
}
MSAN = {UNSET: r"WARNING: MemorySanitizer: use-of-uninitialized-value"}
VALGRIND = {
    FREED: r"Invalid (read|write) of size \d[\s\S]*inside a block of size [\d,]+ free'd",
    BEYOND: r"Invalid (read|write) of size 1[\s\S]*(0 bytes after a block|inside a block) of size",
    CLOSED: r"Invalid (read|write) of size 1",
    UNSET: r"(Conditional jump or move depends on|Use of) uninitialised value",
}

# Where the stacks of the object's beginning and end start, in a report of each.
STACKS = {
    "made": r"allocated by thread|Block was alloc'd at|is 0 bytes after a block of size .* alloc'd",
    "dropped": r"freed by thread|inside a block of size [\d,]+ free'd",
}
STACK_END = r"\n(==\d+== *)?(\n|$)|Block was alloc'd at"

MEMCHECK = ("valgrind", "--error-exitcode=99", "--leak-check=no", "--quiet")

# Name, compiler, sanitizer of the program, of the library, launcher, patterns.
CHECKERS = (
    ("gcc ASan, library without", "gcc", "address", "", (), ASAN),
    ("gcc ASan, library with", "gcc", "address", "address", (), ASAN),
    ("clang ASan, library with", "clang-19", "address", "address", (), ASAN),
    ("clang MSan, library with", "clang-19", "memory", "memory", (), MSAN),
    ("memcheck, as released", "gcc", "", "", MEMCHECK, VALGRIND),
)

# The library as it is released has no frame pointers: the stacks of malloc and free are
# unwound by its tables.
QUIET = {"ASAN_OPTIONS": "detect_leaks=0:fast_unwind_on_malloc=0", "NANVM_SANITIZER": ""}


def build(context, name, compiler, program, library):
    """The program with the errors, built so."""
    folder = re.sub(r"\W+", "-", name)
    return context.build_tree(
        folder,
        f"-DCMAKE_C_COMPILER={compiler}",
        "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
        f"-DERRORS_SANITIZE={program}",
        f"-DNANVM_SANITIZE={library}",
        source=context.source / "tests" / "verify" / "checkers",
        target="errors",
    )


def stack_of(what, said):
    """The first stack in a report that says where the object was made, or dropped."""
    start = re.search(STACKS[what], said)
    if not start:
        return ""
    end = re.search(STACK_END, said[start.end():])
    return said[start.end():start.end() + end.start()] if end else said[start.end():]


def complaint(patterns, error, said):
    """What is missing in a report; an empty text if nothing is."""
    kind, maker, dropper = ERRORS[error]
    if not re.search(patterns[kind], said):
        return f"isn't reported as {kind}"
    for what, function in (("made", maker), ("dropped", dropper)):
        if function and not re.search(rf"\b{function}\b", stack_of(what, said)):
            return f"the report has no stack of where it was {what} ({function})"
    return ""


def commit(context, folder, launcher, error, env=None):
    """Runs the program with an error; returns its status and what was said."""
    done = context.run(
        *launcher, folder / "errors", error, check=False, env={**QUIET, **(env or {})}, timeout=60
    )
    return done.returncode, done.stdout


def check(context, name, compiler, program, library, launcher, patterns):
    """What this checker should have reported, and how often it did."""
    folder = build(context, name, compiler, program, library)
    wrong = []
    errors = [error for error in ERRORS if ERRORS[error][0] in patterns]

    def one(error):
        status, said = commit(context, folder, launcher, error)
        text = complaint(patterns, error, said) or ("" if status else "the status is 0")
        return f"{name}: {error}: {text}" if text else ""

    with ThreadPoolExecutor(context.jobs) as pool:
        wrong += filter(None, pool.map(one, errors))
    status, said = commit(context, folder, launcher, "none")
    if status != 0 or said.strip():
        wrong.append(f"{name}: reports what is no error")
    return len(errors) + 1 - len(wrong), wrong


def pools_stay(context):
    """With NANVM_SANITIZER=off the pools are used as ever: malloc sees nothing of a drop."""
    folder = context.build / "gcc-ASan-library-without"
    status, _ = commit(
        context, folder, (), "local_read_after_drop", env={"NANVM_SANITIZER": "off"}
    )
    return [] if status == 0 else ["NANVM_SANITIZER=off doesn't keep the pools"]


def page(counts):
    """The table for Assurance."""
    rows = ["| checker | errors reported |", "| --- | ---: |"]
    rows += [f"| {name} | {held - 1} of {total} |" for name, held, total in counts]
    return rows


def run(context):
    """Every checker with every error that it can see."""
    passed, wrong, counts = 0, [], []
    for name, compiler, program, library, launcher, patterns in CHECKERS:
        held, bad = check(context, name, compiler, program, library, launcher, patterns)
        passed += held
        wrong += bad
        counts.append((name, held, sum(ERRORS[e][0] in patterns for e in ERRORS)))
    bad = pools_stay(context)
    passed += 1 - len(bad)
    wrong += bad
    if wrong:
        raise StepFailed("; ".join(wrong))
    total = sum(total for _, _, total in counts)
    return Result(
        figure=f"{total} errors reported by {len(CHECKERS)} checkers, no false report",
        passed=passed,
        page=page(counts),
    )
