"""Mutation: each conditional jump of the compiled library, made never and made always;
whatever the unit tests don't notice is listed, with the reason why nobody can."""

import collections
import dataclasses
import hashlib
import os
import pathlib
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import context
import jumps
import suite

TITLE = "Mutation"
GOAL = "each conditional jump, made never and always: every mutant killed, or known equivalent"
NEEDS = {
    "gcc-12": "gcc-12",
    "binutils": "objcopy",
    "libcmocka-dev": "/usr/include/cmocka.h",
}

HERE = pathlib.Path(__file__).resolve().parent
EQUIVALENT = HERE / "equivalent.txt"
LIBRARY = "libnanvm_mem.so"

# The compiler by its version: another one has other jumps.
COMPILER = "gcc-12"
SHARED = ("-O1", "-fPIC", "-fvisibility=hidden")
PLACES = ("-g1", "-gdwarf-4", "-gno-variable-location-views")

# The linkable copies of the inline functions call each other: each is there once.
COPIES = ("-fno-inline", "-include", HERE / "known.h")

# Without optimisation the tests call the inline functions in the library, where they are
# mutated; inlined into the tests they wouldn't be.
TESTS = ("-O0",)

MUTATIONS = ("never", "always")

# The fast part takes one mutant in so many, and all those of the smallest units.
FAST_ONE_IN = 4
FAST_WHOLE_UNITS = 4


@dataclasses.dataclass(frozen=True)
class Effort:
    """How much a run of the tests does, and when it is taken to hang."""

    scale: str  # what tests with millions of objects are divided by
    seconds: int
    processor_seconds: int


# What depends on how threads meet may be killed, or not: its reason starts so.
SOMETIMES = "race: "

USUAL = Effort("50", 20, 3)
WHOLE = Effort("1", 600, 200)

BYTES = 1 << 30  # of memory, for a mutant that never has enough


# --- building ---------------------------------------------------------------------


def assemble(built, source):
    """Compiles a unit to assembly, labels its jumps, and assembles it."""
    assembly = built.where / f"{source.stem}.s"
    known = COPIES if source.stem == "inline" else ()
    built.work.run(*built.command(source, *PLACES, *known), "-S", "-o", assembly)
    unit = jumps.Unit(source, assembly.read_text(), context.SOURCE)
    assembly.write_text(unit.text)
    built.work.run(built.compiler, "-c", "-o", built.where / f"{source.stem}.o", assembly)
    return unit


def build_library(work):
    """The library as it is shipped, and its jumps."""
    built = suite.Suite(work, "library", COMPILER, SHARED)
    built.where.mkdir(parents=True, exist_ok=True)
    units = built.each(lambda source: assemble(built, source), built.library())
    objects = [built.where / f"{unit.source.stem}.o" for unit in units]
    objects += built.compile([HERE / "known.c"])
    path = built.link(LIBRARY, "-shared", *objects)
    table = built.where / "jumps.bin"
    alloc = f"{jumps.SECTION}=alloc"
    words = ("--only-section", jumps.SECTION, "--set-section-flags", alloc)
    work.run("objcopy", "-O", "binary", *words, path, table)
    addresses = [address for (address,) in struct.iter_unpack("<Q", table.read_bytes())]
    return path, jumps.Library(path, [j for unit in units for j in unit.jumps], addresses)


def build_tests(work, library):
    """The unit tests, each a program that loads the library."""
    built = suite.Suite(work, "tests", COMPILER, TESTS)
    support = built.compile(built.support())
    tests = built.compile(built.tests())
    words = (*support, f"-L{library.parent}", "-lnanvm_mem", "-lcmocka")
    return built.each(
        lambda pair: built.link(pair[0].stem, pair[1], *words),
        list(zip(built.tests(), tests)),
    )


# --- running ----------------------------------------------------------------------


def limit(effort):
    """What bounds a program that may do anything, from within it."""

    def set_limits():
        seconds = effort.processor_seconds
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))

    return set_limits


def passes(program, folder, effort):
    """Whether a program of tests passes with the library in a folder."""
    env = {**os.environ, "LD_LIBRARY_PATH": str(folder), "NANVM_TEST_SCALE": effort.scale}
    process = subprocess.Popen(
        [program],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=limit(effort),
    )
    try:
        return process.wait(effort.seconds) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        end_group(process)


def end_group(process):
    """Ends what is left of a program and of its children."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


class Order:
    """Which program to run first: the one that killed the last mutants of the function, then
    of the unit, then the unit's own, then the quickest."""

    def __init__(self, programs, seconds):
        self.programs = programs
        self.seconds = seconds
        self.kills = collections.Counter()

    def of(self, jump):
        """All programs, in that order."""

        def key(program):
            near = self.kills[jump.unit, jump.function, program]
            return (
                -near,
                -self.kills[jump.unit, program],
                program.name != f"test_{jump.unit}",
                self.seconds[program],
            )

        return sorted(self.programs, key=key)

    def killed(self, jump, program):
        """Remembers."""
        self.kills[jump.unit, jump.function, program] += 1
        self.kills[jump.unit, program] += 1


