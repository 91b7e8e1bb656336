"""Brings the page *Assurance* up to date: whatever stands between `<!-- name -->` and
`<!-- /name -->` is written anew."""

import html
import pathlib
import re

import context


def replaced(text, name, new):
    """`text` with `new` between the marks called `name`."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    if begin not in text or end not in text:
        raise SystemExit(f"verify: the page has no {begin} ... {end}")
    before, rest = text.split(begin, 1)
    return f"{before}{begin}\n{new}\n{end}{rest.split(end, 1)[1]}"


def plain_code(text):
    """Doxygen doesn't take for code what has a quotation mark or a symbol of HTML in it:
    such a span as HTML."""

    def as_html(span):
        if not re.search(r"['&]", span[1]):
            return span[0]
        text = html.escape(span[1].replace(r"\|", "|"), quote=False)
        return "<code>" + re.sub(r"([\\@#%*_|])", r"\\\1", text) + "</code>"

    return re.sub(r"`([^`]+)`", as_html, text)


def row(step):
    """The line of a step in the table."""
    result = step["result"]
    found = step["error"] or result["figure"]
    if result["short"]:
        found += f"; **short of it**: {result['short']}"
    run = f"{'full' if step['full'] else 'fast'}, {step['seconds']:.0f} s"
    return f"| @ref assurance_{step['name']} \"{step['title']}\" | {step['goal']} | {found} | {run} |"


def table(steps):
    """A row a step."""
    head = ["| step | goal | found | run |", "| --- | --- | --- | --- |"]
    days = sorted({step["day"] for step in steps})
    foot = ["", f"Run on {' and '.join(days)}, on two processors."]
    return "\n".join(head + [row(step) for step in steps] + foot)


def write(folder, steps):
    """Writes the table of the steps, and what each has for the page."""
    path = pathlib.Path(context.SOURCE, folder, "guides", "assurance.md")
    text = replaced(path.read_text(), "steps", table(steps))
    for step in steps:
        if step["result"]["page"]:
            lines = map(plain_code, step["result"]["page"])
            text = replaced(text, step["name"], "\n".join(lines))
    path.write_text(text)
