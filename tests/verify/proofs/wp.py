"""Frama-C's WP on the functions that have a contract: each goal is to be proved, by its
own simplifier, by cvc4 or by z3; and each arithmetic operation is to stay in range."""

import concurrent.futures
import dataclasses
import re

from context import StepFailed
from proofs import contracts, frama

SIZES = ("layout", "type", "block")
CHUNKS = (*SIZES, "chunk")
# Where the header in front of a slot is written, or a pointer's type is another: memory
# of different types is taken for different memory. Elsewhere there are no such casts.
CASTS = "Typed+Cast"
FREE = ("count", "header", "slots", "free_block")
ORIGIN = ("nanvm_block_origin", "nanvm_header_check")
CHUNK_OF = (*ORIGIN, "nanvm_chunk_of", "nanvm_chunk_memory_check", "nanvm_slab_of")

# Frama-C looks after its provers now and then, and sleeps in between.
AT_ONCE = 2

# Seconds of the clock a goal. Most take one; a machine that is busy with other things needs
# more, and a goal that can't be proved fails all the same.
TIMEOUT = "60"


@dataclasses.dataclass
class Unit:
    """A file of contracts, the shipped text that they are of, and the contracts that it
    leans on."""

    name: str
    source: str
    leans_on: tuple = ()
    model: str = "Typed"
    inlined: tuple = ()  # functions without a contract

    def harness(self):
        """The shipped text, and behind it the contracts, which Frama-C merges."""
        read = [f"<{self.source}>"] if self.source.startswith("nanvm/") else [
            "<internal.h>", f"<{self.source}>"]
        read += [f'"{contracts.FOLDER}/{name}.h"' for name in (*self.leans_on, self.name)]
        return "".join(f"#include {one}\n" for one in read)

    def inlining(self):
        """What tells Frama-C of the functions without a contract."""
        return ("-inline-calls", ",".join(self.inlined)) if self.inlined else ()


UNITS = (
    Unit("slab", "pool/slab.c", (*CHUNKS, "note_empty")),
    Unit("arena", "managers/arena.c", SIZES),
    Unit("arena_chunks", "managers/arena_chunks.c", SIZES,
         inlined=("nanvm_arena_chunks_can_move", "source_copies")),
    Unit("count", "nanvm/mem/count.h"),
    Unit("type", "type.c", SIZES[:1]),
    Unit("block", "block.c", SIZES[:2]),
    Unit("take", "nanvm/mem/inline/slots.h", ("count", "header", "slots", "available"), CASTS),
    Unit("free", "nanvm/mem/inline/slots.h", (*FREE, "take"), CASTS,
         (*ORIGIN, "nanvm_slots_free_to")),
    Unit("free_slots", "pool/free_slots.c", (*FREE, "slab_free"), CASTS, CHUNK_OF),
    Unit("slab_free", "pool/slab.c", (*FREE, "available", "take", "note_empty"), CASTS, CHUNK_OF),
    Unit("note_empty", "pool/free_slots.c", ("available",), CASTS),
    Unit("available", "nanvm/mem/inline/slots.h", (), CASTS),
    Unit("large", "pool/large.c", (*CHUNKS, "pool", "cache")),
    Unit("slots", "nanvm/mem/inline/slots.h"),
    Unit("piece_slots", "pool/piece_slots.c", SIZES[:1]),
    Unit("local", "managers/local.c", (*SIZES, "slab")),
    Unit("global", "managers/global.c", SIZES),
    Unit("chunk", "pool/chunk.c", SIZES),
    Unit("cache", "pool/cache.c", CHUNKS),
    Unit("pool", "pool/pool.c", SIZES[:1]),
    Unit("pools", "pool/pools.c"),
    Unit("memory", "memory.c", SIZES[:1]),
    Unit("slab_trim", "pool/slab_trim.c"),
    Unit("header", "nanvm/mem/inline/slots.h", ("count",), CASTS),
    Unit("layout", "nanvm/mem/layout.h"),
)


@dataclasses.dataclass
class Proof:
    """What came of the functions of a unit."""

    unit: str
    width: int
    goals: dict  # function: how many
    unproved: list  # names of goals

    @property
    def total(self):
        """Goals in all."""
        return sum(self.goals.values())


