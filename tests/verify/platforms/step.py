"""The unit tests pass on other processors and systems.

A cell of the matrix is a platform, a compiler and how it optimises. Each builds the
library and the tests with CMocka's own source, which Debian's source package has, and
runs every program with what the platform's toolchain file names. A test that says it
can't be run there is counted as skipped, if its reason is one that the platform has;
a test that is in the source and didn't report fails. On Windows a program loads DLLs that
use the library. A full run adds a hardened build for each platform, and at -O2 the examples
and a program that uses the library from outside.
"""

import collections
import concurrent.futures
import dataclasses
import os
import platform as machine
import re
import tarfile
import time

import context

TITLE = "Platforms"
GOAL = "the same suite on 9 platforms, by gcc and clang, at -O0, -O2 and -O3 with LTO"
NEEDS = {
    "clang-19": "clang-19",
    "lld-19": "ld.lld-19",
    "llvm-19": "llvm-ar-19",
    "gcc-i686-linux-gnu": "i686-linux-gnu-gcc",
    "libc6-dev-i386-cross": "/usr/i686-linux-gnu/include/stdio.h",
    "gcc-aarch64-linux-gnu": "aarch64-linux-gnu-gcc",
    "libc6-dev-arm64-cross": "/usr/aarch64-linux-gnu/include/stdio.h",
    "gcc-arm-linux-gnueabihf": "arm-linux-gnueabihf-gcc",
    "libc6-dev-armhf-cross": "/usr/arm-linux-gnueabihf/include/stdio.h",
    "gcc-riscv64-linux-gnu": "riscv64-linux-gnu-gcc",
    "libc6-dev-riscv64-cross": "/usr/riscv64-linux-gnu/include/stdio.h",
    "gcc-s390x-linux-gnu": "s390x-linux-gnu-gcc",
    "libc6-dev-s390x-cross": "/usr/s390x-linux-gnu/include/stdio.h",
    "qemu-user": "qemu-s390x",
    "gcc-mingw-w64-x86-64": "x86_64-w64-mingw32-gcc",
    "wine64": "/usr/lib/wine/wine64",
    "musl-tools": "x86_64-linux-musl-gcc",
    "wasi-libc": "/usr/include/wasm32-wasi/stdio.h",
    "libclang-rt-19-dev-wasm32": "/usr/lib/llvm-19/lib/clang/19/lib/wasi/*wasm32.a",
    "nodejs": "node",
}

CLANG = "clang-19"
LONGEST = 1800  # seconds that a program of tests may take under an emulator


@dataclasses.dataclass(frozen=True)
class Platform:
    """Where the suite runs."""

    name: str
    how: str  # its programs are run
    toolchain: str = ""  # the file's name; none is this machine itself
    gcc: bool = True
    clang: bool = True
    slow: bool = False  # the largest tests are scaled down in the fast part
    lacks: tuple = ()  # what may keep a test from running, as the test says it
    loads: bool = False  # programs here load plugins: elsewhere they are linked statically


SMALL = "addresses of 32 bits"
THREADS = "no threads on"
FORK = "no fork() on"
ELF = "in ELF files only"
FULL = "no /dev/full"
COOKIE = "no fopencookie()"
PAGES = "no mmap()"
LIMITS = "memory can't be limited"
HUGE = "huge pages"
NO_POSIX = (FORK, ELF, FULL, COOKIE, PAGES, HUGE)
NO_SYSTEM = (SMALL, THREADS, FORK, ELF, COOKIE, PAGES, HUGE)
EMULATED = (LIMITS, HUGE)
PLATFORMS = (
    Platform("x86-64", "as they are"),
    Platform("i386", "as they are", "i686-linux-gnu", lacks=(SMALL,)),
    Platform("aarch64", "qemu-user", "aarch64-linux-gnu", slow=True, lacks=EMULATED),
    Platform("armhf", "qemu-user", "arm-linux-gnueabihf", slow=True,
             lacks=(SMALL, *EMULATED)),
    Platform("riscv64", "qemu-user", "riscv64-linux-gnu", slow=True, lacks=EMULATED),
    Platform("s390x, big-endian", "qemu-user", "s390x-linux-gnu", slow=True, lacks=EMULATED),
    Platform("x86-64, musl", "as they are", "x86_64-linux-musl", clang=False, lacks=(COOKIE,)),
    Platform("wasm32-WASI", "node", "wasm32-wasi", gcc=False, lacks=NO_SYSTEM),
    Platform("win64", "wine", "x86_64-w64-mingw32", slow=True, lacks=NO_POSIX, loads=True),
)
IN_TREE = ("-DWAY=subdirectory", f"-DSOURCE={context.SOURCE}")
WITHOUT_GCC = "gcc has no such target"
WITHOUT_CLANG = "Debian has no clang for it"


