"""A lack of memory at any moment breaks nothing and loses nothing.

Each scenario (scenes_*.c) runs on every kind of manager: once with each request for memory
failing alone, once with all requests from it on failing, and with pairs of failures; in arenas,
with every size that is too small. attempt.c makes each operation and checks its result: after a
failure the arguments, all counts and all live objects have to be as they were."""

import concurrent.futures
import dataclasses
import re

import context

TITLE = "Failure injection"
GOAL = (
    "in every scenario each request for memory fails alone, and then together with all later "
    "ones; all pairs of requests fail where there are at most 200 requests; arenas of every size "
    "that is too small"
)
NEEDS = {"libcmocka-dev": "/usr/include/cmocka.h"}

COUNTS = "most_requests runs injected singles tails pairs triples random sizes need".split()
TALLY = re.compile("^TALLY " + " ".join([r"(\d+)"] * len(COUNTS)) + " (.*)$", re.MULTILINE)

# How much: all pairs up to so many requests, all triples likewise, runs with several
# failures by dice, and arenas of every size up to so many bytes (larger ones by steps).
# Where a run takes megabytes, pairs are for the plain build alone.
PLAIN = {"pairs": 200, "triples": 0, "random": 0, "exact": 8192}
SANITIZED = {"pairs": 20, "triples": 0, "random": 0, "exact": 2048}
PLAIN_FULL = {"pairs": 400, "triples": 60, "random": 1000, "exact": 1 << 20, "heavy": 1}
SANITIZED_FULL = {"pairs": 200, "triples": 20, "random": 100, "exact": 1 << 17}
WATCHED_FULL = {"pairs": 40, "triples": 0, "random": 20, "exact": 8192}
HARDENED_FULL = {"pairs": 200, "triples": 0, "random": 100, "exact": 1 << 16}

# There are none where a memory checker watches: each object has memory of malloc's.
NOT_WATCHED = ("local: regions",)


@dataclasses.dataclass
class Outcome:
    """What one scenario, on all kinds of managers, came to."""

    name: str
    tally: dict
    error: str = ""


@dataclasses.dataclass
class Program:
    """One build, and how much it does. The checker is what a sanitizer is to the library:
    where it watches, pools are set aside."""

    path: object
    amount: dict
    checker: str = "off"
    without: tuple = ()


def build(work, name, *options):
    """The program, with the library built in the same way."""
    folder = work.build_tree(
        name,
        "-DCMAKE_C_COMPILER=gcc",
        "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
        *options,
        source=work.source / "tests" / "verify" / "injection",
        target="injection",
    )
    return folder / "injection"


def programs(work):
    """Each build, the plain one first. Those with sanitizers do less in the same time."""
    plain = build(work, "plain")
    sanitized = build(work, "sanitized", "-DNANVM_SANITIZE=address,undefined")
    if not work.full:
        return [Program(plain, PLAIN), Program(sanitized, SANITIZED)]
    return [
        Program(plain, PLAIN_FULL),
        Program(sanitized, SANITIZED_FULL),
        Program(sanitized, WATCHED_FULL, "on", NOT_WATCHED),
        Program(build(work, "hardened", "-DNANVM_HARDENED=ON"), HARDENED_FULL),
    ]


def names_of(work, program):
    """The scenarios, and how many kinds of managers there are."""
    text = work.run(program, "--list").stdout
    *names, last = text.splitlines()
    _, failing, buffers = last.split()
    return names, int(failing), int(buffers)


def attempt(work, program, name):
    """Runs one scenario on every kind of manager; it may crash without harm to others."""
    words = [word for key, value in program.amount.items() for word in (f"--{key}", value)]
    env = {
        "ASAN_OPTIONS": "allocator_may_return_null=1:detect_leaks=1",
        "NANVM_SANITIZER": program.checker,
    }
    done = work.run(program.path, "--scene", name, *words, env=env, check=False)
    found = TALLY.search(done.stdout)
    if done.returncode == 0 and found and found.group(len(COUNTS) + 1) == name:
        return Outcome(name, dict(zip(COUNTS, map(int, found.groups()[:-1]))))
    where = re.search("^WHERE (.*)$", done.stdout, re.MULTILINE)
    return Outcome(name, {}, where.group(1) if where else f"{name}: ended with {done.returncode}")


def attempt_all(work, program, names):
    """The outcomes of a program, one process a scenario."""
    chosen = [name for name in names if name not in program.without]
    with concurrent.futures.ThreadPoolExecutor(work.jobs) as pool:
        return list(pool.map(lambda name: attempt(work, program, name), chosen))


def total(outcomes, key):
    """The sum of one count."""
    return sum(each.tally.get(key, 0) for each in outcomes)


def table(outcomes):
    """What the page shows: each scenario, as the plain build ran it."""
    rows = [
        "| scenario | requests | failing alone | all from one on | pairs | triples | arena sizes |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for each in outcomes:
        numbers = [
            f"{each.tally.get(key, 0):,}"
            for key in ("most_requests", "singles", "tails", "pairs", "triples", "sizes")
        ]
        rows.append(f"| {each.name} | {' | '.join(numbers)} |")
    return rows


def shortfall(outcomes):
    """Whose arenas are too large for every size."""
    heavy = [each.name for each in outcomes if each.tally.get("need", 0) > 1 << 20]
    if not heavy:
        return ""
    return (
        f"the scenarios {' and '.join(f'*{name}*' for name in heavy)} need arenas of some 5 MB; "
        "above 16 KiB only sizes a 16th apart are tried, since every size would take some "
        "5 million runs"
    )


def figure(names, kinds, outcomes):
    """The one line."""
    return (
        f"{len(names)} scenarios on {kinds} kinds of managers: {total(outcomes, 'runs'):,} runs, "
        f"{total(outcomes, 'injected'):,} injected failures, "
        f"{total(outcomes, 'singles'):,} alone, {total(outcomes, 'pairs'):,} pairs, "
        f"{total(outcomes, 'triples'):,} triples, {total(outcomes, 'sizes'):,} sizes of arenas"
    )


def run(work):
    """Builds the programs and runs every scenario with each."""
    builds = programs(work)
    names, failing, buffers = names_of(work, builds[0].path)
    by_build = [attempt_all(work, program, names) for program in builds]
    outcomes = [each for some in by_build for each in some]
    errors = [each.error for each in outcomes if each.error]
    for error in errors:
        work.note(f"FAILED: {error}")
    return context.Result(
        figure=errors[0] if errors else figure(names, failing + buffers, outcomes),
        passed=total(outcomes, "runs"),
        failed=len(errors),
        short=shortfall(by_build[0]),
        page=table(by_build[0]),
    )
