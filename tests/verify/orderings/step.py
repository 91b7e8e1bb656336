"""The orderings of the library's atomic operations are enough, and each is needed.

The shipped text of the library is compiled with its atomic operations carried out by Relacy,
a model checker for the C++ memory model (model.h, model.cpp), and runs what threads do with
references (scenarios.c): every order in which threads may come, every value that a load may
see. Then each operation is weakened by one step, and some scenario has to notice. In the end
ThreadSanitizer watches threads that do all of it as fast as they can (stress.c)."""

import dataclasses
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor

import tree
from context import Result, StepFailed

TITLE = "Orderings"
GOAL = (
    "all executions of 3 threads, and of 4 threads up to a bound; each weakened ordering is "
    "noticed; "
    "10^9 operations under ThreadSanitizer"
)
NEEDS = {
    "gcc": "gcc",
    "g++": "g++",
    "relacy-dev": "/usr/include/relacy/relacy.hpp",
    "clang-19": "clang-19",
    "libclang-rt-19-dev": "/usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.tsan-*.a",
}

# --- what is run ----------------------------------------------------------------------

# Scenarios of two and three threads are run in every order there is; of those of four
# threads, these: build, scenario.
FOUR_THREADS = (("usual", "four_drop"), ("usual", "four_take"))
FOUR_THREADS_FULL = (("usual", "four_limit"),)

# A matter of seconds, or of minutes: in a full run only.
TAKES_LONG = (
    ("hardened", "make_mut_clone"),
    ("hardened", "clone_two_drop"),
    ("hardened", "limit_two"),
    ("hardened", "take_clone"),
    ("hardened", "count_clone"),
    ("hardened", "clone_one"),
    ("hardened", "clone_two"),
    ("usual", "cell_refills_store"),
    ("usual", "cell_refill_two"),
    ("hardened", "cell_loads_store"),
    ("hardened", "cell_refills_store"),
    ("hardened", "cell_refill_two"),
)

# Four threads, with a bound: build, scenario, how often one that could go on waits, how many
# values back a load may see (None: all).
BOUNDED = (
    ("usual", "four_clone", 2, 1),
    ("usual", "four_limit", 2, 1),
    ("usual", "four_mixed", 1, 1),
)
BOUNDED_FULL = (
    ("usual", "four_make_mut", 2, 1),
    ("usual", "four_mixed", 2, 1),
    ("usual", "four_clone", 2, None),
    ("hardened", "four_drop", 2, 1),
    ("hardened", "four_take", 2, 1),
)

# Run with all orders besides, in a full run those of the second list too: what is left out
# otherwise has to be nothing but the same again.
COMPARED = (
    ("usual", "take_one"),
    ("usual", "limit_reached"),
    ("usual", "count"),
    ("usual", "stats"),
    ("usual", "node"),
    ("usual", "pair"),
    ("usual", "handlers"),
    ("hardened", "take_pair"),
    ("hardened", "limit_passed"),
    ("hardened", "pair_for_two"),
    ("hardened", "key_two"),
    ("hardened", "waiting"),
)
COMPARED_FULL = (
    ("usual", "make_mut_two"),
    ("usual", "make_mut_one"),
    ("usual", "take_two"),
    ("usual", "clone_one"),
    ("usual", "to_mut_two"),
    ("usual", "clone_two"),
    ("usual", "pair_of_node"),
    ("hardened", "make_mut_node"),
    ("hardened", "clone_pair"),
    ("hardened", "stats"),
)

# What the model has to show: a failure where the name says so.
MODEL_ITSELF = (
    ("usual", "model_sequence"),
    ("usual", "model_fails_old"),
    ("usual", "model_fails_sequence"),
)

# Operations that could be weaker, by caller, name and kind: why they aren't.
STRONGER = {
    ("nanvm_block_set_count", "nanvm_count_word_store_relaxed", "store"): (
        "an ordinary store in the usual build; here the relaxed one, which is the same "
        "instruction"
    ),
    ("-", "nanvm_count_word_store_relaxed", "store"): "the same, of a new object",
    ("nanvm_count_add_many", "nanvm_count_word_store_relaxed", "store"): (
        "the same, of a sole owner's object"
    ),
    ("nanvm_count_add", "nanvm_count_word_store_relaxed", "store"): (
        "the same, of a plain count"
    ),
    ("is_here", "nanvm_atomic_read_relaxed", "load"): (
        "whoever may use the manager wrote the number itself, or was told of it"
    ),
    ("replace_oldest", "nanvm_atomic_raise_relaxed", "add"): (
        "two of the dead with one turn do no harm: this only spreads them"
    ),
}

