"""The contracts: which functions they are of, and by what each is proved."""

import dataclasses
import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parent / "contracts"

# A comment of ours says so where it isn't WP with every check: BITS, by a claim in bits/;
# WRAPS, by WP, with arithmetic that is meant to wrap.
CONTRACT = re.compile(
    r"(?:/\* (?P<mark>BITS|WRAPS)\b(?:(?!\*/).)*\*/\s*)?"
    r"/\*@(?P<text>(?:(?!\*/).)*)\*/\s*"
    r"(?P<type>[a-z][\w \*]*?[ \*])(?P<name>\w+)\([^;{]*\);",
    re.DOTALL,
)


@dataclasses.dataclass
class Contract:
    """Of one function."""

    unit: str
    name: str
    by: str  # WP, WRAPS or BITS
    type: str  # what the function returns
    requires: list
    ensures: list


def of(unit):
    """The contracts of a unit."""
    text = (FOLDER / f"{unit}.h").read_text()
    return [
        Contract(
            unit,
            found["name"],
            found["mark"] or "WP",
            re.sub(r"\b(static|const)\b", "", found["type"]).strip(),
            clauses(found["text"], "requires"),
            clauses(found["text"], "ensures"),
        )
        for found in CONTRACT.finditer(text)
    ]


def clauses(text, kind):
    """What a contract requires, or ensures."""
    parts = (re.sub(r"\s+", " ", one).strip() for one in text.split(";"))
    return [one[len(kind):].strip() for one in parts if one.startswith(kind)]


def everything():
    """The contracts of all units."""
    return [one for path in sorted(FOLDER.glob("*.h")) for one in of(path.stem)]


def admits(unit):
    """Words in a unit's contracts that would take something for granted."""
    text = (FOLDER / f"{unit}.h").read_text()
    return re.findall(r"\b(?:axiom\w*|admit|check|\\false)\b", text)