@dataclasses.dataclass(frozen=True)
class Optimisation:
    """What a cell is compiled with."""

    name: str
    flags: str
    lto: bool = False
    hardened: bool = False


O0 = Optimisation("-O0", "-O0")
O2 = Optimisation("-O2", "-O2 -DNDEBUG")
O3 = Optimisation("-O3, LTO", "-O3 -DNDEBUG", lto=True)
OPTIMISATIONS = (O0, O2, O3)
HARDENED = Optimisation("-O2, hardened", "-O2 -DNDEBUG", hardened=True)
OF_BUILD = "hardened build"  # what is said by a test that is for one kind of build only


@dataclasses.dataclass(frozen=True)
class Cell:
    """One build of the matrix."""

    platform: Platform
    compiler: str
    optimisation: Optimisation

    @property
    def name(self):
        """As a folder is called."""
        words = (self.platform.toolchain or "native", self.compiler, self.optimisation.name)
        return re.sub(r"[^a-z0-9]+", "-", " ".join(words).lower())

    def __str__(self):
        return f"{self.platform.name}, {self.compiler} {self.optimisation.name}"

    @property
    def impossible(self):
        """Why it can't be built by anybody, or an empty text."""
        if self.compiler == "gcc":
            return "" if self.platform.gcc else WITHOUT_GCC
        return "" if self.platform.clang else WITHOUT_CLANG

    @property
    def lacks(self):
        """What may keep a test from running, as the test says it."""
        return self.platform.lacks + (OF_BUILD,)

    @property
    def sources(self):
        """The files of tests."""
        tests = context.SOURCE / "tests"
        found = sorted(tests.glob("test_*.c"))
        return found + sorted(tests.glob("hardened/test_*.c")) * self.optimisation.hardened


COLUMNS = tuple((compiler, each) for compiler in ("gcc", CLANG) for each in OPTIMISATIONS)
MATRIX = tuple(Cell(platform, *how) for platform in PLATFORMS for how in COLUMNS)


def hardened(platform):
    """The cell of a platform's hardened build."""
    return Cell(platform, "gcc" if platform.gcc else CLANG, HARDENED)



# Every platform once, and among them each compiler and each optimisation; what takes
# longest comes first. This machine's own are in every other step.
FAST = {
    "win64": ("gcc", O2),
    "s390x, big-endian": ("gcc", O2),
    "aarch64": (CLANG, O3),
    "i386": ("gcc", O2),
    "riscv64": ("gcc", O3),
    "armhf": (CLANG, O2),
    "wasm32-WASI": (CLANG, O2),
    "x86-64, musl": ("gcc", O2),
}


def cells_of(full):
    """The cells to build, in order."""
    if full:
        more = map(hardened, PLATFORMS)
        return [each for each in MATRIX if not each.impossible] + list(more)
    by_name = {each.name: each for each in PLATFORMS}
    return [Cell(by_name[name], *how) for name, how in FAST.items()]


# --- CMocka's source ---------------------------------------------------------------


def apt_value(work, key):
    """What apt's configuration says, as a path."""
    found = work.run("apt-config", "shell", "value", key + "/f").stdout
    return re.search(r"value='(.*)'", found).group(1)


