"""Brings the guide *Assurance* up to date: the rows of its table, and the details of each step
as data for the site."""

import pathlib
import re
import sys

import context

sys.path.insert(0, str(context.SOURCE / "docs"))

import tables

GUIDE = "assurance"
HEAD = ["step", "goal", "found", "run"]


def row(step):
    """The row of a step: the only place of its figure."""
    result = step["result"]
    found = step["error"] or result["figure"]
    if result["short"]:
        found += f"; **short of the goal**: {result['short']}"
    how = "full" if step["full"] else "fast"
    return [
        f"[{step['title']}](@ref {GUIDE}_{step['name']})",
        step["goal"],
        found,
        f"{how}, {step['seconds']:.0f} s, {step['day']}",
    ]


def name_of(cells):
    """The name of the step that a row is about; None for the table's first lines."""
    found = re.search(rf"@ref {GUIDE}_(\w+)\)", cells[0])
    return found and found[1]


def updated(text, steps, order):
    """The text of the guide with new rows for these steps, and the others as they were."""
    before = map(tables.cells, tables.between(text, "steps").splitlines())
    rows = {name_of(cells): cells for cells in before}
    rows.update({step["name"]: row(step) for step in steps})
    table = tables.table(HEAD, [rows[name] for name in order if name in rows])
    return tables.replaced(text, "steps", "\n".join(tables.table_lines(table)))


def write(folder, steps, order):
    """Writes the rows of steps, and what each has for the site. `order` names all steps."""
    docs = pathlib.Path(context.SOURCE, folder)
    path = docs / "guides" / f"{GUIDE}.md"
    path.write_text(updated(path.read_text(), steps, order))
    for step in steps:
        if step["result"]["page"]:
            parts = tables.from_markdown(step["result"]["page"])
            tables.write(docs, GUIDE, step["name"], parts)
