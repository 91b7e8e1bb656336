"""What is known of mutants that the unit tests don't notice: three lists, and what they say
of the fates of a run.

  equivalent.txt  of jumps: name | reason
  sources.txt     of the source: name | reason
  unjudged.txt    of both, survivors that nobody has looked at yet: name

A name that begins with "hardened | " is one of the hardened build only; one without is of
both builds, where both have it. In sources.txt a rule may stand for a family: with * for what
is changed, all mutants of a line; with * for the line too, all of a function. In unjudged.txt
"unit | source | *" or "unit | jumps | *" stands for whatever survives of that kind in a unit
that nobody has gone through."""

import dataclasses
import difflib
import pathlib

import context

HERE = pathlib.Path(__file__).resolve().parent
HARDENED = "hardened | "

# What depends on how threads meet may be killed, or not: its reason starts so.
SOMETIMES = "race: "


def lines_of(file):
    """The lines of a list that say something."""
    lines = (HERE / file).read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def read_reasons(file, fields):
    """{name: reason}."""
    known = {}
    for line in lines_of(file):
        name, _, reason = line.rpartition(" | ")
        if len(name.removeprefix(HARDENED).split(" | ")) < fields or not reason.strip():
            raise context.StepFailed(f"{file}: no name and reason: {line}")
        if name in known:
            raise context.StepFailed(f"{file}: twice: {name}")
        known[name] = reason.strip()
    return known


def names_for(name, kind):
    """The entries that may speak of a mutant: it, its line, its function, its unit."""
    unit, function, *_ = name.split(" | ")
    line = name.rpartition(" | ")[0]
    return name, f"{line} | *", f"{unit} | {function} | * | *", f"{unit} | {kind} | *"


@dataclasses.dataclass
class Sums:
    """How many mutants of a kind there are: the five others add up to the first."""

    all: int = 0
    killed: int = 0
    equivalent: int = 0
    chance: int = 0  # only how threads meet tells
    unjudged: int = 0
    surprises: int = 0


class Known:
    """The lists, as far as they speak of one kind of mutants of one build."""

    def __init__(self, kind, is_hardened):
        self.kind = kind
        jumps = kind == "jumps"
        found = read_reasons("equivalent.txt", 5) if jumps else read_reasons("sources.txt", 4)
        self.is_hardened = is_hardened
        self.own = {n.removeprefix(HARDENED): r for n, r in found.items() if self.is_own(n)}
        self.reasons = dict(self.own)
        if is_hardened:
            self.reasons |= {n: r for n, r in found.items() if not n.startswith(HARDENED)}
        waiting = lines_of("unjudged.txt")
        self.unjudged = {n.removeprefix(HARDENED) for n in waiting if self.is_own(n)}
        if is_hardened:
            self.unjudged |= {n for n in waiting if not n.startswith(HARDENED)}

    def is_own(self, name):
        """Whether it is this build that an entry was written for."""
        return name.startswith(HARDENED) == self.is_hardened

    def names_for(self, name):
        """The entries that may speak of a mutant."""
        return names_for(name, self.kind)

    def reason(self, name):
        """Why nobody can tell, or None."""
        found = (self.reasons[each] for each in self.names_for(name) if each in self.reasons)
        return next(found, None)

    def is_unjudged(self, name):
        """Whether nobody has looked at it yet."""
        return any(each in self.unjudged for each in self.names_for(name))

    def has(self, name):
        """Whether its survival is no surprise."""
        return self.is_unjudged(name) or self.reason(name) is not None

    def is_named(self, name):
        """Whether it is known to survive: the rules only say that some of a family may."""
        return name in self.unjudged or name in self.reasons

    def sums(self, fates):
        """The sums of what came of the mutants."""
        sums = Sums(all=fates.counted)
        for name in [*fates.killed, *fates.survived]:
            reason = self.reason(name)
            if reason is not None and reason.startswith(SOMETIMES):
                sums.chance += 1
            elif name in fates.killed:
                sums.killed += 1
            elif reason is not None:
                sums.equivalent += 1
            elif self.is_unjudged(name):
                sums.unjudged += 1
            else:
                sums.surprises += 1
        return sums

    def wrong(self, fates):
        """What survived and isn't known, and what was killed against what is written."""
        for name in sorted(fates.survived):
            if not self.has(name):
                yield f"survived: {name}"
        for name in sorted(fates.killed):
            reason = self.own.get(name)
            if reason is not None and not reason.startswith(SOMETIMES):
                yield f"known to survive, and killed: {name}"

    def gone(self, names, others):
        """Entries of which neither this build has a mutant, nor the other one."""
        there = {each for name in [*names, *others] for each in self.names_for(name)}
        for name in sorted(self.own.keys() - there):
            unit = name.split(" | ", 1)[0]
            new = [n for n in names if n.startswith(f"{unit} | ") and not self.has(n)]
            close = difflib.get_close_matches(name, new, 1)
            yield f"known, and gone: {name}" + "".join(f"; perhaps: {n}" for n in close)


def gone_unjudged(names):
    """Entries that no mutant answers to, of [(name, kind)]."""
    there = {each for name, kind in names for each in names_for(name, kind)}
    for name in lines_of("unjudged.txt"):
        if name.removeprefix(HARDENED) not in there:
            yield f"not judged, and gone: {name}"
