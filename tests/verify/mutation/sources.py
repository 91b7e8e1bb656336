"""Mutants of the source text, found on clang's syntax tree.

The tree says where operators, constants, variables and calls are, and of which type; what
is written there is then replaced in a copy of the file. Rules, each applied by itself:

  operators   < and <=, > and >=, == and !=, + and -, & and |, && and ||, << and >>, * and /,
              += and -=, |= and &=, ++ and --; a ! is left out
  constants   one more, and one less; true and false; a constant of an enum for the next one
  variables   another variable of the same type in scope; another member of the same struct
              and type: one of them, chosen by the names alone
  arguments   two neighbours of one type exchanged
  statements  a call whose result isn't used, an assignment: left out

An inline function of a header is mutated wherever the library has it. What a compiler makes
the same code of isn't a mutant; nor is what it refuses. The macros of inline/macros.h are
hints to the compiler, and stay as they are."""

import bisect
import concurrent.futures
import dataclasses
import hashlib
import json
import pathlib
import re
import subprocess

import context

COMPILER = "clang-19"
DUMP = ("-fsyntax-only", "-Xclang", "-ast-dump=json", "-Wno-everything")
HINTS = "include/nanvm/mem/inline/macros.h"

OTHERS = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==",
    "+": "-", "-": "+", "&": "|", "|": "&", "^": "&", "&&": "||", "||": "&&",
    "<<": ">>", ">>": "<<", "*": "/", "/": "*", "%": "/",
    "+=": "-=", "-=": "+=", "|=": "&=", "&=": "|=", "^=": "|=", "*=": "/=", "/=": "*=",
    "<<=": ">>=", ">>=": "<<=", "++": "--", "--": "++",
}  # fmt: skip

NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|[0-9]+)([uUlL]*)$")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*$")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Mutant:
    """One replacement in one file. Line numbers change, so they are no part of its name."""

    unit: str  # the name of the file, with .h if it is a header
    function: str  # "-" outside of functions
    text: str  # of the source line
    what: str  # such as "< becomes <="
    ordinal: int  # among those that are alike so far
    file: str = dataclasses.field(compare=False)
    line: int = dataclasses.field(compare=False)
    begin: int = dataclasses.field(compare=False)
    end: int = dataclasses.field(compare=False)
    new: str = dataclasses.field(compare=False)

    @property
    def name(self):
        """How the lists call it."""
        ordinal = f", {self.ordinal}" if self.ordinal > 1 else ""
        return f"{self.unit} | {self.function} | {self.text} | {self.what}{ordinal}"

    def applied(self, text):
        """The file with the replacement."""
        return text[: self.begin] + self.new + text[self.end :]


# --- the tree ---------------------------------------------------------------------


class Files:
    """The files of the project that a translation unit is made of."""

    def __init__(self, root):
        self.root = root
        self.texts = {}

    def known(self, path):
        """The path in the project, or None if the file is somebody else's."""
        path = pathlib.Path(path)
        if not path.is_relative_to(self.root):
            return None
        name = path.relative_to(self.root).as_posix()
        return name if name.startswith(("src/", "include/")) and name != HINTS else None

    def text(self, name):
        """What is in it; offsets are bytes, and the sources are ASCII."""
        if name not in self.texts:
            self.texts[name] = (self.root / name).read_text(encoding="ascii")
        return self.texts[name]


class Places:
    """Fills in the file that clang leaves out where it is that of the place before."""

    def __init__(self):
        self.file = "?"

    def __call__(self, pairs):
        node = dict(pairs)
        if "tokLen" in node:
            self.file = node.setdefault("file", self.file)
        return node


def children(node):
    """Those that are there: clang leaves holes."""
    return [child for child in node.get("inner", ()) if child.get("kind")]


def type_of(node):
    """The canonical type, as far as clang tells."""
    found = node.get("type", {})
    return found.get("desugaredQualType", found.get("qualType", "")).replace("const ", "")


def bare(node):
    """Without parentheses and implicit casts."""
    while node["kind"] in ("ImplicitCastExpr", "ParenExpr", "ConstantExpr"):
        node = children(node)[0]
    return node