# The update of a cell: one of its weakenings is noticed by scenarios of TAKES_LONG only.
NOTICED_LATE = {("-", "nanvm_wide_replace", "compare_exchange")}


@dataclasses.dataclass(frozen=True)
class Site:
    """An operation of the library: where it stands, and with which ordering."""

    build: str
    caller: str
    operation: str
    kind: str
    order: str


@dataclasses.dataclass
class Run:
    """What came of a scenario."""

    build: str
    scenario: str
    executions: int
    result: str
    sites: set
    bound: str  # empty: there are no more
    graphs: int  # executions that differ in who saw what, if they were counted

    @property
    def passed(self):
        """Whether every execution went well."""
        return self.result == "SUCCESS"


@dataclasses.dataclass
class Comparison:
    """A scenario with all orders, and without those left out."""

    whole: Run
    reduced: Run

    @property
    def passed(self):
        """Whether nothing but the same was left out."""
        same = self.whole.graphs == self.reduced.graphs > 0
        return same and self.whole.passed and self.reduced.passed


@dataclasses.dataclass
class Mutant:
    """An operation weakened, and who noticed: None if nobody did."""

    site: Site
    how: str
    by: Run = None

    @property
    def excuse(self):
        """Why it may be stronger than it has to be; None if there is no reason."""
        return STRONGER.get((self.site.caller, self.site.operation, self.site.kind))

    @property
    def is_as_expected(self):
        """Noticed; or not, where that is known."""
        return (self.by is None) == (self.excuse is not None)


# --- building the models --------------------------------------------------------------

MODELS = {"usual": (), "hardened": ("-DNANVM_HARDENED",)}

# Files that have something to do with what the model intervenes in.
OWN_FLAGS = {
    **dict.fromkeys(("statics", "count_word", "header"), ("-DMODEL_OF_CHECKSUMS",)),
    **dict.fromkeys(("quarantine", "wipe"), ("-DMODEL_OF_QUARANTINE",)),
    "remote": ("-DMODEL_OF_REMOTE",),
}


def in_parallel(context, jobs):
    """The results of functions without arguments."""
    with ThreadPoolExecutor(context.jobs) as pool:
        return [each.result() for each in [pool.submit(job) for job in jobs]]


def here(context):
    """The folder of this step."""
    return context.source / "tests" / "verify" / "orderings"


def global_with_one_waiting(context):
    """A hardened global manager in which one of the dead waits, in place of many: only so
    few threads get to change places."""
    text = (context.source / "src" / "hardened" / "global_blocks.c").read_text()
    changed, count = re.subn(r"\bWAITING = 1024\b", "WAITING = 1", text)
    if count != 1:
        raise StepFailed("global_blocks.c says otherwise how many of the dead wait")
    path = context.build / "global_blocks.c"
    path.write_text(changed)
    return path


def cell_with_few_in_advance(context):
    """Cells that count 7 references in advance, in place of 1,023: so a few loads come to
    the place where they count further ones."""
    return file_with_less(context, "cell.c", "TAKEN_BITS = 10", "TAKEN_BITS = 3")


def sharing_with_small_pages(context):
    """The model has little memory."""
    return file_with_less(
        context, "ref_share.c", "PAGE_LENGTH = 8190", "PAGE_LENGTH = 30"
    )


def file_with_less(context, name, what, less):
    """A file of the core with another constant."""
    text = (context.source / "src" / name).read_text()
    changed, count = re.subn(rf"\b{what}\b", less, text)
    if count != 1:
        raise StepFailed(f"{name} doesn't say `{what}` once")
    path = context.build / name
    path.write_text(changed)
    return path


