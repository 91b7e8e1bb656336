"""The text of the library's functions, as the default build has it."""

import dataclasses
import functools
import re

from context import SOURCE, StepFailed

DEFINITION = re.compile(
    r"\b(?P<name>\w+)\((?P<parameters>[^;{}()]*)\)\s*\{(?P<body>(?:[^{}]|\{[^{}]*\})*)\}"
)


@dataclasses.dataclass
class Function:
    """Its parameters as (type, name), and the statements in its body."""

    parameters: list
    statements: list


def default_build(text):
    """Without what only a hardened or a debug build has, and without comments."""
    lines, skips = [], []
    for line in text.splitlines():
        word = re.match(r"#\w+|", line)[0]
        if word.startswith("#if"):
            skips.append("skip" if re.search("NANVM_(HARDENED|DEBUG)", line) else "")
        elif word == "#else" and skips[-1]:
            skips[-1] = "take" if skips[-1] == "skip" else "skip"
        elif word == "#endif":
            skips.pop()
        elif "skip" not in skips:
            lines.append(line)
    return re.sub(r"/\*.*?\*/", " ", "\n".join(lines), flags=re.DOTALL)


@functools.lru_cache(maxsize=None)
def text_of(path):
    """A header or a file of src."""
    for folder in ("include", "src"):
        if (SOURCE / folder / path).is_file():
            return default_build((SOURCE / folder / path).read_text())
    raise StepFailed(f"there is no {path}")


def everywhere():
    """All headers and files, the headers first."""
    names = sorted((SOURCE / "include").rglob("*.h"))
    paths = [str(each.relative_to(SOURCE / "include")) for each in names]
    return paths + [str(each.relative_to(SOURCE / "src"))
                    for each in sorted((SOURCE / "src").rglob("*.[hc]"))
                    if each.parent.name not in ("debug", "hardened")]


def parameter(text):
    """The type and the name of a parameter."""
    words = text.replace("const ", "").strip()
    name = re.search(r"\w+$", words)[0]
    return words[: -len(name)].strip(), name


@functools.lru_cache(maxsize=None)
def function(name):
    """The one that is called so."""
    for path in everywhere():
        for found in DEFINITION.finditer(text_of(path)):
            if found["name"] == name:
                given = [one for one in found["parameters"].split(",") if one.strip()]
                statements = [one.strip() for one in found["body"].split(";") if one.strip()]
                return Function([parameter(one) for one in given], statements)
    raise StepFailed(f"there is no function {name}()")


@functools.lru_cache(maxsize=None)
def enumerator(name):
    """The text of a constant's value."""
    for path in everywhere():
        found = re.search(rf"\b{name} = ([^,}}]+)[,}}]", re.sub(r"\s+", " ", text_of(path)))
        if found and "enum" in text_of(path):
            return found[1].strip()
    raise StepFailed(f"there is no constant {name}")
