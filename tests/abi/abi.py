#!/usr/bin/env python3
"""The ABI of the library, as a list, and the rules for changing it.

The list has what a program relies on that was compiled with the public headers: sizes and
offsets, constants, the types of the functions, and a hash of the body of every function that
is compiled into the program. clang reads it from the headers, for 32 and 64 bits and for every
kind of build; a name that is new in the headers is in the list by itself.

  recorded.txt   the list as it was recorded last
  releases.txt   for each release, the number of its ABI and the digest of its list

README.md says how the list is changed."""

import argparse
import dataclasses
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
COMMAND = "tests/abi/abi.py"
CONFIG = "include/nanvm/mem/config.h"
MACROS = "include/nanvm/mem/inline/macros.h"
SYMBOLS = "include/nanvm/mem/inline/symbols.h"
SKIPPED = 77

# Another version might read the same headers in another way.
CLANG = "clang-19"
FLAGS = ("-std=c11", "-ffreestanding", "-nostdlibinc", "-fsyntax-only", "-w")

# A kind of build, or of machine, more is a line more here, and the list recorded anew.
BUILDS = {"usual": (), "hardened": ("-DNANVM_HARDENED",), "debug": ("-DNANVM_DEBUG",)}
MACHINES = {"64": "x86_64-linux-gnu", "32": "i686-linux-gnu"}
EVERYWHERE = "everywhere"

# A name with the number of the ABI and the kind of build, as in nanvm_hardened_global_abi2.
NUMBERED = re.compile(rf"\bnanvm_(?:(?:{'|'.join(BUILDS)})_)?(\w+)_abi\d+\b")

# What the compiler adds, or a writer may add, without changing what is computed.
TRANSPARENT = {"ImplicitCastExpr", "ParenExpr", "ConstantExpr", "ExprWithCleanups"}

# Whose description by clang lacks what matters in it.
OPAQUE = {"OffsetOfExpr", "GenericSelectionExpr", "GCCAsmStmt", "MSAsmStmt"}


class AbiError(Exception):
    """The list can't be made; the text says why."""


# --- what clang says of the headers -------------------------------------------------


def clang(source, build, machine, *options):
    """What clang prints of the probe."""
    words = [CLANG, f"--target={MACHINES[machine]}", *FLAGS, *BUILDS[build],
             "-isystem", HERE / "libc", f"-I{source / 'include'}", *options, HERE / "probe.c"]
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise AbiError(f"{CLANG} can't read the headers:\n{done.stderr}")
    return done.stdout


def plain(name):
    """A name as it stands in the headers; a type without a name, without its place."""
    return re.sub(r" at [^()]*\)", ")", NUMBERED.sub(r"nanvm_\1", name))


class Body:
    """What a function computes, without layout, comments and the names of its variables."""

    def __init__(self, function):
        self.function = function
        self.variables = {}
        self.calls = set()
        self.words = []
        self.add(function)

    @property
    def hash(self):
        """Of all that."""
        return hashlib.sha256("\n".join(self.words).encode()).hexdigest()[:16]

    def add(self, node):
        """A node of the syntax tree, and those below."""
        kind = node.get("kind", "nothing")
        if kind in OPAQUE:
            raise AbiError(f"{self.function['name']}: {COMMAND} can't see into a {kind}")
        if kind.endswith(("Attr", "Comment")):
            return
        if kind not in TRANSPARENT:
            self.words.append(" ".join(self.describe(kind, node)))
        for each in node.get("inner", ()):
            self.add(each)
        if kind not in TRANSPARENT:
            self.words.append("end")

    def describe(self, kind, node):
        """The words for one node."""
        yield kind
        if kind in ("VarDecl", "ParmVarDecl"):
            self.variables[node["id"]] = f"variable-{len(self.variables)}"
            yield node.get("storageClass", "auto")
        elif "name" in node and node is not self.function:
            yield node["name"]
        if "referencedDecl" in node:
            yield self.refer(node["referencedDecl"])
        if kind.endswith("Decl") or kind in ("CStyleCastExpr", "CompoundLiteralExpr"):
            yield plain(node.get("type", {}).get("qualType", ""))
        for key in ("opcode", "value", "argType", "isPostfix", "isArrow", "hasElse"):
            if key in node:
                text = node[key]["qualType"] if key == "argType" else node[key]
                yield f"{key}={text}"

    def refer(self, declaration):
        """What a name stands for."""
        if declaration["id"] in self.variables:
            return self.variables[declaration["id"]]
        if declaration["kind"] == "FunctionDecl":
            self.calls.add(declaration["name"])
        return plain(declaration["name"])


