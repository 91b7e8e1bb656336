"""shellcheck: the scripts that a user, a contributor and continuous integration start."""

import re

from gates import gate

SCRIPTS = (
    "run",
    ".ci/run",
    "tests/instructions/count.sh",
    "examples/history/tests/program.sh",
    "tests/verify/gates/abi/describe.sh",
)
SPOT = re.compile(r"# shellcheck disable=(SC\d+)(?: # (.*))?")


def look(context, path):
    """What it finds in one script, however slight."""
    done = context.run("shellcheck", "--format=gcc", path, check=False)
    return [gate.relative(context, line) for line in done.stdout.splitlines()]


def spots(context):
    """What is silenced in the scripts, and what of it without a reason."""
    accepted, bare = [], []
    for name in SCRIPTS:
        for number, line in enumerate((context.source / name).read_text().splitlines(), 1):
            hit = SPOT.search(line)
            if hit:
                accepted.append(gate.Accepted(f"`{hit[1]}` in {name}:{number}", hit[2] or ""))
                bare += [] if hit[2] else [f"{name}:{number}: {hit[1]} has no reason"]
    return accepted, bare


def check(context):
    """The gate."""
    found = [line for name in SCRIPTS for line in look(context, context.source / name)]
    path, expected = gate.seed(context, "shell.sh")
    accepted, bare = spots(context)
    return gate.Outcome("shellcheck", "shellcheck", f"{len(SCRIPTS)} scripts",
                        found + bare + gate.missed(look(context, path), expected, "shellcheck"),
                        accepted)