def files_of_model(context, build):
    """The C files of the library and of this step."""
    is_hardened = build == "hardened"
    files = {each.stem: context.source / each for each in tree.library(build)}
    files["cell"] = cell_with_few_in_advance(context)
    files["ref_share"] = sharing_with_small_pages(context)
    files["scenarios"] = here(context) / "scenarios.c"
    if is_hardened:
        files["statics"] = here(context) / "statics.c"  # has two others inside
        files["global_blocks"] = global_with_one_waiting(context)
        del files["checksum"], files["guard_page"]
    del files["inline"]  # the model has a copy in each file
    return files


def compile_c(context, build, name, path):
    """One file of a model; returns the object."""
    target = context.build / build / f"{name}.o"
    target.parent.mkdir(exist_ok=True)
    warnings = ("-Wall", "-Wextra", "-Werror") if name == "scenarios" else ("-w",)
    context.run(
        *("gcc", "-std=gnu11", "-O2", "-g", "-fno-strict-aliasing", *warnings, *MODELS[build]),
        *(f"-I{context.source / folder}" for folder in tree.includes(build)),
        *("-include", here(context) / "model.h", *OWN_FLAGS.get(name, ())),
        *("-c", path, "-o", target),
    )
    return target


def compile_model(context):
    """The model itself; returns the object."""
    target = context.build / "model.o"
    warnings = ("-Wall", "-Wextra", "-Werror")
    source = here(context) / "model.cpp"
    context.run("g++", "-std=gnu++17", "-O2", "-g", *warnings, "-c", source, "-o", target)
    return target


def build_models(context):
    """A program for each build."""
    jobs = [lambda: compile_model(context)]
    for build in MODELS:
        for name, path in files_of_model(context, build).items():
            jobs.append(lambda b=build, n=name, p=path: compile_c(context, b, n, p))
    model, *objects = in_parallel(context, jobs)
    for build in MODELS:
        parts = [each for each in objects if each.parent.name == build]
        context.run("g++", *parts, model, "-o", program(context, build))


def program(context, build):
    """The path of a model."""
    return context.build / f"model-{build}"


# --- running them ---------------------------------------------------------------------


def options_of(switches, back):
    """Words for the command line."""
    words = ["switches", switches]
    return words + ([] if back is None else ["back", back])


def bound_of(options):
    """What options leave out, for the page."""
    values = dict(zip(options[::2], options[1::2]))
    back = f", {values['back'] + 1} values" if "back" in values else ""
    return f"{values['switches']} switches{back}" if "switches" in values else ""


def minutes():
    """How long a scenario of a full run may take; None: as long as it does."""
    given = os.environ.get("NANVM_ORDERINGS_MINUTES")
    return float(given) if given else None


def explore_in_time(context, *scenario):
    """Runs a scenario of a full run; None if it came to no end in the time there is."""
    limit = minutes()
    began = time.monotonic()
    try:
        return explore(context, *scenario, timeout=limit and 60 * limit)
    except StepFailed:
        if limit and time.monotonic() - began >= 60 * limit:
            return None
        raise


def explore(context, build, scenario, *options, timeout=None):
    """Runs a scenario; the result is in what it prints."""
    words = (program(context, build), "run", scenario, *options)
    done = context.run(*words, check=False, timeout=timeout)
    executions = re.search(r"^executions (\d+)$", done.stdout, re.M)
    graphs = re.search(r"^graphs (\d+)$", done.stdout, re.M)
    result = re.search(r"^result (.+)$", done.stdout, re.M)
    if not executions or not result or "INCONSISTENT" in done.stdout:
        raise StepFailed(f"the model of '{scenario}' broke off")
    words = re.findall(r"^site (\S+) (\S+) (\S+) (\S+) \d+$", done.stdout, re.M)
    return Run(
        build=build,
        scenario=scenario,
        executions=int(executions.group(1)),
        result=result.group(1),
        sites={Site(build, *each) for each in words},
        bound=bound_of(options),
        graphs=int(graphs.group(1)),
    )


def scenarios_of(context, build):
    """Those of two and three threads, but for the model's own."""
    lines = context.run(program(context, build), "list").stdout.splitlines()
    names = [name for name, threads, *_ in map(str.split, lines) if threads in "23"]
    return [(build, name) for name in names if not name.startswith("model_")]


def whole_scenarios(context):
    """What is run in every order there is; what takes longest comes first."""
    found = [each for build in MODELS for each in scenarios_of(context, build)]
    found = [*FOUR_THREADS, *(each for each in found if each not in TAKES_LONG)]
    return [*TAKES_LONG, *FOUR_THREADS_FULL, *found] if context.full else found


