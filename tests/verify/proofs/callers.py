"""Who calls a function whose contract requires something. A caller that is proved itself
proves it with the rest; for any other callers.txt says why it holds."""

import functools
import pathlib
import re

from proofs import contracts, shipped

LIST = pathlib.Path(__file__).resolve().parent / "callers.txt"
# Requirements that say no more than that what is given is there.
THERE = re.compile(r"\\(valid|valid_read|separated)\b")


def balanced(text, start):
    """Up to where the brace at `start` is closed."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at + 1
    return len(text)


@functools.lru_cache(maxsize=None)
def definitions():
    """(file, name, body) of each function of the library."""
    found = []
    for path in shipped.everywhere():
        text = shipped.text_of(path)
        for match in re.finditer(r"^\w[^;{}#]*?\b(\w+)\([^;{}]*\)\s*\{", text, re.MULTILINE):
            found.append((path, match[1], text[match.end() - 1 : balanced(text, match.end() - 1)]))
    return found


def demands(contract):
    """What a contract requires besides that pointers point to something."""
    parts = [part for one in contract.requires for part in one.split(" && ")]
    return [one for one in parts if not THERE.search(one)]


def calls():
    """(callee, caller) for each function that demands something."""
    found = set()
    for contract in contracts.everything():
        if not demands(contract):
            continue
        where = shipped_in(contract)
        for path, name, body in definitions():
            if re.search(rf"\b{contract.name}\(", body) and (
                where is None or pathlib.PurePath(path).name == where
            ):
                found.add((contract.name, name))
    return found


def shipped_in(contract):
    """The file of a static function: units are called after theirs. None for others."""
    return None if contract.name.startswith("nanvm_") else f"{contract.unit}.c"


def listed():
    """The reasons in callers.txt."""
    found = {}
    for line in LIST.read_text().splitlines():
        if line and not line.startswith("#"):
            call, reason = line.split("||")
            callees, called_by = call.split("<")
            for callee in callees.split(","):
                for caller in called_by.split(","):
                    found[callee.strip(), caller.strip()] = reason.strip()
    return found


def compare():
    """Calls that nobody accounts for, and reasons for calls that there aren't."""
    proved = {one.name for one in contracts.everything() if one.by != "BITS"}
    open_calls = {(callee, caller) for callee, caller in calls() if caller not in proved}
    return sorted(open_calls - set(listed())), sorted(set(listed()) - open_calls)
