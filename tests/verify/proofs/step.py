"""Functions keep their contracts for every number, and not only for those that a test happens to
use; and the entry points read and write nothing outside of their memory.

- wp.py: Frama-C's WP on the functions with a contract (contracts/*.h).
- bits.py: z3 on the contracts of masks, casts and sums that wrap, at 64 and 32 bits.
- callers.py: the functions that call those, and why they meet what the contracts require.
- eva.py: Frama-C's EVA on each entry point (eva/*.c).
"""

import collections

import context as verification
from proofs import bits, callers, contracts, eva, wp

TITLE = "Proofs"
GOAL = (
    "at least 30 functions, all goals proved, none admitted without proof; masks and casts for "
    "all 2^64 values; EVA on the entry points"
)
NEEDS = {
    "frama-c-base": "frama-c",
    "why3": "why3",
    "z3": "z3",
    "cvc4": "cvc4",
}


def wp_failures(proofs):
    """Goals that aren't proved, functions without any, and words that admit something."""
    found = [f"{one.unit}, {one.width} bits: {goal} isn't proved"
             for one in proofs for goal in one.unproved]
    found += [f"{name}: WP has no goal for it"
              for one in proofs for name, goals in one.goals.items() if goals == 0]
    found += [f"contracts/{path.name}: '{word}' takes something for granted"
              for path in sorted(contracts.FOLDER.glob("*.h"))
              for word in contracts.admits(path.stem)]
    return found


def bits_failures(claims):
    """Clauses that don't hold, and those that notice no change of the function."""
    found = [f"{one.function}, {one.width} bits: {one.clause} doesn't hold"
             for one in claims if not one.holds]
    return found + [f"{one.function}, {one.width} bits: {one.clause} notices no change"
                    for one in claims if one.noticed == 0]


def caller_failures():
    """Calls and reasons that don't fit each other."""
    unexplained, gone = callers.compare()
    return [f"{caller}() calls {callee}(): callers.txt doesn't say why it may"
            for callee, caller in unexplained] + [
        f"callers.txt: {caller}() doesn't call {callee}() any more" for callee, caller in gone]


def eva_failures(analyses, everything):
    """Alarms and explanations that don't fit each other, and what comes to no end."""
    new, gone = eva.compare(analyses, everything)
    found = [f"EVA: {file}: {text}" for file, text in new]
    found += [f"alarms.txt: there is no more {file}: {text}" for file, text in gone]
    return found + [f"EVA: {one.entry} comes to no end" for one in analyses if not one.ends]


def functions_table(proofs, claims):
    """A row a file of contracts."""
    goals, names = collections.Counter(), collections.defaultdict(set)
    for one in proofs:
        goals[one.unit] += one.total
        names[one.unit] |= set(one.goals)
    rows = ["| proved by WP | functions | goals |", "| --- | --- | ---: |"]
    rows += [f"| {unit} | {', '.join(f'`{name}`' for name in sorted(names[unit]))} "
             f"| {goals[unit]} |" for unit in sorted(names)]
    rows += ["", "| proved by z3 over bit vectors | clauses x widths | questions "
             "| changes noticed |", "| --- | ---: | ---: | ---: |"]
    for name in sorted({one.function for one in claims}):
        mine = [one for one in claims if one.function == name]
        rows.append(f"| `{name}` | {len(mine)} | {sum(one.questions for one in mine)} "
                    f"| {sum(one.noticed for one in mine)} of "
                    f"{sum(one.mutants for one in mine)} |")
    return rows


def alarms_table():
    """A row an alarm of EVA."""
    rows = ["| EVA can't rule out | in | why it can't happen |", "| --- | --- | --- |"]
    return rows + [f"| `{text.replace('|', chr(92) + '|')}` | {file} | {reason} |"
                   for (file, text), reason in sorted(eva.explained().items())]


def figure(proofs, claims, analyses):
    """All in one line."""
    functions = {name for one in proofs for name in one.goals}
    widths = sorted({one.width for one in proofs}, reverse=True)
    goals = sum(one.total for one in proofs)
    proved = goals - sum(len(one.unproved) for one in proofs)
    alarms = set().union(*(one.alarms for one in analyses))
    held = sum(one.holds for one in claims)
    return (f"WP: {len(functions)} functions, {proved}/{goals} goals at "
            f"{' and '.join(map(str, widths))} bits; z3: {held}/{len(claims)} clauses of "
            f"{len({one.function for one in claims})} functions at 64 and 32 bits; EVA: "
            f"{len(analyses)} entry points, {len(alarms)} alarms, all explained")


def run(context):
    """The step."""
    env = wp.provers(context)
    claims = bits.check_all(context)
    analyses = eva.analyse_all(context)
    proofs = wp.prove_all(context, (64, 32) if context.full else (64,), env)
    dead = wp.all_contradictions(context, env) if context.full else []
    failures = ([f"{place}: its contract can't be met" for place in dead]
                + wp_failures(proofs) + bits_failures(claims) + caller_failures()
                + eva_failures(analyses, context.full))
    for each in failures:
        context.note(f"FAILURE {each}")
    checks = sum(one.total for one in proofs) + len(claims) + len(analyses)
    return verification.Result(
        figure=figure(proofs, claims, analyses) if not failures else "; ".join(failures[:3]),
        passed=max(0, checks - len(failures)),
        failed=len(failures),
        page=[*functions_table(proofs, claims), "", *alarms_table()],
    )