def write_sources(work, folder):
    """The system's own package sources, asked for source packages instead."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = context.pathlib.Path(apt_value(work, "Dir::Etc::sourceparts"))
    main = context.pathlib.Path(apt_value(work, "Dir::Etc::sourcelist"))
    for path in [*parts.glob("*.list"), *parts.glob("*.sources"), main]:
        if path.is_file():
            text = re.sub(r"(?m)^Types:.*$", "Types: deb-src", path.read_text())
            text = re.sub(r"(?m)^deb(-src)?\s", "deb-src ", text)
            (folder / path.name).write_text(text)


def apt_get(work, *words, check=True):
    """Runs apt-get with lists and a cache that lie in the step's folder."""
    own = work.build / "apt"
    for folder in ("lists/partial", "cache/archives/partial"):
        (own / folder).mkdir(parents=True, exist_ok=True)
    places = {
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": own / "sources",
        "Dir::State::lists": own / "lists",
        "Dir::Cache": own / "cache",
    }
    options = [word for key, value in places.items() for word in ("-o", f"{key}={value}")]
    return work.run("apt-get", *options, *words, check=check)


def fetch_cmocka(work):
    """The folder of CMocka's source, from Debian's source package."""
    folder = work.build / "source"
    if not folder.is_dir():
        write_sources(work, work.build / "apt" / "sources")
        apt_get(work, "update", check=False)  # another's list may have no sources
        apt_get(work, "source", "--download-only", "cmocka")
        archive = max(work.build.glob("cmocka_*.orig.tar.*z"), default=None)
        if archive is None:
            raise context.StepFailed("the source package of cmocka has no archive")
        with tarfile.open(archive) as opened:
            opened.extractall(work.build / "unpacked")
        next((work.build / "unpacked").iterdir()).rename(folder)
    return folder


# --- building ----------------------------------------------------------------------


def tools(cell):
    """CMake's options that choose the compiler, and its platform."""
    if cell.platform.toolchain:
        file = context.SOURCE / "cmake" / f"{cell.platform.toolchain}.cmake"
        chosen = [f"-DCMAKE_TOOLCHAIN_FILE={file}"]
        return chosen + [f"-DCMAKE_C_COMPILER={CLANG}"] * (cell.compiler == CLANG)
    linker = ["-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld"] * (cell.compiler == CLANG)
    return [f"-DCMAKE_C_COMPILER={cell.compiler}", *linker]


def build_cmocka(work, cell, source):
    """Builds CMocka for the cell, without LTO; returns CMake's options to find it."""
    folder = work.build_tree(
        "cmocka",
        *tools(cell),
        "-DCMAKE_BUILD_TYPE=Release",
        f"-DCMOCKA_SOURCE={source}",
        source=context.SOURCE / "tests" / "verify" / "platforms" / "cmocka",
    )
    return [
        f"-DCMOCKA_INCLUDE_DIR={source / 'include'}",
        f"-DCMOCKA_LIBRARY={folder / 'libcmocka.a'}",
    ]


def flags(cell):
    """CMake's options for what is compiled."""
    return [
        *tools(cell),
        "-DCMAKE_BUILD_TYPE=Release",
        f"-DCMAKE_C_FLAGS_RELEASE={cell.optimisation.flags}",
        f"-DCMAKE_INTERPROCEDURAL_OPTIMIZATION={cell.optimisation.lto}",
        f"-DNANVM_HARDENED={cell.optimisation.hardened}",
        "-DNANVM_WERROR=ON",
    ]


def build_suite(work, cell, source):
    """Builds the library and the tests; returns their folder."""
    return work.build_tree(
        "suite",
        *flags(cell),
        *build_cmocka(work, cell, source),
        "-DNANVM_INSTALL=OFF",
        "-DNANVM_BUILD_EXAMPLES=OFF",
    )


def launcher(folder):
    """What runs a program of this build: the words of its toolchain file."""
    cache = (folder / "CMakeCache.txt").read_text()
    words = re.search(r"^NANVM_TEST_LAUNCHER:STRING=(.*)$", cache, re.MULTILINE).group(1)
    return words.split(";") if words else []


# --- running -----------------------------------------------------------------------


@dataclasses.dataclass
class Outcome:
    """What came of a cell."""

    cell: Cell
    passed: int = 0
    outside: int = 0  # examples, and a program that uses the library as a stranger does
    skipped: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    failures: list = dataclasses.field(default_factory=list)
    seconds: float = 0

    def __str__(self):
        if self.failures:
            return f"**{len(self.failures)} failed**"
        skipped = sum(self.skipped.values())
        return f"{self.passed}, {skipped} skipped" if skipped else str(self.passed)


def tests_of(path):
    """The names of the tests in a source file."""
    return re.findall(r"^static void (test_\w+)\(void \*\*", path.read_text(), re.MULTILINE)


