"""The library and its unit tests, compiled file by file: for steps that need flags,
sources or objects of their own, and sooner than CMake configures a tree."""

import concurrent.futures
import dataclasses
import pathlib

import context
import tree

# The library may become a shared one, and functions have the names of the sources.
STANDARD = ("-std=c11", "-pthread", "-DNANVM_BUILDING", "-DNANVM_SHARED", "-DNANVM_PLAIN_NAMES")
HARDENED = "-DNANVM_HARDENED"
DEBUG = "-DNANVM_DEBUG"


@dataclasses.dataclass
class Suite:
    """One way to build it all, in a folder of its own."""

    work: context.Context
    folder: str
    compiler: str
    flags: tuple  # for compiling and for linking
    source: pathlib.Path = context.SOURCE  # or a copy of the tree

    @property
    def is_debug(self):
        """Whether it is the build for development."""
        return DEBUG in self.flags

    @property
    def is_hardened(self):
        """Whether it is a build that checks more, as a debug build does, too."""
        return HARDENED in self.flags or self.is_debug

    @property
    def build(self):
        """What CMake calls it."""
        return "debug" if self.is_debug else "hardened" if self.is_hardened else "usual"

    @property
    def where(self):
        """The folder of what is built."""
        return self.work.build / self.folder

    def library(self):
        """The library's translation units."""
        return [self.source / name for name in tree.library(self.build)]

    def support(self):
        """What the unit tests share."""
        return sorted((self.source / "tests" / "support").glob("*.c"))

    def tests(self):
        """The unit tests, a file a noun."""
        tests = self.source / "tests"
        folders = [tests]
        folders += [tests / "hardened"] * self.is_hardened
        folders += [tests / "debug"] * self.is_debug
        return sorted(path for folder in folders for path in folder.glob("test_*.c"))

    def object_of(self, source):
        """The path of the object file."""
        return self.where / f"{source.parent.name}-{source.stem}.o"

    def command(self, source, *more):
        """How a file is compiled; the end of it says into what."""
        folders = (*tree.includes(self.build), "tests/support")
        includes = [f"-I{self.source / folder}" for folder in folders]
        return [self.compiler, *STANDARD, *self.flags, *includes, *more, source]

    def compile(self, sources):
        """Compiles the sources; returns their objects, in order."""
        self.where.mkdir(parents=True, exist_ok=True)

        def one(source):
            self.work.run(*self.command(source), "-c", "-o", self.object_of(source))
            return self.object_of(source)

        return self.each(one, sources)

    def link(self, output, *words):
        """Links; returns the path."""
        path = self.where / output
        self.work.run(self.compiler, "-pthread", *self.flags, "-o", path, *words)
        return path

    def each(self, action, items):
        """Does it to all of them, as many at once as there are jobs; the results in order."""
        with concurrent.futures.ThreadPoolExecutor(self.work.jobs) as pool:
            return list(pool.map(action, items))

    def programs(self, *more):
        """Builds a program for each file of tests; `more` is linked into all of them."""
        objects = self.compile([*self.library(), *self.support(), *self.tests()])
        shared = objects[: -len(self.tests())]
        return self.each(
            lambda pair: self.link(pair[0].stem, pair[1], *shared, *more, "-lcmocka"),
            list(zip(self.tests(), objects[len(shared) :])),
        )