@dataclasses.dataclass
class Hunt:
    """Runs mutants, as many at once as there are jobs."""

    work: context.Context
    library: jumps.Library
    order: Order
    rerun: bool  # survivors once more, with all that the tests do, unless they are known
    known: frozenset
    survivors: list = dataclasses.field(default_factory=list)
    done: int = 0
    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    def killer(self, mutant, folder, effort):
        """The program that notices the mutant, or None."""
        for program in self.order.of(mutant[0]):
            if not passes(program, folder, effort):
                return program
        return None

    def run_one(self, mutant, folder):
        """Notes a survivor."""
        jump, mutation = mutant
        (folder / LIBRARY).write_bytes(self.library.mutated(jump, mutation))
        began = time.monotonic()
        program = self.killer(mutant, folder, USUAL)
        if program is None and self.rerun and jump.name(mutation) not in self.known:
            program = self.killer(mutant, folder, WHOLE)
        with self.lock:
            self.done += 1
            if program is None:
                self.survivors.append(jump.name(mutation))
            else:
                self.order.killed(jump, program)
            fate = "survived" if program is None else f"killed by {program.name}"
            took = time.monotonic() - began
            self.work.note(f"{fate} in {took:.2f} s: {jump.name(mutation)}")

    def run(self, mutants):
        """All of them; returns the names of the survivors."""
        rest = iter(mutants)

        def worker(number):
            folder = self.work.build / f"worker-{number}"
            folder.mkdir(exist_ok=True)
            while True:
                with self.lock:
                    mutant = next(rest, None)
                if mutant is None:
                    return
                self.run_one(mutant, folder)

        threads = [threading.Thread(target=worker, args=(n,)) for n in range(self.work.jobs)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        return self.survivors


def time_programs(programs, library):
    """How long each takes with the library as it is, which they all must pass."""
    seconds = {}
    for program in programs:
        began = time.monotonic()
        if not passes(program, library.parent, USUAL):
            raise context.StepFailed(f"{program.name} fails without any mutation")
        seconds[program] = time.monotonic() - began
    return seconds


# --- choosing and judging ---------------------------------------------------------


def read_equivalents():
    """{name: reason}, of lines such as
    unit | function | file | text of the line | code ordinal mutation | reason"""
    known = {}
    for line in EQUIVALENT.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, reason = line.rpartition(" | ")
            if len(re.split(r" \| ", name)) < 5 or not reason.strip():
                raise context.StepFailed(f"equivalent.txt: no name and reason: {line}")
            known[name] = reason.strip()
    return known


def is_in_sample(name):
    """The same for the same name, so that a change elsewhere changes nothing here."""
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:4], "big") % FAST_ONE_IN == 0


def choose(full, mutants, known):
    """All mutants; or a sample without those that are known to survive, and all mutants of
    the smallest units."""
    if full:
        return mutants
    sizes = collections.Counter(jump.unit for jump, _ in mutants)
    small = {unit for unit, _ in sizes.most_common()[-FAST_WHOLE_UNITS:]}
    names = [(each, each[0].name(each[1])) for each in mutants]
    return [
        each
        for each, name in names
        if name not in known and (each[0].unit in small or is_in_sample(name))
    ]


def judge(work, full, names, survivors, known):
    """Says what survived unknown, and which known equivalents are none; returns how many."""
    wrong = [f"survived: {name}" for name in sorted(survivors) if name not in known]
    for name, reason in known.items():
        if name not in names:
            wrong.append(f"known, and gone: {name}")
        elif full and name not in survivors and not reason.startswith(SOMETIMES):
            wrong.append(f"known to survive, and killed: {name}")
    for line in wrong:
        work.note(line)
        print(f"\n    {line}", end="", file=sys.stderr)
    return len(wrong)


TEXT = """
Each conditional jump of the library, as gcc 12 compiles it for x86-64 at `-O1`, is made never
and made always, one at a time; then the unit tests run until one fails. Inline functions are
mutated in the library's linkable copies, which the tests call, and wherever the library itself
inlines them. What survives can't be told from the library by any test, and is listed here; most
of it is a way that only saves time. The hardened build isn't mutated.
"""


def page(known):
    """What Assurance says."""
    rows = TEXT.strip().split("\n") + [""]
    rows += ["| unit, function | line | mutant | why nobody can tell |", "| - | - | - | - |"]
    for name, reason in known.items():
        unit, function, _, *text, mutant = name.split(" | ")
        line = " | ".join(text).replace("|", "\\|")
        rows.append(f"| {unit}.c, {function} | `{line}` | {mutant} | {reason} |")
    return rows


def run(work):
    """The step."""
    path, library = build_library(work)
    programs = build_tests(work, path)
    order = Order(programs, time_programs(programs, path))
    mutants = [(jump, mutation) for jump in library.offsets for mutation in MUTATIONS]
    known = read_equivalents()
    chosen = choose(work.full, mutants, known)
    hunt = Hunt(work, library, order, work.full, frozenset(known))
    survivors = hunt.run(chosen)
    names = {jump.name(mutation) for jump, mutation in mutants}
    failed = judge(work, work.full, names, survivors, known)
    return context.Result(
        figure=f"{len(chosen) - len(survivors)} of {len(chosen)} mutants killed, "
        f"of {len(mutants)} in all; {len(known)} are equivalent, by name",
        passed=len(chosen) - len(survivors),
        failed=failed,
        page=page(known),
    )