def explore_all(context):
    """Runs that try all there is, runs with a bound, and the names of those that came to no
    end in the time there is."""
    whole = whole_scenarios(context)
    bounded = BOUNDED_FULL + BOUNDED if context.full else BOUNDED
    scenarios = [*whole, *((*each[:2], *options_of(*each[2:])) for each in bounded)]
    jobs = [lambda e=each: explore_in_time(context, *e) for each in scenarios]
    runs = in_parallel(context, jobs)
    endless = [" ".join(map(str, s)) for s, run in zip(scenarios, runs) if run is None]
    split = len(whole)
    return [r for r in runs[:split] if r], [r for r in runs[split:] if r], endless


def compare(context, build, scenario):
    """Runs a scenario both ways."""
    whole = explore(context, build, scenario, "graphs", "whole")
    return Comparison(whole, explore(context, build, scenario, "graphs"))


def compare_all(context):
    """Whether what is left out is the same again."""
    compared = COMPARED_FULL + COMPARED if context.full else COMPARED
    return in_parallel(context, [lambda e=each: compare(context, *e) for each in compared])


def check_model(context):
    """How many of the model's own scenarios end as they should, and as they shouldn't."""
    runs = in_parallel(context, [lambda e=e: explore(context, *e) for e in MODEL_ITSELF])
    right = sum(each.passed != ("fails" in each.scenario) for each in runs)
    return right, len(runs) - right


# --- weakening ------------------------------------------------------------------------

# One step down, by kind of operation and ordering.
WEAKER = {
    ("load", "acquire"): ("relaxed",),
    ("load", "relaxed"): ("plain",),
    ("store", "release"): ("relaxed",),
    ("store", "relaxed"): ("plain", "omitted"),
}
WEAKER_UPDATE = {
    "acq_rel": ("acquire", "release", "split"),
    "release": ("relaxed", "split"),
    "acquire": ("relaxed", "split"),
    "relaxed": ("split",),
}

# Those with an ordering of their own where they fail.
WEAKER_FAILED = {"nanvm_atomic_replace_pointer": ("failed_relaxed",)}


def weaker(site):
    """How an operation can be weakened; one that may be isn't left out besides."""
    if (site.caller, site.operation, site.kind) in NOTICED_LATE:
        return ()
    if (site.caller, site.operation, site.kind) in STRONGER:
        return ("split",) if site.kind == "add" else ("plain",)
    if site.kind == "compare_exchange" and site.order == "release":
        return (*WEAKER_UPDATE[site.order], *WEAKER_FAILED.get(site.operation, ()))
    return WEAKER.get((site.kind, site.order)) or WEAKER_UPDATE[site.order]


def own_functions(context):
    """The names of functions of the scenarios, which have operations of their own."""
    text = (here(context) / "scenarios.c").read_text()
    return set(re.findall(r"^static [^;=]*?\b(\w+)\([^;{]*\) \{", text, re.M))


def sites_of(context, runs):
    """The library's operations that were carried out."""
    own = own_functions(context)
    found = {site for run in runs for site in run.sites if site.operation not in own}
    return sorted(found, key=dataclasses.astuple)


def try_mutant(context, runs, mutant):
    """Runs the scenarios that have the operation, the shortest first, until one fails."""
    site = mutant.site
    for run in runs:
        if site in run.sites:
            words = (site.caller, site.operation, site.kind, mutant.how)
            found = explore(context, site.build, run.scenario, "weaken", *words)
            if not found.passed:
                mutant.by = found
                break
    return mutant


def try_mutants(context, runs):
    """Every operation, weakened by one step."""
    runs = sorted(runs, key=lambda run: run.executions)
    slow = TAKES_LONG + FOUR_THREADS + FOUR_THREADS_FULL
    fast = [run for run in runs if (run.build, run.scenario) not in slow]
    mutants = [Mutant(site, how) for site in sites_of(context, fast) for how in weaker(site)]
    return in_parallel(context, [lambda m=m: try_mutant(context, fast, m) for m in mutants])