def is_inline(function):
    """Whether programs contain it."""
    return any(each["kind"] == "CompoundStmt" for each in function.get("inner", ()))


@dataclasses.dataclass
class Listing:
    """The list for one kind of build on one kind of machine."""

    source: pathlib.Path
    build: str
    machine: str
    entries: dict = dataclasses.field(default_factory=dict)
    faults: list = dataclasses.field(default_factory=list)

    def __post_init__(self):
        self.add_layouts(clang(self.source, self.build, self.machine, "-Xclang",
                               "-fdump-record-layouts-complete"))
        self.add_macros(clang(self.source, self.build, self.machine, "-E", "-dM"))
        tree = json.loads(clang(self.source, self.build, self.machine, "-Xclang",
                                "-ast-dump=json"))
        for node in tree["inner"]:
            if node["kind"] == "LinkageSpecDecl":
                raise AbiError("the probe is C")
            self.add_declaration(node)
        self.check_calls(tree)

    @property
    def places(self):
        """The sections that its entries may stand in."""
        return places_of(self.build, self.machine)

    def add_layouts(self, text):
        """Sizes, alignments and offsets."""
        for block in text.split("*** Dumping AST Record Layout")[1:]:
            rows = [row.split(" | ", 1) for row in block.splitlines() if " | " in row]
            name = rows[0][1].strip().removeprefix("struct ").removeprefix("union ")
            if not name.startswith("nanvm_"):
                continue
            for offset, what in rows[1:-1]:
                depth = (len(what) - len(what.lstrip())) // 2
                if depth == 1:
                    kind, _, member = what.strip().rpartition(" ")
                    self.entries[f"struct {name}.{plain(member)}"] = (
                        f"{offset.strip()} {plain(kind)}")
            size = re.search(r"sizeof=(\d+), align=(\d+)", rows[-1][1])
            self.entries[f"struct {name}"] = f"size {size[1]} align {size[2]}"

    def add_declaration(self, node):
        """What a public header declares."""
        kind, name = node["kind"], node.get("name", "")
        if kind == "EnumDecl":
            self.add_constants(node)
        elif name.startswith("nanvm_") and kind in ("TypedefDecl", "VarDecl"):
            self.entries[f"{kind[:-4].lower()} {name}"] = node["type"]["qualType"]
        elif kind == "FunctionDecl" and name.startswith(("nanvm_", "probe_")):
            self.add_function(node)

    def add_constants(self, node):
        """Those of an enum, whether written or counted on."""
        value = -1
        for each in node.get("inner", ()):
            if each["kind"] == "EnumConstantDecl":
                given = [one["value"] for one in each.get("inner", ()) if "value" in one]
                value = int(given[0]) if given else value + 1
                self.entries[f"constant {each['name']}"] = str(value)

    def add_function(self, node):
        """A function, and if it is in programs, what it computes."""
        name = node["name"]
        if name.startswith("nanvm_"):
            label = "numbered" if NUMBERED.search(name) else "plain"
            self.entries[f"function {plain(name)}"] = (
                f"{label} {node['type']['qualType']}")
        if is_inline(node):
            self.entries[f"body {plain(name)}"] = Body(node).hash

    def add_macros(self, text):
        """Those that stand for a number, but for the version."""
        ours = macros_of(self.source)
        for name, value in re.findall(r"^#define (NANVM_\w+) (.*)$", text, re.M):
            if name in ours and not re.search(r"[a-z_]{2,}\(|\{|;", value):
                self.entries[f"macro {name}"] = value

    def check_calls(self, tree):
        """Faults: functions that code in programs calls, and that aren't numbered; functions
        of macros that the probe doesn't use."""
        bodies = [node for node in tree["inner"]
                  if node["kind"] == "FunctionDecl" and is_inline(node)]
        inline = {node["name"] for node in bodies}
        for node in bodies:
            if node["name"].startswith("probe_"):
                continue  # a macro calls functions as anybody may
            for name in sorted(Body(node).calls - inline):
                if name.startswith("nanvm_") and not NUMBERED.search(name):
                    self.faults.append(
                        f"{name} is called by code in programs ({node['name']}), and its "
                        f"symbol doesn't carry the number of the ABI: see the list in {SYMBOLS}")
        for stem in sorted(stems_of(self.source)):
            if f"probe{stem}" not in inline:
                self.faults.append(f"a macro defines functions <name>{stem}: "
                                   "tests/abi/probe.c doesn't use it")


