"""Any sequence of operations has the outcome that a model predicts, and each misuse is reported.

The operations are random, and inputs that reach new code are kept and varied; the model knows
every count and all contents.

The targets are driven by libFuzzer under AddressSanitizer and UndefinedBehaviorSanitizer:
once as a memory checker sees the library, where a local manager gives each object a piece of
memory of its own, and once with its pools as they are (NANVM_SANITIZER=off). They count what
they do, and print it at their end.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import time

import context

TITLE = "Model fuzzing"
GOAL = "10^10 operations agree with a model; every misuse is reported"
NEEDS = {
    "clang-19": "clang-19",
    "libclang-rt-19-dev": "/usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.fuzzer-*.a",
    "llvm-19": "llvm-symbolizer-19",
    "afl++": "afl-fuzz",
    "valgrind": "valgrind",
}

FAST_OPERATIONS = 10**7
FULL_OPERATIONS = 10**10
FAST_RUNS = 4000  # inputs of a process in a round: some 900 operations each
FULL_RUNS = 100_000
MISUSE_RUNS = {False: 4000, True: 400_000}
AFL_SECONDS = 1800  # for each target

HERE = pathlib.Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
MODEL_SIZE = 6002  # bytes: two, and a thousand operations
MISUSE_SIZE = 305

# Stacks of 6 frames, and a small quarantine, which stays in the cache: half the time.
SANITIZERS = {
    "ASAN_OPTIONS": "quarantine_size_mb=8:malloc_context_size=6:max_malloc_fill_size=64:"
    "detect_stack_use_after_return=0:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}
POOLS = {**SANITIZERS, "NANVM_SANITIZER": "off"}
WATCHED = {**SANITIZERS, "NANVM_SANITIZER": "on"}

# A quarantine refers to objects without bytes behind the end of their memory: no leaks, but
# LeakSanitizer takes them for such.
APART = {**POOLS, "ASAN_OPTIONS": SANITIZERS["ASAN_OPTIONS"] + ":detect_leaks=0"}

# Debug information, and the library's own assertions.
FLAGS = ("-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DCMAKE_C_FLAGS_RELWITHDEBINFO=-O2 -g")
FUZZER = ("-DCMAKE_C_COMPILER=clang-19", "-DFUZZ_LIBFUZZER=ON")
CHECKED = "-DFUZZ_SANITIZE=address,undefined"
HARDENED = "-DNANVM_HARDENED=ON"
DEBUG = "-DNANVM_DEBUG=ON"


class Tally:
    """What was done: in all, and misuse by misuse."""

    def __init__(self):
        self.numbers = {"operations": 0, "inputs": 0, "misuses": 0}
        self.reported = {}
        self.reached = 0

    def add(self, text):
        """Counts in what a target printed."""
        for word, number in re.findall(r"^(operations|inputs|misuses): (\d+)$", text, re.M):
            self.numbers[word] += int(number)
        for number in re.findall(r"^stat::number_of_executed_units: (\d+)$", text, re.M):
            self.numbers["inputs"] += int(number)
        for number, name in re.findall(r"^reported: (\d+) (.*)$", text, re.M):
            self.reported[name] = self.reported.get(name, 0) + int(number)
        for number in re.findall(r"\bft: (\d+)", text):
            self.reached = max(self.reached, int(number))

    def __getitem__(self, word):
        return self.numbers[word]

    def load(self, path):
        """Goes on from what was kept."""
        if path.exists():
            self.numbers, self.reported, self.reached = json.loads(path.read_text())

    def store(self, path):
        """Keeps it, for a run that is to go on."""
        path.write_text(json.dumps([self.numbers, self.reported, self.reached]))


def drive(work, command, env, tally, what):
    """Runs a target; a crash is told with what repeats it."""
    done = work.run(*command, env=env, check=False)
    tally.add(done.stdout)
    if done.returncode != 0:
        words = " ".join(str(word) for word in command)
        checker = env.get("NANVM_SANITIZER", "unset")
        how = f"{what} ended with {done.returncode}"
        raise context.StepFailed(f"{how}: NANVM_SANITIZER={checker} {words}")
    if "operations: 0\n" in done.stdout or "operations: " not in done.stdout:
        raise context.StepFailed(f"{what} did nothing")


def together(jobs):
    """Runs the functions at the same time; the first failure ends the step."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for future in [pool.submit(job) for job in jobs]:
            future.result()


