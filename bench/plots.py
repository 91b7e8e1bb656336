"""Draws the figures of a run with gnuplot, as SVG for light and for dark pages."""

import math
import os
import re
import shutil
import subprocess
import tempfile

import results

HERE = os.path.dirname(os.path.abspath(__file__))

# The roles of a colour: gnuplot gets the number, the picture two colours, light, dark.
ROLES = {
    "text": (0x010101, "#24292f", "#e6edf3"),
    "dim": (0x010102, "#57606a", "#9da7b1"),
    "axis": (0x010103, "#8c959f", "#6e7681"),
    "grid": (0x010104, "#d8dee4", "#30363d"),
    "ours": (0x010201, "#2c8a57", "#4cb782"),
    "peer": (0x010202, "#7aa3cf", "#4f7fb3"),
    "limit": (0x010203, "#c7b98f", "#8d7d4d"),
    "line1": (0x010301, "#1f7a4a", "#4cc38a"),
    "line2": (0x010302, "#2f6fb5", "#6cb0f5"),
    "line3": (0x010303, "#c4432b", "#f0836b"),
    "line4": (0x010304, "#a67c1a", "#d9b24c"),
    "line5": (0x010305, "#8250a8", "#c297ec"),
    "line6": (0x010306, "#8fbf2f", "#a8d65c"),
}


def draw(folder, run, prefix=""):
    """Writes bars.svg, and scale.svg if sizes were measured, into `folder`; says
    whether it could."""
    if shutil.which("gnuplot") is None:
        print("No plots: gnuplot is missing (Debian: gnuplot-nox)")
        return False
    os.makedirs(folder, exist_ok=True)
    for name, write_data in (("bars", write_bars), ("scale", write_scale)):
        path = os.path.join(folder, f"{prefix}{name}.svg")
        with tempfile.TemporaryDirectory() as data:
            if write_data(data, run):
                plot(name, data, path)
    return True


def plot(name, data, path):
    raw = os.path.join(data, "raw.svg")
    settings = f'data="{data}"; output="{raw}"; name="bench_{name}"'
    script = os.path.join(HERE, f"plot_{name}.gp")
    done = subprocess.run(
        ["gnuplot", "-e", settings, script], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"bench: gnuplot failed: {done.stderr.strip()}")
    with open(raw, encoding="utf-8") as file:
        picture = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(finished(picture, name, read_legend(data)))


# --- what gnuplot is told ------------------------------------------------------------


def quoted(text):
    return '"' + text.replace('"', "'").replace("_", "\\\\_") + '"'


def write_panels(data, size, arrays, more=""):
    """panels.gp: the size of the picture, the colours, an array for each property."""
    width, height = size
    lines = [f"width = {width}; height = {height}; panels = {len(arrays['title'])}"]
    lines += [f'{role} = "#{number:06x}"' for role, (number, _, _) in ROLES.items()]
    for name, values in arrays.items():
        shown = [quoted(v) if isinstance(v, str) else f"{v:.6g}" for v in values]
        lines.append(f"array {name}[{len(values)}] = [{', '.join(shown)}]")
    with open(os.path.join(data, "panels.gp"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines + [more]) + "\n")


def write_text(data, name, text):
    with open(os.path.join(data, name), "w", encoding="utf-8") as file:
        file.write(text)


def write_legend(data, entries):
    """What the finished picture says in its first line: (role, text)."""
    write_text(data, "legend", "\n".join(f"{role} {text}" for role, text in entries))


def read_legend(data):
    with open(os.path.join(data, "legend"), encoding="utf-8") as file:
        return [line.split(" ", 1) for line in file.read().splitlines()]


# --- bars ----------------------------------------------------------------------------

WIDTH, COLUMNS, LEGEND = 680, 2, 34
TITLE, BAR, AXIS = 34, 18, 46  # heights in a panel
LABELS, VALUES = 176, 50  # widths beside the bars


def step(largest):
    """Half of an axis, in round numbers, that is at least as long as `largest`."""
    half = largest / 2
    power = 10 ** math.floor(math.log10(half)) if half > 0 else 1
    for factor in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10):
        if factor * power >= half:
            return factor * power
    return 10 * power