def shortfall(work):
    """What a full run that was to take less time has left out: the environment's scale is
    the tests' own."""
    scale = os.environ.get("NANVM_TEST_SCALE")
    return f"the tests with most objects made do with 1/{scale}" if work.full and scale else ""


def environment(work, cell):
    """What a cell's programs are run with."""
    small = {"NANVM_TEST_SCALE": "20"} if cell.platform.slow and not work.full else {}
    return {**wine_environment(work.build.parent), **small}


def wine_environment(folder):
    """Its prefix is the step's own; and it says nothing of the displays it doesn't have."""
    return {
        "WINEPREFIX": str(folder / "wine"),
        "WINEDEBUG": "-all",
        "WINEDLLOVERRIDES": "mscoree=;mshtml=;winemenubuilder.exe=",
        "DISPLAY": "",
    }


def judge(outcome, program, names, output, status):
    """Adds what a program of tests printed to the outcome."""
    reason, seen = "", {}
    for line in output.splitlines():
        if line.startswith("skipped"):
            reason = line.removeprefix("skipped").lstrip(": ")
        found = re.match(r"\[ +(OK|FAILED|ERROR|SKIPPED) +\] (?:--- )?(test_\w+)$", line)
        if found and found.group(2) not in seen:
            seen[found.group(2)] = found.group(1)
            if found.group(1) == "SKIPPED":
                count_skip(outcome, f"{program}: {found.group(2)}", reason)
                reason = ""
    outcome.passed += sum(word == "OK" for word in seen.values())
    wrong = [name for name in names if seen.get(name, "SILENT") not in ("OK", "SKIPPED")]
    outcome.failures += [f"{program}: {name}" for name in wrong]
    if status != 0 and not wrong:
        outcome.failures.append(f"{program}: ended with {status}")


def count_skip(outcome, test, reason):
    """A test may only be skipped for want of what the platform hasn't got."""
    if any(text in reason for text in outcome.cell.lacks):
        outcome.skipped[reason] += 1
    else:
        outcome.failures.append(f"{test} was skipped: {reason or 'no reason given'}")


def run_program(work, outcome, folder, source):
    """Runs one program of tests, all of whose tests have to report."""
    program = source.stem
    suffix = {"wasm32-wasi": ".wasm", "x86_64-w64-mingw32": ".exe"}
    path = folder / "tests" / (program + suffix.get(outcome.cell.platform.toolchain, ""))
    try:
        done = work.run(
            *launcher(folder),
            path,
            env=environment(work, outcome.cell),
            timeout=LONGEST,
            check=False,
        )
    except context.StepFailed as late:
        outcome.failures.append(f"{program}: {late}")
        return
    judge(outcome, program, tests_of(source), done.stdout, done.returncode)


def run_suite(work, outcome, cmocka):
    """Builds the tests and runs them."""
    folder = build_suite(work, outcome.cell, cmocka)
    for source in outcome.cell.sources:
        run_program(work, outcome, folder, source)


def run_outside(work, outcome, name, *options):
    """Builds the programs of a project outside the library and runs them."""
    source = context.SOURCE / "tests" / "package" / name
    folder = work.build_tree(name, *flags(outcome.cell), *options, source=source)
    env = environment(work, outcome.cell)
    command = ("ctest", "--test-dir", folder, "--no-tests=error", "--output-on-failure")
    done = work.run(*command, env=env, timeout=LONGEST, check=False)
    failed = re.findall(rf"^\s+\d+ - ({name}\.\w+) \(", done.stdout, re.MULTILINE)
    total = re.search(r"(\d+) tests failed out of (\d+)", done.stdout)
    if done.returncode != 0 and not failed or not total:
        failed.append(f"ctest: ended with {done.returncode}")
    outcome.failures += failed
    outcome.outside += int(total.group(2)) - int(total.group(1)) if total else 0


def run_cell(parent, cell, cmocka):
    """Builds a cell and runs what belongs to it."""
    work = context.Context(f"{parent.name}/{cell.name}", parent.full)
    work.jobs = 1  # as many cells as processors are at it
    outcome, began = Outcome(cell), time.monotonic()
    try:
        run_suite(work, outcome, cmocka)
        if work.full and cell.optimisation is O2:
            run_outside(work, outcome, "smoke")
        if cell.platform.loads:
            run_outside(work, outcome, "plugin", *IN_TREE)
    except context.StepFailed as failure:
        outcome.failures.append(f"doesn't build: {failure}")
    outcome.seconds = time.monotonic() - began
    tell(parent, outcome)
    return outcome


