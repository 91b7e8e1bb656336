#!/usr/bin/env python3
"""Renders guides for the site: what stands in a guide between `<!-- data: name -->` and
`<!-- /data -->`, for those who read it elsewhere, gives way to the details in
data/<guide>/<name>.json.

usage: render.py FOLDER GUIDE...    writes the rendered guides into FOLDER"""

import pathlib
import re
import sys

import tables

HERE = pathlib.Path(__file__).resolve().parent
BOUNDS = HERE.parent / "tests" / "instructions" / "bounds.txt"
MARKED = re.compile(r"<!-- data: (\w+) -->\n.*?<!-- /data -->", re.DOTALL)


def instructions():
    """The bounds of the instructions: a row for each operation, a column for each subject."""
    lines = BOUNDS.read_text(encoding="utf-8").splitlines()
    found = [line.split() for line in lines if line and not line.startswith("#")]
    bounds = {(subject, operation): bound for subject, operation, bound in found}
    subjects = dict.fromkeys(subject for subject, _ in bounds)
    rows = [
        [f"`{operation}`", *(bounds.get((subject, operation), "") for subject in subjects)]
        for operation in dict.fromkeys(operation for _, operation in bounds)
    ]
    return [tables.table(["operation", *subjects], rows, range(1, len(subjects) + 1))]


def details(guide, name):
    """The parts that stand for a mark of a guide."""
    if (guide, name) == ("performance", "instructions"):
        return instructions()
    try:
        return tables.read(HERE, guide, name)
    except OSError as error:
        raise SystemExit(f"{guide}.md, {name}: {error.strerror}: {error.filename}") from error


def rendered(guide, text):
    """The text of a guide with its details. Each file of details has one place in it."""
    used = [found[1] for found in MARKED.finditer(text)]
    there = [path.stem for path in (HERE / "data" / guide).glob("*.json")]
    for name in there:
        if used.count(name) != 1:
            raise SystemExit(f"{guide}.md has {used.count(name)} places for {name}.json")
    text = MARKED.sub(lambda found: tables.to_markdown(details(guide, found[1])), text)
    if re.search("<!-- /?data", text):
        raise SystemExit(f"{guide}.md: a mark has no other")
    return text


def main(folder, *guides):
    """The program."""
    for path in map(pathlib.Path, guides):
        text = rendered(path.stem, path.read_text(encoding="utf-8"))
        (pathlib.Path(folder) / path.name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