def provers(context):
    """Tells Why3, which passes the goals on, of the provers; returns its environment."""
    env = {"WHY3CONFIG": str(context.build / "why3.conf")}
    (context.build / "why3.conf").unlink(missing_ok=True)
    found = context.run("why3", "config", "detect", env=env).stdout
    for name in ("CVC4", "Z3"):
        if f"Found prover {name} version" not in found:
            raise StepFailed(f"Why3 finds no {name}")
    return env


def goals_of(text, functions):
    """How many goals each function has, and the names of those that weren't proved. A
    goal is called after its function: the longest name that fits is the one."""
    counted = dict.fromkeys(functions, 0)
    unproved = []
    for goal, end in re.findall(r"Goal typed_(?:cast_)?(\w+)(.*)", text):
        fitting = [name for name in functions if goal.startswith(name + "_")]
        if fitting:
            counted[max(fitting, key=len)] += 1
        if ": Valid" not in end:
            unproved.append(goal)
    return counted, unproved


def prove_functions(context, unit, width, names, env, *more):
    """Runs WP on some functions of a unit."""
    path = context.build / f"{unit.name}.c"
    path.write_text(unit.harness())
    text = frama.run(
        context, width, path, "-wp", "-wp-rte", "-wp-split", "-wp-prover", "cvc4,z3",
        "-wp-model", unit.model, "-wp-timeout", TIMEOUT, "-wp-par", "2",
        "-wp-fct", ",".join(names), *unit.inlining(), *more, env=env,
    )
    goals, unproved = goals_of(text, names)
    said = re.search(r"Proved goals:\s+(\d+) / (\d+)", text)
    if not said or int(said[2]) != sum(goals.values()):
        raise StepFailed(f"{unit.name}: the goals of WP can't be counted")
    if int(said[1]) != int(said[2]) - len(unproved):
        raise StepFailed(f"{unit.name}: WP counts other goals as proved")
    return Proof(unit.name, width, goals, unproved)


def prove(context, unit, width, env):
    """Proves a unit: what may wrap apart from what may not."""
    named = contracts.of(unit.name)
    strict = [each.name for each in named if each.by == "WP"]
    wrapping = [each.name for each in named if each.by == "WRAPS"]
    proofs = []
    if strict:
        proofs.append(prove_functions(context, unit, width, strict, env,
                                      "-warn-unsigned-overflow"))
    if wrapping:
        proofs.append(prove_functions(context, unit, width, wrapping, env))
    return proofs


def contradictions(context, unit, env):
    """Places that a contract rules out by requiring what can't be: there anything could be
    proved. WP tries to prove that they are never reached, and is to fail. Returns at how many
    it did fail, and the places. (What requires nothing and has one way has none.)"""
    names = [each.name for each in contracts.of(unit.name) if each.by != "BITS"]
    path = context.build / f"{unit.name}.c"
    path.write_text(unit.harness())
    text = frama.run(
        context, 64, path, "-wp", "-wp-split", "-wp-prover", "cvc4", "-wp-model", unit.model,
        "-wp-smoke-tests", "-wp-smoke-timeout", "2", "-wp-par", "1", "-wp-fct",
        ",".join(names), *unit.inlining(), more=("-DNANVM_PROOFS_REACHED",), env=env,
    )  # fmt: skip
    tried = text.count("[Passed] Smoke-test")
    return tried, re.findall(r"\[Failed\] Smoke-test typed_(?:cast_)?(\w+)", text)


def all_contradictions(context, env):
    """Of every unit."""
    with concurrent.futures.ThreadPoolExecutor(context.jobs) as pool:
        found = list(pool.map(lambda unit: contradictions(context, unit, env), UNITS))
    if sum(tried for tried, _ in found) == 0:
        raise StepFailed("WP looked for no contradictions")
    return [place for _, places in found for place in places]


def prove_all(context, widths, env):
    """Proves every unit, at every width."""
    work = [(unit, width) for width in widths for unit in UNITS]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE * context.jobs) as pool:
        found = pool.map(lambda one: prove(context, one[0], one[1], env), work)
        return [proof for proofs in found for proof in proofs]