def headers(source):
    """All headers that programs read."""
    return sorted((source / "include" / "nanvm").rglob("*.h"))


def macros_of(source):
    """The names of object-like macros, but for include guards, for the version, and for names of
    what compilers differ in."""
    names = set()
    for path in headers(source):
        if path not in (source / CONFIG, source / MACROS):
            names.update(re.findall(r"^#define (NANVM_\w+)[ \t]+\S", path.read_text(), re.M))
    return names


def stems_of(source):
    """The ends of the names of functions that macros define, such as _ref_drop."""
    found = set()
    for path in headers(source):
        text = path.read_text().replace("\\\n", " ")
        for line in re.findall(r"^#define .*\bstatic inline\b.*$", text, re.M):
            line = re.sub(r"\s+", " ", line)
            found.update(re.findall(r"static inline (?:[\w# ]+?[ *])?\w+##(\w+)\(", line))
    return found


# --- the list as text ---------------------------------------------------------------


@dataclasses.dataclass
class Abi:
    """The whole list: {where: {what: value}}, where being a build and a machine, or all."""

    sections: dict
    faults: list

    @property
    def text(self):
        """As it is recorded."""
        lines = []
        for where, entries in self.sections.items():
            if entries:
                lines += ["", f"[{where}]"]
                lines += [f"{key}: {entries[key]}" for key in sorted(entries)]
        return "\n".join(lines[1:]) + "\n"

    @property
    def digest(self):
        """Of all of it."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:32]

    def of(self, build, machine):
        """All that it says of one kind of build on one kind of machine."""
        entries = {}
        for place in places_of(build, machine):
            entries.update(self.sections.get(place, {}))
        return entries

    def differences(self, other, builds, machines):
        """How `other`, a later one, differs: a line for each entry."""
        found = {}
        for build in builds:
            for machine in machines:
                old, new = self.of(build, machine), other.of(build, machine)
                for key in {*old, *new}:
                    if old.get(key) != new.get(key):
                        change = key, old.get(key, "absent"), new.get(key, "absent")
                        found.setdefault(change, []).append(f"{build} {machine} bits")
        whole = len(builds) * len(machines)
        return [
            f"{key}: {old}, now {new}" + f" ({', '.join(where)})" * (len(where) < whole)
            for (key, old, new), where in sorted(found.items())
        ]


def places_of(build, machine):
    """The sections that an entry of a list may stand in, the widest one first."""
    return EVERYWHERE, build, f"{machine} bits", f"{build} {machine} bits"


def read_headers(source, builds, machines):
    """The list of a source tree. What is the same in all builds, on all machines or both
    stands in it once."""
    listings = [Listing(source, build, machine) for build in builds for machine in machines]
    sections = {place: {} for each in listings for place in each.places}
    for each in listings:
        for entry in each.entries.items():
            place = next(place for place in each.places
                         if all(entry in other.entries.items() for other in listings
                                if place in other.places))
            sections[place].update([entry])
    faults = [fault for each in listings for fault in each.faults]
    return Abi(dict(sorted(sections.items())), list(dict.fromkeys(faults)))


def parse(text):
    """A list that was recorded."""
    sections, entries = {}, {}
    for line in text.splitlines():
        if line.startswith("["):
            entries = sections.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            key, _, value = line.partition(": ")
            entries[key] = value
    return Abi(sections, [])


# --- the rules ----------------------------------------------------------------------


@dataclasses.dataclass
class Release:
    """A line of releases.txt."""

    version: str
    number: int
    digest: str

    @property
    def minor(self):
        """Major and minor version."""
        return tuple(int(part) for part in self.version.split(".")[:2])


@dataclasses.dataclass
class Tree:
    """A source tree, and what it says of its ABI."""

    source: pathlib.Path
    builds: tuple = tuple(BUILDS)
    machines: tuple = tuple(MACHINES)

    @property
    def recorded_path(self):
        """Of the list."""
        return self.source / "tests" / "abi" / "recorded.txt"

    @property
    def releases_path(self):
        """Of the releases."""
        return self.source / "tests" / "abi" / "releases.txt"

    def defined(self, name):
        """What a macro of config.h is defined as."""
        text = (self.source / CONFIG).read_text()
        return re.search(rf'^#define {name} "?([\w.]+)"?', text, re.M)[1]

    def now(self):
        """The list that the headers make."""
        return read_headers(self.source, self.builds, self.machines)

    def this(self, digest):
        """What this tree would be as a release."""
        return Release(self.defined("NANVM_VERSION"), int(self.defined("NANVM_ABI")), digest)

    def differences(self, now):
        """How the list differs from the one that was recorded."""
        recorded = parse(self.recorded_path.read_text())
        return recorded.differences(now, self.builds, self.machines)

    def releases(self):
        """All of them, the first one first."""
        rows = [line.split() for line in self.releases_path.read_text().splitlines()
                if line and not line.startswith("#")]
        return [Release(version, int(number), digest) for version, number, digest in rows]

    def last_heading(self):
        """The newest version that the changelog has a heading for."""
        text = (self.source / "CHANGELOG.md").read_text()
        return re.search(r"^## \[(\d+\.\d+\.\d+)\]", text, re.M)[1]


def step_faults(old, new, name):
    """What is wrong with `new` as what follows on the release `old`."""
    found = []
    if new.number == old.number and new.digest != old.digest:
        found.append(
            f"{name}: the ABI isn't that of {old.version}, and NANVM_ABI is {old.number} in "
            f"both. Raise it to {old.number + 1} in {CONFIG}, and the minor version; then "
            f"record the list: {COMMAND} record. Or undo the change")
    if new.number not in (old.number, old.number + 1):
        found.append(
            f"{name}: NANVM_ABI is {new.number}, and was {old.number} in {old.version}. From "
            f"one release to the next it is raised once: {old.number + 1}")
    if new.number != old.number and new.minor <= old.minor:
        found.append(
            f"{name}: NANVM_ABI is {new.number}, and was {old.number} in {old.version}. Raise "
            f"the minor version, too")
    return found


def rule_faults(tree, now):
    """What is wrong with the numbers."""
    releases = tree.releases()
    found = []
    for old, new in zip(releases, releases[1:]):
        found += step_faults(old, new, "releases.txt")
    last = releases[-1]
    if tree.last_heading() != last.version:
        found.append(
            f"CHANGELOG.md has {tree.last_heading()}, releases.txt only {last.version}. At a "
            f"release its ABI is fixed: {COMMAND} release")
    return found + step_faults(last, tree.this(now.digest), "headers")


def findings(tree):
    """All that is wrong; and how many entries the list has."""
    now = tree.now()
    different = tree.differences(now)
    found = now.faults + different
    last = tree.releases()[-1]
    if different and tree.this("").number > last.number:
        found.append(
            f"The ABI isn't the one recorded. NANVM_ABI has been raised since {last.version}: "
            f"record the list ({COMMAND} record), or undo the change")
    return found + rule_faults(tree, now), sum(len(each) for each in now.sections.values())


HEADER = """\
# The ABI: what a compiled program relies on. README.md says how this list is changed;
# {command} record writes it.

