"""Proofs: what holds for every number, and not only for those that a test happens to use."""

import context as verification
from proofs import contracts, wp

TITLE = "Proofs"
GOAL = "30 functions proved, nothing admitted; casts and masks for all 2^64; EVA explained"
NEEDS = {
    "frama-c-base": "frama-c",
    "why3": "why3",
    "z3": "z3",
    "cvc4": "cvc4",
}


def run(context):
    """The step."""
    env = wp.provers(context)
    widths = (64, 32) if context.full else (64,)
    proofs = wp.prove_all(context, widths, env)
    for each in proofs:
        for goal in each.unproved:
            context.note(f"UNPROVED {each.unit} {each.width} {goal}")
        for name, goals in each.goals.items():
            if goals == 0: context.note(f"NOTHING {name}")
    functions = {name for each in proofs for name in each.goals}
    total = sum(each.total for each in proofs)
    lacking = sum(len(each.unproved) for each in proofs)
    return verification.Result(
        figure=f"WP: {len(functions)} functions, {total - lacking}/{total} goals",
        passed=total - lacking,
        failed=lacking,
    )