def operations_in(text):
    """The names of functions that have an atomic operation in them."""
    found = set()
    function = ""
    for line in text.splitlines():
        begins = re.match(r"[A-Za-z][^#=]*?\b(\w+)\(", line)
        if begins:
            function = begins.group(1)
        uses = re.search(r"__atomic_\w+\(|\bNANVM_ATOMIC_(EXCHANGE|LOAD)\(", line)
        if uses and line.startswith(" ") and not line.rstrip().endswith("\\"):
            found.add(function)
    return found


def never_run(context, runs):
    """Atomic operations of the library that no scenario has come to."""
    files = [*(context.source / "src").rglob("*.[ch]"), *(context.source / "include").rglob("*.h")]
    there = set().union(*(operations_in(path.read_text()) for path in files))
    return sorted(there - {site.operation for run in runs for site in run.sites})


# --- ThreadSanitizer ------------------------------------------------------------------

# Compiler, flags, operations in full, whether it has to be silent.
STRESS = {
    "gcc": ("gcc", (), 10**9, True),
    "clang": ("clang-19", (), 10**9, True),
    "gcc-hardened": ("gcc", ("-DNANVM_HARDENED",), 10**8, True),
    "no-release": ("gcc", ("-U__ATOMIC_RELEASE", "-D__ATOMIC_RELEASE=0"), 10**8, False),
    "no-acquire": ("gcc", ("-U__ATOMIC_ACQUIRE", "-D__ATOMIC_ACQUIRE=0"), 10**8, False),
}
SECONDS = 3  # of the fast part, for each


def build_stress(context, name):
    """The program for ThreadSanitizer. What is to be noticed needn't be fast, and only the
    library is without its orderings."""
    compiler, flags, _, is_silent = STRESS[name]
    own = flags if is_silent else ()
    common = (compiler, "-std=gnu11", "-O2" if is_silent else "-O1", "-g", "-fsanitize=thread")
    build = "hardened" if "-DNANVM_HARDENED" in flags else "usual"
    include = tuple(f"-I{context.source / folder}" for folder in tree.includes(build))
    folder = context.build / f"stress-{name}"
    folder.mkdir(exist_ok=True)
    sources = [context.source / each for each in tree.library(build)]
    context.run(*common, *flags, *include, "-c", *sources, cwd=folder)
    stress = here(context) / "stress.c"
    objects = [folder / f"{each.stem}.o" for each in sources]
    target = folder / "stress"
    context.run(*common, *own, *include, stress, *objects, "-pthread", "-o", target)
    return target


def steady(context):
    """ThreadSanitizer doesn't start where addresses are too random."""
    words = ("setarch", os.uname().machine, "-R")
    return words if context.run(*words, "true", check=False).returncode == 0 else ()


def stress(context, name, path):
    """Runs one; how many operations, and whether it ended as it should."""
    _, _, operations, is_silent = STRESS[name]
    seconds = 0 if context.full and is_silent else SECONDS
    limits = (operations if context.full else 10**9, seconds)
    done = context.run(
        *(*steady(context), path, *limits),
        env={"TSAN_OPTIONS": "halt_on_error=1"},
        check=False,
    )
    if not is_silent:
        return 0, "WARNING: ThreadSanitizer: data race" in done.stdout
    count = re.search(r"^operations (\d+)$", done.stdout, re.M)
    return int(count.group(1)) if count else 0, done.returncode == 0 and bool(count)


def stress_all(context):
    """Operations of those that are silent, and who ended otherwise than it should."""
    names = list(STRESS)
    paths = in_parallel(context, [lambda n=n: build_stress(context, n) for n in names])
    counts, wrong = {}, []
    for name, path in zip(names, paths):
        counts[name], is_right = stress(context, name, path)
        if not is_right:
            wrong.append(name)
    return counts, wrong


# --- the page -------------------------------------------------------------------------


def row(mutant):
    """A line of the table of orderings."""
    site = mutant.site
    caller = "" if site.caller == "-" else f"`{site.caller}`"
    noticed = mutant.excuse or "**by none**"
    if mutant.by is not None:
        noticed = f"{mutant.by.scenario}: {mutant.by.result.lower()}"
    kind = "compare and exchange" if site.kind == "compare_exchange" else site.kind
    return (
        f"| `{site.operation}` | {caller} | {kind}, {site.order} | {mutant.how} | {noticed} |"
    )


