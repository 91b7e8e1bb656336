"""shellcheck: the scripts that a user, a contributor and continuous integration start."""

import re

from gates import gate

FOLDERS = (".ci", "bench", "cmake", "docs", "examples", "tests")
SPOT = re.compile(r"# shellcheck disable=(SC\d+)(?: # (.*))?")


def scripts(context):
    """Every file that says it is one, but for the seeded one."""
    inside = (path for folder in FOLDERS for path in (context.source / folder).rglob("*"))
    paths = [context.source / "run", *sorted(path for path in inside if path.is_file())]
    return [path for path in paths if path.parent.name != "seeds" and is_script(path)]


def is_script(path):
    """By the first line."""
    with path.open("rb") as file:
        return re.match(rb"#!.*\b(ba|da)?sh\b", file.readline(100)) is not None


def look(context, path):
    """What it finds in one script, however slight."""
    done = context.run("shellcheck", "--format=gcc", path, check=False)
    return [gate.relative(context, line) for line in done.stdout.splitlines()]


def spots(context, paths):
    """What is silenced in the scripts, and what of it without a reason."""
    accepted, bare = [], []
    for path in paths:
        name = path.relative_to(context.source)
        for number, line in enumerate(path.read_text().splitlines(), 1):
            hit = SPOT.search(line)
            if hit:
                accepted.append(gate.Accepted(f"`{hit[1]}` in {name}:{number}", hit[2] or ""))
                bare += [] if hit[2] else [f"{name}:{number}: {hit[1]} has no reason"]
    return accepted, bare


def check(context):
    """The gate."""
    paths = scripts(context)
    found = [line for path in paths for line in look(context, path)]
    path, expected = gate.seed(context, "shell.sh")
    accepted, bare = spots(context, paths)
    return gate.Outcome("shellcheck", "shellcheck", f"{len(paths)} scripts",
                        found + bare + gate.missed(look(context, path), expected, "shellcheck"),
                        accepted)