class Finder:
    """All mutants that a translation unit has, and the functions that it uses."""

    def __init__(self, files):
        self.files = files
        self.found = {}  # (file, begin, end, new): (function, what)
        self.calls = {}  # name: names of the functions that it mentions; "-": outside of any
        self.owners = {}  # of functions that are defined: their file
        self.fields = {}  # of a struct: [(name, type)], by the id of each field
        self.enums = {}  # of an enum: [name], by the id of each constant
        self.function = "-"
        self.scopes = []

    # Where a token is: (file, begin, end), or None.

    def spelled(self, place):
        """Of a token that is written in one of the project's files."""
        if "spellingLoc" in place:
            place = place["spellingLoc"]
        if "offset" not in place:
            return None
        name = self.files.known(place["file"])
        return name and (name, place["offset"], place["offset"] + place["tokLen"])

    def expanded(self, place):
        """Of a macro without arguments, of the system, that is written in a file of ours."""
        place = place.get("expansionLoc", {})
        name = "offset" in place and self.files.known(place["file"])
        if not name:
            return None
        begin, end = place["offset"], place["offset"] + place["tokLen"]
        text = self.files.text(name)
        is_word = WORD.match(text[begin:end]) and not text[end:].lstrip().startswith("(")
        return (name, begin, end) if is_word else None

    def token(self, place):
        """Either."""
        return self.spelled(place) or self.expanded(place)

    def whole(self, node):
        """From the first to the last token of an expression that isn't torn by macros."""
        extent = node.get("range", {})
        first = self.token(extent.get("begin", {}))
        last = self.token(extent.get("end", {}))
        if not first or not last or first[0] != last[0] or first[1] >= last[2]:
            return None
        text = self.files.text(first[0])[first[1] : last[2]]
        is_whole = text.count("(") == text.count(")") and "#" not in text
        return (first[0], first[1], last[2]) if is_whole else None

    def written(self, where):
        """The text of a place."""
        return self.files.text(where[0])[where[1] : where[2]]

    def add(self, where, new, what):
        """A mutant, if the place is known."""
        if where and self.written(where) != new:
            self.found.setdefault((*where, new), (self.function, what))

    # Operators.

    def between(self, left, right, code):
        """An operator, which is behind the left operand and in front of the right one."""
        begin = self.token(left.get("range", {}).get("end", {}))
        end = self.token(right.get("range", {}).get("begin", {}))
        if begin and end and begin[0] == end[0] and begin[2] <= end[1]:
            name, low, high = begin[0], begin[2], end[1]
        elif end:  # the left one ends in a macro
            name, low, high = end[0], max(0, end[1] - 40), end[1]
        elif begin:
            name, low, high = begin[0], begin[2], begin[2] + 40
        else:
            return None
        text = COMMENT.sub(lambda found: " " * len(found[0]), self.files.text(name)[low:high])
        pattern = re.compile(rf"(?<![-+*/%&|<>=!^]){re.escape(code)}(?![-+/%|<>=!^])")
        all_found = list(pattern.finditer(text))
        if not all_found:
            return None
        found = all_found[0 if begin else -1]
        return name, low + found.start(), low + found.end()

    def on_binary(self, node):
        """x + y, x += y, x = y."""
        code = node["opcode"]
        left, right = children(node)
        if code in OTHERS:
            other = OTHERS[code]
            self.add(self.between(left, right, code), other, f"{code} becomes {other}")

    def on_unary(self, node):
        """!x, ++x."""
        code = node["opcode"]
        place = node["range"]["end" if node.get("isPostfix") else "begin"]
        where = self.spelled(place)
        if not where or self.written(where) != code:
            return
        if code == "!":
            self.add(where, "", "! is left out")
        elif code in OTHERS:
            self.add(where, OTHERS[code], f"{code} becomes {OTHERS[code]}")

    # Constants.

    def on_integer(self, node):
        """17, true."""
        place = node["range"]["begin"]
        where = self.spelled(place)
        found = where and NUMBER.match(self.written(where))
        if found:
            digits, suffix = found.groups()
            value = int(digits, 0) if digits.lower().startswith("0x") else int(digits)
            form = "0x{:x}" if digits.lower().startswith("0x") else "{}"
            for other in (value + 1, value - 1):
                text = form.format(other) + suffix if other >= 0 else f"(-1{suffix})"
                self.add(where, text, f"{found[0]} becomes {text}")
            return
        where = self.expanded(place)
        if where and self.written(where) in ("true", "false"):
            other = "false" if self.written(where) == "true" else "true"
            self.add(where, other, f"{self.written(where)} becomes {other}")

    # Variables.

    def choose(self, own, names):
        """One of the names, by nothing but the names."""
        names = sorted(set(names) - {own})
        key = f"{self.function} {own}"
        return min(
            names,
            key=lambda name: hashlib.sha256(f"{key} {name}".encode()).digest(),
            default=None,
        )

    def in_scope(self, wanted):
        """Names of variables of a type; of those of one name the innermost counts."""
        seen = {}
        for scope in self.scopes:
            seen.update(scope)
        return [name for name, kind in seen.items() if kind == wanted]

    def on_name(self, node):
        """A variable, or a constant of an enum."""
        declared = node["referencedDecl"]
        if declared["kind"] == "FunctionDecl":
            self.calls.setdefault(self.function, set()).add(declared["name"])
            return
        where = self.spelled(node["range"]["begin"])
        own = declared.get("name")
        if not where or self.written(where) != own:
            return
        if declared["kind"] in ("ParmVarDecl", "VarDecl"):
            other = self.choose(own, self.in_scope(type_of(node)))
        elif declared["kind"] == "EnumConstantDecl":
            names = self.enums.get(declared["id"], [own])
            other = names[(names.index(own) + 1) % len(names)]
        else:
            return
        if other:
            self.add(where, other, f"{own} becomes {other}")

    def on_member(self, node):
        """x->y: another member."""
        where = self.spelled(node["range"]["end"])
        own = node.get("name")
        if not where or self.written(where) != own:
            return
        fields = self.fields.get(node.get("referencedMemberDecl"), ())
        wanted = dict(fields).get(own)
        other = self.choose(own, [name for name, kind in fields if kind == wanted])
        if other:
            self.add(where, other, f"{own} becomes {other}")

    # Arguments and statements.

    def on_call(self, node):
        """f(x, y): f(y, x)."""
        arguments = children(node)[1:]
        for first, second in zip(arguments, arguments[1:]):
            one, two = self.whole(first), self.whole(second)
            if not one or not two or one[0] != two[0] or one[2] > two[1]:
                continue
            alike = type_of(first) == type_of(second) and type_of(bare(first)) == type_of(
                bare(second)
            )
            if alike and self.written(one) != self.written(two):
                between = self.files.text(one[0])[one[2] : two[1]]
                new = self.written(two) + between + self.written(one)
                what = f"{short(self.written(one))} and {short(self.written(two))} change places"
                self.add((one[0], one[1], two[2]), new, what)

    def on_statement(self, node):
        """What stands by itself in a block."""
        kind = node["kind"]
        is_effect = (
            kind in ("CallExpr", "CompoundAssignOperator")
            or (kind == "BinaryOperator" and node["opcode"] == "=")
            or (kind == "UnaryOperator" and node["opcode"] in ("++", "--"))
        )
        where = is_effect and self.whole(node)
        if where and ";" not in self.written(where):
            self.add(where, "(void)0", f"{short(self.written(where))} is left out")

    # The walk.

    def note_record(self, node):
        """The members of a struct, and those of the structs in it."""
        fields = [each for each in children(node) if each["kind"] == "FieldDecl"]
        named = [(each["name"], type_of(each)) for each in fields if "name" in each]
        self.fields.update({each["id"]: named for each in fields})

    def note_enum(self, node):
        """The constants of an enum; those without a name are no kind of thing."""
        constants = [each for each in children(node) if each["kind"] == "EnumConstantDecl"]
        names = [each["name"] for each in constants]
        if "name" in node:
            self.enums.update({each["id"]: names for each in constants})

    def walk(self, node):
        """Everything below."""
        kind = node["kind"]
        if kind == "FunctionDecl":
            self.walk_function(node)
            return
        if kind in ("StaticAssertDecl", "UnaryExprOrTypeTraitExpr", "OffsetOfExpr"):
            return
        opens = kind in ("CompoundStmt", "ForStmt")
        if opens:
            self.scopes.append({})
        self.visit(kind, node)
        for child in children(node):
            self.walk(child)
        if opens:
            self.scopes.pop()
        if kind in ("VarDecl", "ParmVarDecl") and "name" in node and self.scopes:
            self.scopes[-1][node["name"]] = type_of(node)

    def visit(self, kind, node):
        """What this node gives."""
        if kind in ("BinaryOperator", "CompoundAssignOperator"):
            self.on_binary(node)
        elif kind == "UnaryOperator":
            self.on_unary(node)
        elif kind == "IntegerLiteral":
            self.on_integer(node)
        elif kind == "DeclRefExpr":
            self.on_name(node)
        elif kind == "MemberExpr":
            self.on_member(node)
        elif kind == "CallExpr":
            self.on_call(node)
        elif kind == "RecordDecl":
            self.note_record(node)
        elif kind == "EnumDecl":
            self.note_enum(node)
        elif kind == "CompoundStmt":
            for child in children(node):
                self.on_statement(child)

    def walk_function(self, node):
        """A function that has a body."""
        is_defined = any(each["kind"] == "CompoundStmt" for each in children(node))
        if not is_defined or not self.owner(node):
            return
        self.function = node["name"]
        self.owners[self.function] = self.owner(node)
        self.scopes = [{}]
        for child in children(node):
            self.walk(child)
        self.function, self.scopes = "-", []

    def reached(self, own):
        """The functions that a unit, whose own file this is, contains."""
        is_whole = own == "src/inline.c"
        rest = [name for name, file in self.owners.items() if is_whole or file == own]
        rest.append("-")
        seen = set(rest)
        while rest:
            called = self.calls.get(rest.pop(), set()) - seen
            seen |= called
            rest.extend(called)
        return seen

    def owner(self, node):
        """The project's file that a declaration is in, or None."""
        place = node.get("loc", {})
        place = place.get("expansionLoc", place)
        return self.files.known(place["file"]) if "file" in place else None

    def walk_all(self, tree):
        """The declarations that are the project's, one by one."""
        for node in children(tree):
            if self.owner(node):
                self.walk(node)


