"""The data behind the guides' details, in data/<guide>/<name>.json: a list of lines of
Markdown, and of tables as {"head": [...], "align": [...], "rows": [[...], ...]}."""

import html
import json
import pathlib
import re

RULES = {"left": "---", "right": "---:"}


def table(head, rows, right=()):
    """A table; `right` has the columns, from 0, whose cells stand on the right."""
    align = ["right" if i in right else "left" for i in range(len(head))]
    return {"head": list(head), "align": align, "rows": [list(row) for row in rows]}


# --- from Markdown, and to it -------------------------------------------------------


def cells(line):
    """The cells of a table's line."""
    inside = line.strip().removeprefix("|").removesuffix("|")
    return [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", inside)]


def from_markdown(lines):
    """Lines of Markdown, with their tables as data."""
    parts, rows = [], []
    for line in [*lines, None]:
        if line is not None and line.startswith("|"):
            rows.append(cells(line))
            continue
        if rows:
            head, rule, *body = rows
            parts.append(table(head, body, [i for i, r in enumerate(rule) if r.endswith(":")]))
            rows = []
        if line is not None:
            parts.append(line)
    return without_margins(parts)


def without_margins(parts):
    """Without empty lines around tables, at the start and at the end."""
    kept = []
    for before, part, after in zip([{}, *parts], parts, [*parts[1:], {}]):
        if part != "" or (isinstance(before, str) and isinstance(after, str)):
            kept.append(part)
    return kept


def plain_code(text):
    """Doxygen doesn't take for code what has a quotation mark or a symbol of HTML in it:
    such a span as HTML."""

    def as_html(span):
        if not re.search(r"['&]", span[1]):
            return span[0]
        text = html.escape(span[1].replace(r"\|", "|"), quote=False)
        return "<code>" + re.sub(r"([\\@#%*_|])", r"\\\1", text) + "</code>"

    return re.sub(r"`([^`]+)`", as_html, text)


def table_lines(data):
    """A table as lines of Markdown."""
    escaped = [[cell.replace("|", r"\|") for cell in row] for row in data["rows"]]
    rows = [data["head"], [RULES[side] for side in data["align"]], *escaped]
    return ["| " + " | ".join(row) + " |" for row in rows]


def to_markdown(parts):
    """The text for Doxygen."""
    lines = []
    for part in parts:
        is_table = isinstance(part, dict)
        if lines and (is_table or lines[-1].startswith("|")):
            lines.append("")
        lines += table_lines(part) if is_table else [part]
    return "\n".join(map(plain_code, lines))


# --- the files ----------------------------------------------------------------------


def as_json(data):
    """JSON, in one line."""
    return json.dumps(data, ensure_ascii=False)


def part_text(part):
    """A part as JSON, with a line for each row of a table."""
    if isinstance(part, str):
        return as_json(part)
    rows = ",\n".join(f"  {as_json(row)}" for row in part["rows"])
    head, align = as_json(part["head"]), as_json(part["align"])
    return f'{{"head": {head},\n "align": {align},\n "rows": [\n{rows}\n ]}}'


def path_of(docs, guide, name):
    """Where the details called `name` of a guide are; `docs` is the folder docs."""
    return pathlib.Path(docs, "data", guide, f"{name}.json")


def write(docs, guide, name, parts):
    """Writes the details called `name` of a guide."""
    path = path_of(docs, guide, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = ",\n".join(part_text(part) for part in parts)
    path.write_text(f"[\n{text}\n]\n", encoding="utf-8")


def read(docs, guide, name):
    """What write() wrote."""
    return json.loads(path_of(docs, guide, name).read_text(encoding="utf-8"))


# --- the sums in a guide ------------------------------------------------------------


def between(text, name):
    """What stands in a guide between its marks `<!-- name -->` and `<!-- /name -->`."""
    found = re.search(f"<!-- {name} -->\n(.*?)<!-- /{name} -->", text, re.DOTALL)
    if not found:
        raise SystemExit(f"the guide has no <!-- {name} --> ... <!-- /{name} -->")
    return found[1]


def replaced(text, name, new):
    """The text of a guide with `new` between the marks called `name`."""
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    return text.replace(f"{begin}{between(text, name)}{end}", f"{begin}{new}\n{end}")