"""


def record(tree):
    """Writes the list, if it may change; returns what is wrong."""
    now = tree.now()
    faults = now.faults + rule_faults(tree, now)
    if not faults:
        tree.recorded_path.write_text(HEADER.format(command=COMMAND) + now.text)
    return faults


def release(tree):
    """Adds a line for the version that the changelog has a heading for."""
    now = tree.now()
    this, last = tree.this(now.digest), tree.releases()[-1]
    faults = [f"not recorded: {each}" for each in tree.differences(now)]
    if this.version != tree.last_heading():
        faults.append(f"CHANGELOG.md has no heading for {this.version}")
    if this.version == last.version:
        faults.append(f"releases.txt has {this.version} already")
    faults += step_faults(last, this, "headers")
    if not faults:
        with tree.releases_path.open("a") as file:
            file.write(f"{this.version} {this.number} {this.digest}\n")
    return faults


def check(tree):
    """The gate."""
    return findings(tree)[0]


COMMANDS = {"check": check, "record": record, "release": release}


def main():
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--source", type=pathlib.Path, default=SOURCE)
    options = parser.parse_args()
    if not shutil.which(CLANG):
        print(f"{CLANG} is missing: the ABI isn't compared")
        return SKIPPED
    try:
        faults = COMMANDS[options.command](Tree(options.source.resolve()))
    except AbiError as error:
        faults = [str(error)]
    for each in faults:
        print(f"abi: {each}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