def mutants_table(mutants, build):
    """The operations of a build."""
    rows = {row(each): None for each in mutants if each.site.build == build}
    return [
        "| operation | called by | is | weakened to | noticed in |",
        "| --- | --- | --- | --- | --- |",
        *rows,
    ]


def runs_table(runs):
    """The scenarios that were run, with how many executions each has."""
    rows = ["| scenario | build | executions | but for |", "| --- | --- | ---: | --- |"]
    for run in runs:
        bound = f"more than {run.bound}" if run.bound else ""
        rows.append(f"| {run.scenario} | {run.build} | {run.executions:,} | {bound} |")
    return rows


def comparison_table(compared):
    """How much is left out."""
    rows = [
        f"| {each.whole.scenario} | {each.whole.build} | {each.whole.executions:,} | "
        f"{each.whole.graphs:,} | {each.reduced.graphs:,} |"
        for each in compared
    ]
    return [
        "| scenario | build | executions in all orders | that differ | found without |",
        "| --- | --- | ---: | ---: | ---: |",
        *rows,
    ]


def page(whole, bounded, compared, mutants, counts):
    """The details of Assurance."""
    rates = ", ".join(f"{name}: {count:,}" for name, count in counts.items() if count)
    return [
        *runs_table(whole + bounded),
        "",
        "Left out are executions in which no thread sees or does anything else than in one "
        "that is there: operations that don't touch each other in another order, and a value "
        "that was overwritten where the load could have come before that. Run with these, "
        "too, as many differ:",
        "",
        *comparison_table(compared),
        "",
        "Each operation, weakened by one step, and the scenario that noticed:",
        "",
        *mutants_table(mutants, "usual"),
        "",
        "The hardened build:",
        "",
        *mutants_table(mutants, "hardened"),
        "",
        f"Operations on references under ThreadSanitizer: {rates}. Without release, and "
        "without acquire, it reports a race.",
    ]


# --- the step -------------------------------------------------------------------------


def wrongs(whole, bounded, compared, mutants, unseen, stressed):
    """What isn't as it should be, in words."""
    found = [f"'{run.scenario}': {run.result}" for run in whole + bounded if not run.passed]
    lost = [each.whole.scenario for each in compared if not each.passed]
    found += [f"'{name}': something is left out" for name in lost]
    for each in mutants:
        if not each.is_as_expected:
            word = "unnoticed" if each.by is None else "noticed after all"
            words = " ".join(dataclasses.astuple(each.site))
            found.append(f"{word}: {words}, {each.how}")
    found += [f"never run: {name}" for name in unseen]
    return found + [f"ThreadSanitizer: {name}" for name in stressed]


def total(runs):
    """Executions in all."""
    return sum(run.executions for run in runs)


def figure(whole, bounded, mutants, counts):
    """The one line."""
    needed = [each for each in mutants if each.excuse is None]
    noticed = sum(each.by is not None for each in needed)
    silent = " + ".join(f"{counts[name]:,} {name}" for name in counts if STRESS[name][3])
    return (
        f"{len(whole)} scenarios of 2 to 4 threads in every order there is: {total(whole):,} "
        f"executions; {len(bounded)} scenarios of 4 threads with a bound: {total(bounded):,}; "
        f"{noticed} of {len(needed)} weakenings noticed; under ThreadSanitizer {silent} "
        "operations"
    )


def run(context):
    """The step."""
    build_models(context)
    whole, bounded, endless = explore_all(context)
    right, model_wrong = check_model(context)
    compared = compare_all(context)
    mutants = try_mutants(context, whole)
    unseen = never_run(context, whole)
    counts, stressed = stress_all(context)
    bad = wrongs(whole, bounded, compared, mutants, unseen, stressed)
    for each in bad:
        context.note(f"WRONG: {each}")
    checks = len(whole) + len(bounded) + len(compared) + right + len(mutants) + len(STRESS)
    failed = len(bad) + model_wrong
    return Result(
        figure=figure(whole, bounded, mutants, counts) + (f"; {bad[0]}" if bad else ""),
        passed=checks - failed,
        failed=failed,
        short=f"no end in {minutes():g} minutes: {', '.join(endless)}" if endless else "",
        page=page(whole, bounded, compared, mutants, counts),
    )