def tell(parent, outcome):
    """Keeps a cell's result, with what failed, in the step's log."""
    parent.note(f"{outcome.cell}: {outcome}, {outcome.seconds:.0f} s")
    for failure in outcome.failures:
        parent.note(f"  {failure}; see {outcome.cell.name}/step.log")


def start_wine(work, env):
    """One server for all programs: otherwise each starts it, and waits for its end. What it
    starts stays, and would keep a pipe open."""
    wine = "/usr/lib/wine"
    script = f"{wine}/wineserver -p && {wine}/wine64 wineboot --init"
    work.run("sh", "-c", f"({script}) >wine.log 2>&1", env=env, check=False, timeout=300)


def run_cells(work, cells):
    """All cells, as many at once as there are processors."""
    cmocka = fetch_cmocka(work)
    env = wine_environment(work.build)
    if any(each.platform.how == "wine" for each in cells):
        start_wine(work, env)
    with concurrent.futures.ThreadPoolExecutor(work.jobs) as pool:
        try:
            return list(pool.map(lambda each: run_cell(work, each, cmocka), cells))
        finally:
            work.run("/usr/lib/wine/wineserver", "-k", env=env, check=False)


# --- the result --------------------------------------------------------------------


def table(outcomes):
    """The matrix, as Markdown."""
    by_cell = {each.cell: each for each in outcomes}
    heads = [f"{compiler} {each.name}" for compiler, each in COLUMNS] + [HARDENED.name]
    rows = ["| platform | run by | " + " | ".join(heads) + " |"]
    rows.append("| --- | --- |" + " ---: |" * len(heads))
    for platform in PLATFORMS:
        cells = [Cell(platform, *how) for how in COLUMNS] + [hardened(platform)]
        texts = [each.impossible or str(by_cell.get(each, "")) for each in cells]
        rows.append(f"| {platform.name} | {platform.how} | " + " | ".join(texts) + " |")
    return rows


def skips(outcomes):
    """Why tests were skipped, as Markdown."""
    reasons = collections.defaultdict(set)
    for outcome in outcomes:
        for reason, number in outcome.skipped.items():
            reasons[reason].add((outcome.cell.platform.name, number))
    lines = []
    for reason, places in sorted(reasons.items()):
        where = ", ".join(f"{number} on {name}" for name, number in sorted(places))
        lines.append(f"- {reason}: {where}")
    return ["", "Skipped, as each test itself says:", "", *lines] if lines else []


def outside(outcomes):
    """How many programs from outside ran, as Markdown."""
    ran = [each for each in outcomes if each.outside]
    total = sum(each.outside for each in ran)
    text = (
        "The examples, a program from outside and, on Windows, plugins that are loaded by "
        f"`LoadLibrary`: {total} runs in {len(ran)} builds, ran too."
    )
    return ["", text] if ran else []


def passed_by(outcomes):
    """How many tests and programs passed."""
    return sum(each.passed + each.outside for each in outcomes)


def figure(outcomes):
    """The step's one line."""
    passed = sum(each.passed for each in outcomes)
    platforms = len({each.cell.platform for each in outcomes})
    text = f"{passed} tests passed in {len(outcomes)} builds for {platforms} platforms"
    bad = [f"{each.cell}: {each.failures[0]}" for each in outcomes if each.failures]
    return text + ("; failed: " + "; ".join(bad) if bad else "")


def run(work):
    """The step."""
    if machine.machine() != "x86_64":
        raise context.StepFailed(f"i386 runs on x86_64 only, and this is {machine.machine()}")
    outcomes = run_cells(work, cells_of(work.full))
    return context.Result(
        figure=figure(outcomes),
        passed=passed_by(outcomes),
        failed=sum(len(each.failures) for each in outcomes),
        skipped=sum(sum(each.skipped.values()) for each in outcomes),
        short=shortfall(work),
        page=table(outcomes) + skips(outcomes) + outside(outcomes),
    )
