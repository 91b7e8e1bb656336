"""The unit tests notice every change of the library's behaviour.

The library is changed in one place at a time, and the unit tests run until one fails. A change
that no test notices is listed: in equivalent.txt, with the reason why no test can notice it; in
unjudged.txt as long as nobody has found the reason, or written a test.

There are two kinds of changes, on the usual build and on the hardened one:

  jumps   each conditional jump of the compiled library, made never and made always, by a few
          bytes in a copy of it: jumps.py
  source  operators, constants, variables, arguments and statements of the source text, found
          on clang's syntax tree; the units that it changes are compiled, and the library is
          linked anew: sources.py

builds.py makes mutants, hunt.py runs them, lists.py knows what may survive. The fast part runs
a sample, chosen by names, of those that aren't listed; --full runs all, and what survives
though it isn't listed once more with all that the tests do. Its cache, in the build folder,
keeps what came of mutants whose units and killers haven't changed.

When the source has changed: `known, and gone` is an entry to be mended, and `survived` a
mutant that needs a test, or an entry with its proof. To try again some of them only,
NANVM_MUTATION_ONLY is a regular expression that their names match, behind "usual | " or
"hardened | "; every mutant that it matches runs, and the lists aren't held against the rest."""

import collections
import hashlib
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import builds
import context
import hunt
import lists
import reach
import sources
import suite

TITLE = "Mutation"
GOAL = (
    "each conditional jump changed to never and to always, each operator, constant, variable, "
    "argument and statement changed, in both builds: every mutant killed, or known equivalent"
)
NEEDS = {
    "gcc-12": builds.COMPILER,
    "clang-19": sources.COMPILER,
    "binutils": "objcopy",
    "libcmocka-dev": "/usr/include/cmocka.h",
}

# The fast part takes one mutant in so many.
FAST_ONE_IN = {
    ("usual", "jumps"): 12,
    ("usual", "source"): 64,
    ("hardened", "jumps"): 96,
    ("hardened", "source"): 192,
}


ONLY = os.environ.get("NANVM_MUTATION_ONLY")


def is_in_sample(name, one_in):
    """The same for the same name, so that a change elsewhere changes nothing here."""
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:4], "big") % one_in == 0


class Field:
    """The mutants of one kind of one build, and what is known of them."""

    def __init__(self, work, build, order, kind):
        self.work = work
        self.build = build
        self.order = order
        self.kind = kind
        self.known = lists.Known(kind.word, build.word == "hardened")
        self.names = {mutant.name for mutant in kind.mutants}
        self.fates = None

    def chosen(self):
        """All mutants; or those asked for; or a sample of those that aren't known to survive."""
        mutants = self.kind.mutants
        if ONLY is not None:
            return [m for m in mutants if re.search(ONLY, f"{self.build.word} | {m.name}")]
        if self.work.full:
            return mutants
        one_in = FAST_ONE_IN[self.build.word, self.kind.word]
        sample = [each for each in mutants if is_in_sample(each.name, one_in)]
        return [each for each in sample if not self.known.is_named(each.name)]

    def run(self):
        """Runs those."""
        path = self.work.build / f"{self.build.word}-{self.kind.word}.jsonl"
        cache = hunt.Cache(path, self.build, self.work.full)
        known = frozenset(name for name in self.names if self.known.has(name))
        run = hunt.Hunt(self.work, self.kind, self.order, cache, known, self.work.full)
        self.fates = run.run(self.chosen())

    @property
    def word(self):
        """As in the table."""
        return f"{self.build.word}, {self.kind.word}"


def judge(work, fields):
    """Says what isn't as it is written; returns how much."""
    wrong = []
    for field in fields:
        others = [f.names for f in fields if f.kind.word == field.kind.word and f is not field]
        lines = [*field.known.wrong(field.fates)] if field.fates else []
        if ONLY is None:
            lines += field.known.gone(field.names, set().union(*others))
        wrong += [f"{field.build.word}: {line}" for line in lines]
    if ONLY is None:
        wrong += lists.gone_unjudged(
            (name, field.kind.word) for field in fields for name in field.names
        )
    for line in wrong:
        work.note(line)
        print(f"\n    {line}", end="", file=sys.stderr)
    return len(wrong)


