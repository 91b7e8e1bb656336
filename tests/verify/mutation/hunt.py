"""Runs mutants against the unit tests: the programs that are likely to kill one first, each
within limits of time and memory."""

import collections
import dataclasses
import json
import os
import resource
import shutil
import signal
import subprocess
import threading
import time

import builds
import context

BYTES = 1 << 30  # of memory, for a mutant that never has enough


@dataclasses.dataclass(frozen=True)
class Effort:
    """How much a run of the tests does, and when it is taken to hang."""

    scale: str  # what tests with millions of objects are divided by
    seconds: int
    processor_seconds: int


USUAL = Effort("50", 30, 3)
WHOLE = Effort("1", 600, 200)


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

    def __init__(self, programs, folder, reach=None):
        self.programs = programs
        self.reach = reach
        self.seconds = self.time_all(folder)
        self.kills = collections.Counter()

    def time_all(self, folder):
        """How long each takes with the library as it is, which they all must pass."""
        seconds = {}
        for program in self.programs:
            began = time.monotonic()
            if not passes(program, folder, USUAL):
                raise context.StepFailed(f"{program.name} fails without any mutation")
            seconds[program] = time.monotonic() - began
        return seconds

    def of(self, mutant):
        """The programs that a mutant may matter to, in that order."""

        def key(program):
            near = self.kills[mutant.unit, mutant.function, program]
            return (
                -near,
                -self.kills[mutant.unit, program],
                program.name != f"test_{mutant.unit.removesuffix('.h')}",
                self.seconds[program],
            )

        return sorted(self.reach.of(mutant) if self.reach else self.programs, key=key)

    def killed(self, mutant, program):
        """Remembers."""
        self.kills[mutant.unit, mutant.function, program] += 1
        self.kills[mutant.unit, program] += 1


class Cache:
    """Fates of earlier runs. A mutant that a program killed is killed as long as its units
    and the program are as they were; one that survived has, as long as everything is."""

    def __init__(self, path, build, is_used):
        self.path = path
        self.is_used = is_used
        files = {each.name: each for each in build.programs}
        codes = {name: builds.digest(each.read_bytes()) for name, each in files.items()}
        every = [build.path.read_bytes(), *map(str.encode, sorted(codes.values()))]
        self.codes = {**codes, None: builds.digest(*every)}
        self.fates = {}
        if is_used and path.exists():
            for line in path.read_text().splitlines():
                key, killer, code = json.loads(line)
                self.fates[key] = killer, code

    def find(self, key):
        """(whether it is known, the killer's name or None)."""
        killer, code = self.fates.get(key, (None, None))
        return code is not None and self.codes.get(killer) == code, killer

    def note(self, key, killer):
        """Keeps it."""
        if self.is_used:
            with self.path.open("a") as file:
                file.write(json.dumps([key, killer, self.codes[killer]]) + "\n")


@dataclasses.dataclass
class Fates:
    """What came of the mutants of a kind."""

    killed: dict = dataclasses.field(default_factory=dict)  # name: program
    survived: list = dataclasses.field(default_factory=list)
    same: list = dataclasses.field(default_factory=list)  # no mutants at all

    @property
    def counted(self):
        """How many mutants there were."""
        return len(self.killed) + len(self.survived)


@dataclasses.dataclass
class Hunt:
    """Runs mutants of a kind, as many at once as there are jobs."""

    work: context.Context
    kind: object  # builds.JumpKind or builds.SourceKind
    order: Order
    cache: Cache
    known: frozenset  # of which survival is no surprise
    rerun: bool  # surprises once more, with all that the tests do
    fates: Fates = dataclasses.field(default_factory=Fates)
    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    def killer(self, mutant, folder, effort):
        """The program that notices the mutant, or None."""
        for program in self.order.of(mutant):
            if not passes(program, folder, effort):
                return program
        return None

    def hunt(self, mutant, folder):
        """The program that notices the mutant, or None; all effort is made."""
        key = builds.digest(mutant.name.encode(), self.kind.make(mutant, folder).encode())
        is_cached, name = self.cache.find(key)
        if is_cached:
            return next((each for each in self.order.programs if each.name == name), None)
        program = self.killer(mutant, folder, USUAL)
        if program is None and mutant.name not in self.known:
            if self.kind.is_same(mutant, folder):
                raise builds.Refused("a compiler makes the same code of it")
            if self.rerun:
                program = self.killer(mutant, folder, WHOLE)
        self.cache.note(key, program and program.name)
        return program

    def run_one(self, mutant, folder):
        """Notes what comes of it."""
        began = time.monotonic()
        try:
            program, fate = self.hunt(mutant, folder), ""
        except builds.Refused as why:
            program, fate = None, str(why)
        with self.lock:
            if fate:
                self.fates.same.append(mutant.name)
            elif program is None:
                self.fates.survived.append(mutant.name)
            else:
                self.fates.killed[mutant.name] = program.name
                self.order.killed(mutant, program)
            fate = fate or (f"killed by {program.name}" if program else "survived")
            took = time.monotonic() - began
            self.work.note(f"{self.kind.build.word}: {fate} in {took:.2f} s: {mutant.name}")

    def run(self, mutants):
        """All of them; returns their fates."""
        rest = iter(mutants)

        def worker(folder):
            while True:
                with self.lock:
                    mutant = next(rest, None)
                if mutant is None:
                    return
                self.run_one(mutant, folder)

        threads = []
        for number in range(self.work.jobs):
            folder = self.work.build / f"worker-{number}"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            threads.append(threading.Thread(target=worker, args=(folder,)))
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        return self.fates
