"""A build of the library, its unit tests beside it, and how each kind of mutant is made of it:
a jump by a few bytes in a copy of the linked library, a change of the source by compiling the
units that it changes, and linking anew."""

import dataclasses
import hashlib
import pathlib
import shutil
import struct
import subprocess

import context
import jumps
import sources
import suite

HERE = pathlib.Path(__file__).resolve().parent
LIBRARY = "libnanvm_mem.so"

# The compiler by its version: another one has other jumps.
COMPILER = "gcc-12"
SHARED = ("-O1", "-fPIC", "-fvisibility=hidden", "-fexceptions", "-DNANVM_UNWINDS")
PLACES = ("-g1", "-gdwarf-4", "-gno-variable-location-views")

# The linkable copies of the inline functions call each other: each is there once.
COPIES = ("-fno-inline", "-include", HERE / "known.h")

# Without optimisation the tests call the inline functions in the library, where they are
# mutated; inlined into the tests they wouldn't be.
TESTS = ("-O0",)

# A mutant that these compile to what they compile the library to is the library.
JUDGES = (("gcc-12", "-O2"), ("gcc-12", "-O3"), ("clang-19", "-O2"))

MUTATIONS = ("never", "always")


def digest(*parts):
    """Of bytes."""
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()


@dataclasses.dataclass(frozen=True)
class JumpMutant:
    """A jump of a build, made never or always."""

    jump: jumps.Jump
    mutation: str

    unit = property(lambda self: self.jump.unit)
    function = property(lambda self: self.jump.function)
    file = property(lambda self: self.jump.file)
    line = property(lambda self: self.jump.line)
    name = property(lambda self: self.jump.name(self.mutation))


class Build:
    """The usual build or the hardened one: library, tests, mutants."""

    def __init__(self, work, word, *flags):
        self.work = work
        self.word = word  # what the lists and figures call it
        self.flags = flags
        self.shared = suite.Suite(work, f"{word}-library", COMPILER, (*SHARED, *flags))
        self.where = self.shared.where
        self.where.mkdir(parents=True, exist_ok=True)
        self.path, self.library = self.build_library()
        self.programs = self.build_tests()

    # Building.

    def assemble(self, source):
        """Compiles a unit to assembly, labels its jumps, and assembles it."""
        assembly = self.where / f"{source.stem}.s"
        words = self.shared.command(source, *PLACES, *self.words_for(source))
        self.work.run(*words, "-S", "-o", assembly)
        unit = jumps.Unit(source, assembly.read_text(), context.SOURCE)
        assembly.write_text(unit.text)
        self.work.run(COMPILER, "-c", "-o", self.where / f"{source.stem}.o", assembly)
        return unit

    def words_for(self, source):
        """The flags that only the linkable copies have."""
        return COPIES if source.stem == "inline" else ()

    def build_library(self):
        """The library as it is shipped, and its jumps."""
        units = self.shared.each(self.assemble, self.shared.library())
        objects = [self.where / f"{unit.source.stem}.o" for unit in units]
        (self.known,) = self.shared.compile([HERE / "known.c"])
        path = self.shared.link(LIBRARY, "-shared", *objects, self.known)
        table = self.where / "jumps.bin"
        alloc = f"{jumps.SECTION}=alloc"
        words = ("--only-section", jumps.SECTION, "--set-section-flags", alloc)
        self.work.run("objcopy", "-O", "binary", *words, path, table)
        addresses = [a for (a,) in struct.iter_unpack("<Q", table.read_bytes())]
        found = [jump for unit in units for jump in unit.jumps]
        return path, jumps.Library(path, found, addresses)

    def build_tests(self):
        """The unit tests, each a program that loads the library."""
        built = suite.Suite(self.work, f"{self.word}-tests", COMPILER, (*TESTS, *self.flags))
        support = built.compile(built.support())
        tests = built.compile(built.tests())
        words = (*support, f"-L{self.path.parent}", "-lnanvm_mem", "-lcmocka")
        return built.each(
            lambda pair: built.link(pair[0].stem, pair[1], *words),
            list(zip(built.tests(), tests)),
        )

    # Mutants.

    def jumps(self):
        """All mutants of jumps."""
        return JumpKind(self)

    def sources(self):
        """All mutants of the source."""
        return SourceKind(self)


