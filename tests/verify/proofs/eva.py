"""Frama-C's EVA on each entry point, for one thread: no read or write out of bounds, of
what isn't initialised or not there any more, no overflow, no bad shift or call, whatever
the values are and whichever request for memory fails. What it can't rule out is listed in
alarms.txt with the reason; a new one is a failure, and so is one that has vanished."""

import concurrent.futures
import dataclasses
import pathlib
import re

import tree
from context import StepFailed
from proofs import frama

HERE = pathlib.Path(__file__).resolve().parent
OPTIONS = (
    "-absolute-valid-range", "0x10000-0x17fff", "-eva-precision", "5",
    "-eva-no-alloc-returns-null", "-eva-interprocedural-splits",
    "-eva-unroll-recursive-calls", "20",
    "-warn-signed-overflow", "-warn-invalid-bool",
)  # fmt: skip
ALARM = re.compile(r"\[eva:alarm\] (\S+?):\d+: Warning:(.*(?:\n  .*)*)")
# In fast mode: what has the most in common with the others.
FAST = (
    "new_array_global", "ref_clone_global", "mut_ref_resize_global", "mut_ref_drop_local",
    "ref_make_mut_local", "mut_ref_resize_refs_arena", "ref_clone_object_arena", "arena_reset",
    "local_trim", "count_add",
)  # fmt: skip


@dataclasses.dataclass
class Analysis:
    """Of one entry point."""

    entry: str
    alarms: set  # (file, text)
    ends: bool  # whether it comes to its end at all


def entries():
    """The names of the drivers, without `eva_`."""
    text = "".join(path.read_text() for path in sorted((HERE / "eva").glob("*.c")))
    found = re.findall(r"^void eva_(\w+)\(void\)", text, re.MULTILINE)
    for name in re.findall(r"^WITH_MANAGERS\((\w+)\)", text, re.MULTILINE):
        found += [f"{name}_{manager}" for manager in ("global", "local", "arena")]
    return found


def explained():
    """The listed alarms, with what is said of each."""
    found = {}
    for line in (HERE / "alarms.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            file, text, reason = (part.strip() for part in line.split("||"))
            found[file, text] = reason
    return found


def read_all(context):
    """Has Frama-C read the library and the drivers, once for all. (Without ELF there are no
    weak symbols: EVA would take a memory checker's functions for there.)"""
    sources = [context.source / name for name in tree.library()]
    saved = context.build / "eva.sav"
    frama.run(context, 64, sources[0], *sources[1:], *sorted((HERE / "eva").glob("*.c")),
              "-save", saved, more=("-DNANVM_PROOFS_MALLOC", "-U__ELF__"))
    return saved


def alarms_in(text):
    """Files and texts of what EVA warns of; `assert` and lines aside."""
    found = set()
    for file, said in ALARM.findall(text):
        said = re.sub(r"\s+", " ", said).strip()
        found.add((re.sub(r"^.*?((?:include|src|eva)/(?!.*(?:include|src|eva)/).*)", r"\1", file), said))
    return found


def analyse(context, saved, entry):
    """One entry point."""
    text = context.run("frama-c", "-load", saved, "-main", f"eva_{entry}", "-eva", *OPTIONS,
                       cwd=context.source, timeout=600).stdout
    if "ANALYSIS SUMMARY" not in text:
        raise StepFailed(f"EVA came to no end with {entry}")
    ends = f"NON TERMINATING FUNCTION: eva_{entry}" not in re.sub(r"\s+", " ", text)
    return Analysis(entry, alarms_in(text), ends)


def analyse_all(context):
    """All of them, or the fast ones."""
    names = entries()
    lost = set(FAST) - set(names)
    if lost:
        raise StepFailed(f"there is no {', '.join(lost)}")
    saved = read_all(context)
    chosen = names if context.full else FAST
    with concurrent.futures.ThreadPoolExecutor(context.jobs) as pool:
        return list(pool.map(lambda entry: analyse(context, saved, entry), chosen))


def compare(analyses, everything):
    """Alarms that nobody explained, and explanations of what isn't there any more."""
    seen = set().union(*(each.alarms for each in analyses))
    listed = set(explained())
    return sorted(seen - listed), sorted(listed - seen) if everything else []