def write_bars(data, run):
    rows = [row for row in run.settings["bars"] if run.of_row(row)]
    if not rows:
        return False
    panels = {name: [] for name in "title unit left right top bottom tick bars".split()}
    lines = [rows[i : i + COLUMNS] for i in range(0, len(rows), COLUMNS)]
    most = [max(len(run.of_row(row)) for row in line) for line in lines]
    heights = [TITLE + AXIS + BAR * bars for bars in most]
    height = LEGEND + sum(heights)
    for number, row in enumerate(rows):
        above = LEGEND + sum(heights[: number // COLUMNS])
        add_bars(data, run, row, panels)
        add_place(panels, number % COLUMNS, above, len(run.of_row(row)), height)
    write_panels(data, (WIDTH, height), panels)
    write_legend(data, [("ours", "nanvm_mem"), ("peer", "peers"), ("limit", "limits")])
    return True


def readable_unit(unit, largest):
    """Another name for a unit, and by how much values are divided."""
    if unit == "bytes" and largest >= 1e5:
        return "KiB", 1024
    return unit, 1


def add_bars(data, run, row, panels):
    sorted_row = sorted(run.of_row(row), key=lambda record: record["median"])
    largest = sorted_row[-1]["median"]
    unit, divisor = readable_unit(sorted_row[0]["unit"], largest)
    text = ""
    for this in sorted_row:
        subject, value = this["subject"], this["median"] / divisor
        colour = ROLES[results.kind_of(subject)][0]
        label = results.figure(value)
        text += f'{quoted(run.name_of(subject))} {value:.6g} {colour} "{label}"\n'
    panels["title"].append(row)
    panels["unit"].append(unit)
    panels["tick"].append(step(largest / divisor))
    panels["bars"].append(len(sorted_row))
    write_text(data, f"{len(panels['title'])}.txt", text)


def add_place(panels, column, above, bars, height):
    left = column * WIDTH / COLUMNS
    panels["left"].append((left + LABELS) / WIDTH)
    panels["right"].append((left + WIDTH / COLUMNS - VALUES) / WIDTH)
    panels["top"].append(1 - (above + TITLE) / height)
    panels["bottom"].append(1 - (above + TITLE + bars * BAR) / height)


# --- cost against size ---------------------------------------------------------------

SCALE_HEIGHT, SCALE_COLUMNS = 300, 3


def write_scale(data, run):
    by_workload = results.curves(run)
    if not by_workload:
        return False
    subjects = list(dict.fromkeys(s for curve in by_workload.values() for s in curve))
    lines = [f"line{1 + i % 6}" for i in range(len(subjects))]
    names = "title unit label least most left right top bottom highest there"
    panels = {name: [] for name in names.split()}
    height = SCALE_HEIGHT * math.ceil(len(by_workload) / SCALE_COLUMNS)
    for number, (workload, curve) in enumerate(by_workload.items()):
        add_curves(data, curve, subjects, panels)
        panels["title"].append(workload)
        panels["unit"].append(results.scale_unit(run, workload))
        panels["label"].append(scale_label(run, workload))
        add_scale_place(panels, number, min(len(by_workload), SCALE_COLUMNS), height)
    colours = ", ".join(f'"#{ROLES[line][0]:06x}"' for line in lines)
    more = f"subjects = {len(lines)}\narray colour[{len(lines)}] = [{colours}]"
    write_panels(data, (WIDTH, height), panels, more)
    write_legend(data, list(zip(lines, subjects)))
    return True


def scale_label(run, name):
    head = results.scale_head(run, name)
    return "live objects" if head == "objects" else head


def add_scale_place(panels, number, columns, height):
    width = WIDTH / columns
    column, above = number % columns, number // columns * SCALE_HEIGHT
    panels["left"].append((column * width + 58) / WIDTH)
    panels["right"].append(((column + 1) * width - 14) / WIDTH)
    panels["top"].append(1 - (above + 70) / height)
    panels["bottom"].append(1 - (above + SCALE_HEIGHT - 50) / height)


def add_curves(data, curve, subjects, panels):
    there = 0
    panel = len(panels["there"]) + 1
    for k, subject in enumerate(subjects, 1):
        if subject in curve:
            there |= 1 << k
            points = "".join(f"{x} {y:.6g}\n" for x, y in sorted(curve[subject].items()))
            write_text(data, f"{panel}_{k}.txt", points)
    sizes = [x for points in curve.values() for x in points]
    panels["least"].append(0.7 * min(sizes))
    panels["most"].append(1.6 * max(sizes))
    highest = max(cost for points in curve.values() for cost in points.values())
    panels["there"].append(there)
    panels["highest"].append(2 * step(highest))


# --- the finished picture ------------------------------------------------------------


def finished(picture, name, legend):
    """Without what a page doesn't need, in colours that follow it."""
    picture = picture[picture.index("<svg") :]
    picture = re.sub(r"<desc>.*?</desc>\s*", "", picture)
    picture = re.sub(r"(<g id=\"[^\"]*_plot_[^\"]*\" >)<title>.*?</title>", r"\1", picture)
    picture = re.sub(r"<filter.*?</filter>\s*", "", picture, flags=re.S)
    picture = picture.replace("gpDot", f"{name}Dot").replace("gpPt", f"{name}Pt")
    picture = re.sub(r" (?:font-family)=\"sans-serif\"", "", picture)
    picture = re.sub(
        r"(fill|stroke|color)\s*=\s*['\"]rgb\(\s*(\d+),\s*(\d+),\s*(\d+)\)['\"]",
        themed,
        picture,
    )
    picture = smaller(picture)
    start = "<svg class=\"nanvm-bench\" font-family=\"sans-serif\" role=\"img\"\n"
    picture = re.sub(r"<svg\s*\n", start, picture, count=1)
    return picture.replace("</title>\n", "</title>\n" + style() + legend_line(legend), 1)


def smaller(picture):
    """Without groups that are empty, and attributes that say nothing."""
    picture = re.sub(r"<tspan *>(.*?)</tspan>", r"\1", picture)
    said = r" stroke-(width=\"1.00\"|linecap=\"butt\"|linejoin=\"miter\")"
    picture = re.sub(said, "", picture)
    picture = re.sub(r"\s*\n\s*", "\n", picture)
    empty = re.compile(r"<g [^>]*>\n</g>\n?")
    while empty.search(picture):
        picture = empty.sub("", picture)
    return picture


def coloured(what, role):
    """A colour of the theme; as an attribute, too, for viewers without CSS variables."""
    light = ROLES[role][1]
    return f'{what}="{light}" style="{what}:var(--bench-{role},{light})"'


def themed(match):
    number = int(match[2]) << 16 | int(match[3]) << 8 | int(match[4])
    for role, (code, _, _) in ROLES.items():
        if code == number:
            return coloured(match[1], role)
    return match[0]


def style():
    """The colours: dark where the system, or the page's own switch, says so."""
    light = "".join(f"--bench-{r}:{c[1]};" for r, c in ROLES.items())
    dark = "".join(f"--bench-{r}:{c[2]};" for r, c in ROLES.items())
    return (
        f"<style>\n.nanvm-bench{{{light}}}\n"
        f"@media (prefers-color-scheme: dark){{\n"
        f"html:not(.light-mode) .nanvm-bench,svg.nanvm-bench:root{{{dark}}}\n}}\n"
        f"html.dark-mode .nanvm-bench{{{dark}}}\n"
        f".nanvm-figure .nanvm-bench{{min-width:620px}}\n"
        f".nanvm-figure .nanvm-bench text{{fill:inherit}}\n</style>\n"
    )


def legend_line(entries):
    line, x = "", 16
    for role, text in entries:
        line += (
            f'<rect x="{x}" y="10" width="12" height="12" rx="2" {coloured("fill", role)}/>'
            f'<text x="{x + 18}" y="20.5" font-size="13" {coloured("fill", "text")}>{text}</text>\n'
        )
        x += 44 + 8 * len(text)
    return line