def short(text):
    """On one line."""
    return " ".join(text.split())


# --- all units --------------------------------------------------------------------


def look(command, root, own):
    """What there is in a translation unit: its sites, and the functions that it contains."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise context.StepFailed(f"{COMPILER} doesn't understand {own}:\n{done.stderr}")
    finder = Finder(Files(root))
    finder.walk_all(json.loads(done.stdout, object_pairs_hook=Places()))
    return finder.found, finder.reached(own)


def find(built):
    """The mutants of a build (suite.Suite), in order of files and places."""
    sites, units = {}, {}
    root = built.source
    with concurrent.futures.ProcessPoolExecutor(built.work.jobs) as pool:
        waiting = []
        for source in built.library():
            command = [COMPILER, *map(str, built.command(source)[1:]), *DUMP]
            own = source.relative_to(root).as_posix()
            waiting.append((source, pool.submit(look, command, root, own)))
        for source, each in waiting:
            found, reached = each.result()
            for site, (function, what) in found.items():
                sites.setdefault(site, (function, what))
                if function in reached:
                    units.setdefault(site, []).append(source)
    return name_all(Files(root), sites, units)


def name_all(files, sites, units):
    """Gives each its name; returns {mutant: the units that it changes}."""
    seen, concerned, starts = {}, {}, {}
    for site in sorted(sites):
        file, begin, end, new = site
        function, what = sites[site]
        text = files.text(file)
        if file not in starts:
            starts[file] = [0, *(found.end() for found in re.finditer("\n", text))]
        line = bisect.bisect_right(starts[file], begin) - 1
        line_text = short(text[starts[file][line] :].split("\n", 1)[0])
        name = pathlib.PurePosixPath(file).name
        alike = (name.removesuffix(".c"), function, line_text, what)
        seen[alike] = seen.get(alike, 0) + 1
        if site in units:
            mutant = Mutant(*alike, seen[alike], file, line + 1, begin, end, new)
            concerned[mutant] = units[site]
    return concerned