# --- the page ---------------------------------------------------------------------

SUMS = """
Every mutant is in one column: it was killed, or can't be told from the library by any test
(equivalent), or can be told only where threads meet in one of many ways (chance), or survives
and hasn't been judged yet.
"""

HEAD = """
Most equivalent jumps are a way that only saves time. Those of the usual build, and with the
word *hardened* those that only the hardened build has:
"""


def sum_rows(fields):
    """The table of sums."""
    rows = ["| build, kind | mutants | killed | equivalent | chance | not judged |"]
    rows.append("| - | - | - | - | - | - |")
    for field in fields:
        sums = field.known.sums(field.fates)
        cells = (sums.killed, sums.equivalent, sums.chance, sums.unjudged + sums.surprises)
        rows.append(f"| {field.word} | " + " | ".join(f"{n:,}" for n in (sums.all, *cells)) + " |")
    return rows


def jump_rows():
    """The equivalent jumps, one by one."""
    rows = ["| unit, function | line | mutant | why nobody can tell |", "| - | - | - | - |"]
    for name, reason in lists.read_reasons("equivalent.txt", 5).items():
        word = "hardened: " if name.startswith(lists.HARDENED) else ""
        unit, function, _, *text, mutant = name.removeprefix(lists.HARDENED).split(" | ")
        line = " | ".join(text).replace("|", "\\|")
        rows.append(f"| {word}{unit}.c, {function} | `{line}` | {mutant} | {reason} |")
    return rows


def reason_rows():
    """The reasons of equivalent changes of the source, with how often each is given."""
    reasons = collections.Counter(lists.read_reasons("sources.txt", 4).values())
    rows = ["| entries | why nobody can tell |", "| - | - |"]
    for reason, count in sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0])):
        rows.append(f"| {count} | {reason.replace('|', chr(92) + '|')} |")
    return rows


def page(work, fields):
    """The details of Assurance."""
    rows = []
    if work.full:
        rows += [*SUMS.strip().split("\n"), "", *sum_rows(fields)]
    rows += [*HEAD.rstrip().split("\n"), "", *jump_rows()]
    rows += ["", "The equivalent changes of the source are listed by name in"]
    rows += ["`tests/verify/mutation/sources.txt`; their reasons:", "", *reason_rows()]
    return rows


# --- the step ---------------------------------------------------------------------


def all_fields(work):
    """Both kinds of both builds."""
    fields = []
    for word, flags in (("usual", ()), ("hardened", (suite.HARDENED,))):
        build = builds.Build(work, word, *flags)
        reached = reach.Reach(build) if work.full else None
        order = hunt.Order(build.programs, build.where, reached)
        fields += [Field(work, build, order, kind) for kind in (build.jumps(), build.sources())]
    return fields


def describe(fields, full):
    """The figure."""
    if not full:
        tried = sum(field.fates.counted for field in fields)
        killed = sum(len(field.fates.killed) for field in fields)
        there = sum(len(field.names) for field in fields)
        named = sum(field.known.is_named(name) for field in fields for name in field.names)
        return (
            f"{killed} of {tried} mutants killed: a sample of {there:,} mutants, "
            f"of which {named:,} are known to survive and aren't tried"
        )
    parts = []
    for field in fields:
        sums = field.known.sums(field.fates)
        rest = f"{sums.killed} killed + {sums.equivalent} equivalent + {sums.chance} by chance"
        more = sums.unjudged + sums.surprises
        parts.append(f"{field.word}: {sums.all} = {rest} + {more} not judged")
    return "; ".join(parts)


def shortfall():
    """What survives unjudged."""
    names = lists.lines_of("unjudged.txt")
    units = [name for name in names if name.endswith("| *")]
    if not names:
        return ""
    more = f", the rest in {len(units)} entries that each cover a whole file" if units else ""
    return (
        "survivors that nobody has judged yet, listed in unjudged.txt: "
        f"{len(names) - len(units)} by name{more}"
    )


def run(work):
    """The step."""
    fields = all_fields(work)
    for field in fields:
        field.run()
    failed = judge(work, fields)
    return context.Result(
        figure=describe(fields, work.full),
        passed=sum(len(field.fates.killed) for field in fields),
        failed=failed,
        short=shortfall(),
        page=page(work, fields),
    )
