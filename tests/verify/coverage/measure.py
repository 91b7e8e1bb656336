"""Lines, branches and conditions, out of what llvm-cov exports.

llvm-cov's own summary looks at each copy of an inline function apart and keeps the best of
them, and leaves out what stands in a macro's argument. Here the copies count as one: a
branch was taken if it was in any, and a condition decides if it does in any.

The formats: https://llvm.org/docs/CommandGuide/llvm-cov.html#cmdoption-llvm-cov-export-format
and the head of llvm/tools/llvm-cov/CoverageExporterJson.cpp."""

import collections
import dataclasses
import json
import pathlib

MCDC_BRANCH = 6  # the kind of a branch that is a condition of a decision


@dataclasses.dataclass(frozen=True)
class Gap:
    """Something that no test reached. Line numbers change, so they are no part of it."""

    file: str
    function: str  # * where a macro wrote it
    what: str  # line; true, false: the condition never was; decides: it never did
    text: str

    def __str__(self):
        return " | ".join((self.file, self.function, self.what, self.text))


class Source:
    """The text behind positions."""

    def __init__(self, root):
        self.root = root
        self.files = {}

    def relative(self, path):
        """The path within the tree, or None for what isn't the library's."""
        path = pathlib.Path(path)
        if not path.is_relative_to(self.root):
            return None
        inside = path.relative_to(self.root).as_posix()
        return inside if inside.startswith(("src/", "include/")) else None

    def text(self, file, begin, end):
        """From (line, column) to (line, column), counted from 1, its spaces collapsed."""
        if file not in self.files:
            self.files[file] = (self.root / file).read_text().split("\n")
        lines = self.files[file][begin[0] - 1 : end[0]]
        lines[-1] = lines[-1][: end[1] - 1]
        lines[0] = lines[0][begin[1] - 1 :]
        return " ".join(" ".join(lines).split())

    def line(self, file, number):
        """A whole line."""
        return self.text(file, (number, 1), (number, 1000))


def within(inner, outer):
    """Whether a range (begin, end) lies in another one."""
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def span(numbers):
    """The range that four numbers of the export are."""
    return tuple(numbers[:2]), tuple(numbers[2:4])


class Coverage:
    """All that was counted, in one build or in several."""

    def __init__(self, root):
        self.source = Source(root)
        self.lines = collections.Counter()  # (file, line)
        self.branches = {}  # (file, span) -> [how often true, how often false]
        self.decisions = {}  # (file, span) -> [whether each condition decides]
        self.conditions = collections.defaultdict(set)  # (file, span of a decision) -> spans
        self.functions = collections.defaultdict(set)  # (file, line) -> names

    def add(self, functions, lcov):
        """Adds a build: the texts of both exports."""
        for function in json.loads(functions)["data"][0]["functions"]:
            self.add_function(function)
        self.add_lines(lcov)

    def add_lines(self, lcov):
        """The format of lcov: SF:file, DA:line,count. A brace alone is no line of its own."""
        file = None
        for line in lcov.splitlines():
            kind, _, rest = line.partition(":")
            if kind == "SF":
                file = self.source.relative(rest)
            elif kind == "DA" and file:
                number, count = map(int, rest.split(",")[:2])
                if any(map(str.isalnum, self.source.line(file, number))):
                    self.lines[file, number] += count

    def add_function(self, function):
        """One copy of a function, in which several files may have a part: macros'."""
        files = [self.source.relative(name) for name in function["filenames"]]
        name = function["name"].rpartition(":")[2]
        for region in function["regions"]:
            self.add_name(files, name, region)
        for branch in function["branches"]:
            if files[branch[6]]:
                counts = self.branches.setdefault((files[branch[6]], span(branch)), [0, 0])
                counts[0] += branch[4]
                counts[1] += branch[5]
        for decision in function["mcdc_records"]:
            self.add_decision(files, function["branches"], decision)

    def add_name(self, files, name, region):
        """Remembers which function the lines of a region belong to."""
        file = files[region[5]]
        if file:
            for number in range(region[0], region[2] + 1):
                self.functions[file, number].add(name if region[5] == 0 else "*")

    def add_decision(self, files, branches, decision):
        """A condition that is constant in this build is in the list of those that decide,
        as one that doesn't, but it is no branch."""
        file = files[decision[4]]
        if not file:
            return
        where = file, span(decision)
        for branch in branches:
            inside = branch[6] == decision[4] and within(span(branch), span(decision))
            if inside and branch[8] == MCDC_BRANCH:
                self.conditions[where].add(span(branch))
        known = self.decisions.setdefault(where, [False] * len(decision[6]))
        self.decisions[where] = [a or b for a, b in zip(known, decision[6])]

    def function_at(self, file, number):
        """The function's name; a macro's lines belong to many."""
        names = self.functions[file, number]
        return next(iter(names)) if len(names) == 1 else "*"

    def gap(self, file, what, where):
        """A gap in a range."""
        name = self.function_at(file, where[0][0])
        return Gap(file, name, what, self.source.text(file, *where))

    def gaps(self):
        """Whatever wasn't reached."""
        for (file, number), count in sorted(self.lines.items()):
            if count == 0:
                name = self.function_at(file, number)
                yield Gap(file, name, "line", self.source.line(file, number))
        for (file, where), counts in sorted(self.branches.items()):
            for what, count in zip(("true", "false"), counts):
                if count == 0:
                    yield self.gap(file, what, where)
        for (file, where), decides in sorted(self.decisions.items()):
            yield from self.undecided(file, where, decides)

    def undecided(self, file, where, decides):
        """The conditions of a decision that don't decide; the decision as a whole, where
        constants keep the list from telling which."""
        spans = sorted(self.conditions[file, where])
        if len(spans) == len(decides):
            for each, does in zip(spans, decides):
                if not does:
                    yield self.gap(file, "decides", each)
        elif sum(decides) < len(spans):
            yield self.gap(file, "decides", where)

    def totals(self):
        """How many lines, branches and conditions there are."""
        conditions = sum(len(self.conditions[where]) for where in self.decisions)
        return len(self.lines), 2 * len(self.branches), conditions
