"""What the gates share: what came of one, where the sources are, how a tool is asked."""

import dataclasses
import re

import tree

FINDING = re.compile(r"^(?P<where>[^\s:][^:\n]*:\d+):(\d+:)? (warning|error|style|performance"
                     r"|portability|information): (?P<what>.*)$", re.M)


@dataclasses.dataclass
class Accepted:
    """Something that a tool would report, and why it stays."""

    what: str
    why: str


@dataclasses.dataclass
class Outcome:
    """What came of one gate."""

    name: str
    command: str  # as one would type it, without what only says where things are
    checked: str  # what was looked at, such as "22 files"
    findings: list = dataclasses.field(default_factory=list)
    accepted: list = dataclasses.field(default_factory=list)


def library(context, build):
    """The files of a build of the library."""
    return [context.source / name for name in tree.library(build)]


def sources(context, *folders):
    """All C files of the library, and those in the folders named."""
    return sorted({path for build in tree.BUILDS for path in library(context, build)}) + sorted(
        path for folder in folders for path in (context.source / folder).glob("*.c"))


def reads(context, path, header, build):
    """Whether a file of a build includes a header, or includes one that does."""
    folders = [context.source / folder for folder in tree.includes(build)]
    pending, seen = [path], set()
    while pending:
        for name in re.findall(r'^#include "(.*)"', pending.pop().read_text(), re.M):
            found = next((folder / name for folder in folders if (folder / name).exists()), None)
            if found is not None and found not in seen:
                seen.add(found)
                pending.append(found)
    return any(each.name == header for each in seen)


def configurations(context, paths):
    """What there is to look at: (files, how they are compiled), by default, hardened, and
    for debugging, which adds files and changes those that include its header."""
    builds = {build: set(library(context, build)) for build in tree.BUILDS}
    others = set(paths) - set().union(*builds.values())

    def of(build):
        return [path for path in paths if path in builds[build] | others]

    def is_for_debugging(path):
        return path not in builds["hardened"] or reads(context, path, "debug.h", "debug")

    return (
        (of("usual"), flags(context, "usual")),
        (of("hardened"), flags(context, "hardened")),
        ([path for path in of("debug") if is_for_debugging(path)],
         flags(context, "debug")),
    )


def flags(context, build):
    """How each of them is compiled. Inside the library NANVM_BUILDING is defined; it
    changes nothing for the others, which link a static one."""
    return [*(f"-I{context.source / folder}" for folder in tree.includes(build)),
            *(f"-D{name}" for name in tree.BUILDS[build]), "-DNANVM_BUILDING"]


def relative(context, text):
    """`text` with paths as seen from the project."""
    return text.replace(f"{context.source}/", "")


def report(context, *command, cwd=None):
    """What a tool finds, one line each; that it could not do its work is a finding, too."""
    done = context.run(*command, check=False, cwd=cwd)
    lines = [f"{hit['where']}: {hit['what']}"
             for hit in FINDING.finditer(relative(context, done.stdout))]
    if done.returncode != 0 and not lines:
        lines = [f"{command[0]} ended with {done.returncode}"]
    return lines


def distinct(lines):
    """Without repetitions: a header is seen once for each file that includes it."""
    return list(dict.fromkeys(lines))


def settle(found, accepted):
    """The findings that remain, and what is accepted, of pairs (expression, reason). That
    one of those isn't found any more is a finding, too."""
    kept = [line for line in found if not any(re.search(text, line) for text, _ in accepted)]
    stale = [f"{text} is accepted, but isn't found" for text, _ in accepted
             if not any(re.search(text, line) for line in found)]
    return kept + stale, [Accepted(f"`{text}`", why) for text, why in accepted]


def missed(found, expected, what):
    """An empty list if the seeded defect was found; a gate that misses it is blind."""
    if any(expected in line for line in found):
        return []
    return [f"{what}: the seeded defect ({expected}) wasn't found"]


def seed(context, name):
    """A file with a defect that a gate has to find, and the words it finds it by: they
    stand behind "expect:" in the file."""
    path = context.source / "tests" / "verify" / "gates" / "seeds" / name
    return path, re.search(r"expect: (\S+)", path.read_text())[1]
