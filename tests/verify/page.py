"""Brings the page *Assurance* up to date: whatever stands between `<!-- name -->` and
`<!-- /name -->` is written anew."""

import pathlib
import time

import context


def replaced(text, name, new):
    """`text` with `new` between the marks called `name`; as it was where it has none."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    if begin not in text or end not in text:
        raise SystemExit(f"verify: the page has no {begin} ... {end}")
    before, rest = text.split(begin, 1)
    return f"{before}{begin}\n{new}\n{end}{rest.split(end, 1)[1]}"


def table(outcomes, full):
    """A row a step."""
    rows = ["| step | goal | found | seconds |", "| --- | --- | --- | ---: |"]
    for each in outcomes:
        found = each.error or each.result.figure
        if each.result.short:
            found += f"; **short of the goal**: {each.result.short}"
        rows.append(f"| @ref assurance_{each.name} \"{each.title}\" | {each.goal} | {found} "
                    f"| {each.seconds:.0f} |")
    what = "./run verify -- --full" if full else "./run verify"
    return "\n".join(rows + ["", f"`{what}`, {time.strftime('%Y-%m-%d')}."])


def write(folder, outcomes, full):
    """Writes the table of the steps, and what each has for the page."""
    path = pathlib.Path(context.SOURCE, folder, "guides", "assurance.md")
    text = replaced(path.read_text(), "steps", table(outcomes, full))
    for each in outcomes:
        if each.result.page:
            text = replaced(text, each.name, "\n".join(each.result.page))
    path.write_text(text)