# --- libFuzzer ---


def fuzz(work, program, found, env, runs, seed, tally):
    """A process of libFuzzer's; what it finds new goes into the folder `found`."""
    target = program.name.removeprefix("fuzz_")
    size = MODEL_SIZE if target == "model" else MISUSE_SIZE
    found.mkdir(parents=True, exist_ok=True)
    command = [program, f"-runs={runs}", f"-seed={seed}", f"-max_len={size}", "-len_control=0"]
    command += ["-timeout=60", "-rss_limit_mb=4096", "-print_final_stats=1"]
    command += [f"-artifact_prefix={work.build}/{target}-", found, CORPUS / target]
    drive(work, command, env, tally, f"{target}, seed {seed},")


def fuzz_round(work, builds, runs, seed, tally):
    """Two processes at a time: pools, and what a memory checker sees."""
    model = builds["checked"] / "fuzz_model"
    hardened = builds["hardened"] / "fuzz_model"
    found = work.build / "found"
    jobs = [
        lambda: fuzz(work, model, found / "pools", POOLS, runs, seed, tally),
        lambda: fuzz(work, model, found / "watched", WATCHED, runs, seed + 1, tally),
        lambda: fuzz(work, hardened, found / "hardened", APART, runs // 8, seed + 2, tally),
    ]
    together(jobs)


def fuzz_misuse(work, builds, runs, seed, tally):
    """The usual build, and the debug one, which has to see all that the hardened one sees,
    and more."""
    found = work.build / "found"
    jobs = [
        lambda each=each: fuzz(
            work, builds[each] / "fuzz_misuse", found / f"misuse-{each}", APART, runs, seed, tally
        )
        for each in ("checked", "debug")
    ]
    together(jobs)


def replay(work, builds, tally):
    """The kept corpus, by every program."""
    plain = builds["checked"]
    hard = builds["hardened"]
    runs = [
        (plain / "model", POOLS),
        (plain / "model", WATCHED),
        (hard / "model", APART),
        (plain / "misuse", POOLS),
        (hard / "misuse", APART),
    ]
    together(
        lambda program=program, env=env: drive(
            work, [program, CORPUS / program.name], env, tally, f"the corpus by {program.name}"
        )
        for program, env in runs
    )


def expect_each_reported(tally):
    """Every misuse of the table was committed, and reported."""
    silent = [name for name, number in tally.reported.items() if number == 0]
    if silent or not tally.reported:
        raise context.StepFailed(f"never committed: {', '.join(silent)}")


# --- other drivers, in a full run ---


def other_drivers(work, tally):
    """gcc's sanitizers and no sanitizer at all, over the corpus and at random; valgrind,
    over the corpus."""
    for name, options in {
        "gcc": (),
        "gcc-checked": (CHECKED,),
        "gcc-hardened": (HARDENED,),
        "gcc-debug": (DEBUG,),
    }.items():
        where = work.build_tree(name, *FLAGS, *options, source=HERE)
        for target in ("model", "misuse"):
            program = where / target
            drive(work, [program, CORPUS / target], POOLS, tally, f"{name}: the corpus")
            drive(work, [program, "--random", 20_000, 1], POOLS, tally, f"{name}: at random")
    checker = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full"]
    command = [*checker, work.build / "gcc" / "model", CORPUS / "model"]
    drive(work, command, WATCHED, tally, "valgrind: the corpus")


AFL = {
    "AFL_SKIP_CPUFREQ": "1",
    "AFL_NO_AFFINITY": "1",
    "AFL_NO_UI": "1",
    "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1",
    "NANVM_SANITIZER": "off",
}


def afl(work, where, target, seconds, tally):
    """AFL++ on one target, for a time."""
    out, counts = work.build / f"afl-{target}", work.build / f"afl-{target}.txt"
    shutil.rmtree(out, ignore_errors=True)
    counts.unlink(missing_ok=True)
    command = ["afl-fuzz", "-V", seconds, "-i", CORPUS / target, "-o", out]
    work.run(*command, "--", where / target, "--afl", counts, env=AFL, timeout=seconds + 600)
    tally.add(counts.read_text() if counts.exists() else "")
    crashes = list(out.glob("default/crashes/id*"))
    if crashes:
        raise context.StepFailed(f"AFL++ found {len(crashes)} crashes: {crashes[0]}")


def afl_both(work, seconds, tally):
    """Both targets at the same time, without sanitizers: they have models."""
    compiler = "-DCMAKE_C_COMPILER=afl-clang-fast"
    where = work.build_tree("afl", *FLAGS, compiler, source=HERE)
    together(
        lambda target=target: afl(work, where, target, seconds, tally)
        for target in ("model", "misuse")
    )


# --- the step ---


def build(work):
    """Both programs of libFuzzer's, in the usual and the hardened build of the library; of
    the debug build the one that commits misuses."""
    options = {
        "checked": ((), None),
        "hardened": ((HARDENED,), None),
        "debug": ((DEBUG,), "fuzz_misuse"),
    }
    return {
        name: work.build_tree(name, *FLAGS, *FUZZER, CHECKED, *more, source=HERE, target=target)
        for name, (more, target) in options.items()
    }


def run_fast(work, tally, seed):
    """Rounds until there are enough operations."""
    builds = build(work)
    shutil.rmtree(work.build / "found", ignore_errors=True)
    replay(work, builds, tally)
    fuzz_misuse(work, builds, MISUSE_RUNS[False], seed, tally)
    while tally["operations"] < FAST_OPERATIONS:
        fuzz_round(work, builds, FAST_RUNS, seed, tally)
        seed += 3


def run_once(work, builds, tally, seed, minutes):
    """What a full run does besides: once, however often it is ended. AFL++ has a quarter of
    the time, or what it needs."""
    other_drivers(work, tally)
    fuzz_misuse(work, builds, MISUSE_RUNS[True], seed, tally)
    afl_both(work, int(min(AFL_SECONDS, max(60, 15 * minutes))), tally)


def run_full(work, tally, seed):
    """The same for longer; goes on where it was ended. NANVM_FUZZ_MINUTES ends it early."""
    kept = work.build / "full.json"
    minutes = float(os.environ.get("NANVM_FUZZ_MINUTES", "inf"))
    deadline = time.monotonic() + 60 * minutes
    tally.load(kept)
    builds = build(work)
    replay(work, builds, tally)
    if not kept.exists():
        run_once(work, builds, tally, seed, minutes)
        tally.store(kept)
    while tally["operations"] < FULL_OPERATIONS and time.monotonic() < deadline:
        fuzz_round(work, builds, FULL_RUNS, seed, tally)
        tally.store(kept)
        seed += 3


def page(tally):
    """How often each misuse was committed."""
    rows = ["| misuse, after any operations | committed, and reported |", "| --- | ---: |"]
    return rows + [f"| {name} | {number:,} |" for name, number in tally.reported.items()]


def figure(tally, seed):
    """One line."""
    return (
        f"{tally['operations']:,} operations in {tally['inputs']:,} inputs, "
        f"{tally['misuses']:,} misuses of {len(tally.reported)} kinds reported; "
        f"{tally.reached:,} features reached, seed {seed}"
    )


def run(work):
    """See the docstring of this file."""
    tally = Tally()
    seed = int(time.time()) % 2**31
    work.note(f"seed {seed}")
    (run_full if work.full else run_fast)(work, tally, seed)
    expect_each_reported(tally)
    goal = FULL_OPERATIONS if work.full else FAST_OPERATIONS
    short = f"{tally['operations']:,} of {goal:,} operations" * (tally["operations"] < goal)
    return context.Result(
        figure=figure(tally, seed),
        passed=tally["inputs"],
        short=short,
        page=page(tally),
    )