class JumpKind:
    """The mutants of a build's jumps."""

    word = "jumps"

    def __init__(self, build):
        self.build = build
        found = build.library.offsets
        self.mutants = [JumpMutant(jump, how) for jump in found for how in MUTATIONS]

    def make(self, mutant, folder):
        """Puts the mutated library into a folder; returns what tells it from others."""
        code = self.build.library.mutated(mutant.jump, mutant.mutation)
        (folder / LIBRARY).write_bytes(code)
        return digest(code)

    def is_same(self, mutant, folder):
        """Whether a compiler proves the mutant to be the library: here none is asked."""
        return False


class Refused(Exception):
    """A mutant that isn't C, or isn't another program."""


class SourceKind:
    """The mutants of a build's source text."""

    word = "source"

    def __init__(self, build):
        self.build = build
        self.units = sources.find(build.shared)
        self.mutants = list(self.units)
        self.originals = build.where / "originals"
        self.originals.mkdir(exist_ok=True)
        judged = {source for units in self.units.values() for source in units}
        build.shared.each(self.compile_original, sorted(judged))
        self.plain = {source: self.object_of(source).read_bytes() for source in judged}
        self.judged = {}

    def object_of(self, source):
        """The object of a unit as it is."""
        return self.originals / f"{source.stem}.o"

    def compile_original(self, source):
        """Compiles a unit as it is."""
        done = self.compile(self.command(COMPILER, SHARED, source), self.object_of(source))
        if not done:
            raise context.StepFailed(f"{source} doesn't compile")

    def command(self, compiler, flags, source, tree=context.SOURCE):
        """How a unit in a copy of the tree is compiled."""
        built = suite.Suite(self.build.work, "x", compiler, (*flags, *self.build.flags), tree)
        path = tree / source.relative_to(context.SOURCE)
        return built.command(path, *self.build.words_for(source), "-w")

    def compile(self, command, output):
        """Whether it compiles."""
        words = [*map(str, command), "-c", "-o", str(output)]
        done = subprocess.run(words, capture_output=True, check=False)
        return done.returncode == 0

    def tree(self, folder):
        """A worker's own copy of the sources."""
        tree = folder / "tree"
        if not tree.exists():
            for name in ("src", "include"):
                shutil.copytree(context.SOURCE / name, tree / name)
        return tree

    def mutated(self, mutant, folder, compiler, flags):
        """[(source, object)] of the units as a compiler compiles them with the mutation."""
        tree = self.tree(folder)
        path = tree / mutant.file
        text = path.read_text(encoding="ascii")
        path.write_text(mutant.applied(text), encoding="ascii")
        try:
            made = []
            for source in self.units[mutant]:
                output = folder / f"{source.stem}.o"
                if not self.compile(self.command(compiler, flags, source, tree), output):
                    raise Refused("the compiler refuses it")
                made.append((source, output))
            return made
        finally:
            path.write_text(text, encoding="ascii")

    def make(self, mutant, folder):
        """Puts the mutated library into a folder; returns what tells it from others."""
        made = self.mutated(mutant, folder, COMPILER, SHARED)
        changed = {s: o for s, o in made if o.read_bytes() != self.plain[s]}
        if not changed:
            raise Refused("it is the same code")
        objects = [changed.get(s, self.object_of(s)) for s in self.build.shared.library()]
        words = (COMPILER, "-pthread", *SHARED, "-shared", "-o", folder / LIBRARY)
        linked = subprocess.run(
            [*map(str, words), *map(str, objects), str(self.build.known)],
            capture_output=True,
            check=False,
        )
        if linked.returncode != 0:
            raise Refused("it doesn't link")
        return digest(*(each.read_bytes() for each in changed.values()))

    def is_same(self, mutant, folder):
        """Whether a compiler proves the mutant to be the library."""
        for compiler, level in JUDGES:
            flags = (level, *SHARED[1:])
            made = self.mutated(mutant, folder, compiler, flags)
            if all(o.read_bytes() == self.judge(compiler, flags, s) for s, o in made):
                return True
        return False

    def judge(self, compiler, flags, source):
        """The object of a unit as it is, by another compiler."""
        key = (compiler, flags, source)
        if key not in self.judged:
            path = self.originals / f"{source.stem}-{compiler}{flags[0]}.o"
            self.compile(self.command(compiler, flags, source), path)
            self.judged[key] = path.read_bytes()
        return self.judged[key]
