"""Brings the guide *Performance* up to date: its table of goals, and the other tables as data
for the site."""

import os
import platform
import re
import subprocess
import sys

import results

DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "docs")
sys.path.insert(0, DOCS)

import tables

GUIDE = "performance"


def refresh(docs, run):
    """Writes into the folder `docs`; returns the path of the guide."""
    path = os.path.join(docs, "guides", f"{GUIDE}.md")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    text = tables.replaced(text, "goals", "\n".join(goal_lines(run)))
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    for name, parts_of in DETAILS.items():
        tables.write(docs, GUIDE, name, parts_of(run))
    return path


def table(head, lines):
    """A column of text has a head that ends in a space; the others are numbers."""
    right = [i for i, name in enumerate(head) if not name.endswith(" ")]
    return tables.table([name.strip() for name in head], lines, right)


# --- the machine ---------------------------------------------------------------------


def first_match(path, pattern):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            found = re.search(pattern, file.read(), re.M)
            return found[1].strip() if found else ""
    except OSError:
        return ""


def said_by(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout.strip().splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return ""


def processor():
    name = first_match("/proc/cpuinfo", r"^model name\s*: (.*)$")
    guest = first_match("/proc/cpuinfo", r"^flags\s*:.*\b(hypervisor)\b")
    count = os.cpu_count()
    where = "virtual machine, " if guest else ""
    return f"{name or platform.machine()} ({where}{count} CPUs)"


def memory():
    kilobytes = int(first_match("/proc/meminfo", r"^MemTotal:\s*(\d+)") or 0)
    pages = first_match("/sys/kernel/mm/transparent_hugepage/enabled", r"\[(\w+)\]")
    huge = f"; transparent huge pages: {pages}" if pages else ""
    return f"{kilobytes / (1 << 20):.1f} GiB{huge}"


def system():
    name = first_match("/etc/os-release", r'^PRETTY_NAME="?([^"\n]*)')
    linux = ".".join(platform.release().split(".")[:2])
    return f"{name}, Linux {linux}, glibc {platform.libc_ver()[1]}"


def compilers(run):
    compiler = run.build["compiler"].replace("GNU", "gcc")
    found = [f"{compiler} with `{run.build['flags']}`"]
    if run.build.get("ocamlopt"):
        found.append("OCaml " + said_by(run.build["ocamlopt"], "-version"))
    if run.build.get("rustc"):
        found.append(" ".join(said_by(run.build["rustc"], "--version").split()[:2]))
    return ", ".join(found)


def peers(run):
    """Debian's packages, and their versions."""
    packages = {name for program in run.build["programs"] for name in program["package"].split()}
    versions = []
    for package in sorted(packages - {"libc6"}):
        version = said_by("dpkg-query", "-W", "-f", "${Version}", package)
        if version:
            versions.append(f"{package} {version}")
    return ", ".join(versions)


def machine(run):
    counted = max((record["rounds"] for record in run.records), default=0)
    lines = [
        ["processor", processor()],
        ["memory", memory()],
        ["system", system()],
        ["compilers", compilers(run)],
        ["peers", peers(run)],
        ["rounds", f"{counted}, and one before them that isn't counted"],
    ]
    return [table(["what ", "which "], lines)]


# --- goals ---------------------------------------------------------------------------


def goal_lines(run):
    """The sum, and the table, as Markdown."""
    lines = []
    for one in results.outcomes(run):
        verdict = one.verdict()
        shown = f"**{verdict}**" if verdict == "missed" else verdict
        lines.append([one.goal["row"], one.what(), one.found(), one.asked(), shown])
    reached = [one.met() for one in results.outcomes(run)]
    names = ["row ", "what ", "measured", "to reach", "verdict "]
    sum_of_all = f"{reached.count(True)} of {len(reached)} are met."
    return [sum_of_all, "", *tables.table_lines(table(names, lines))]


# --- what we lose --------------------------------------------------------------------


def lost_row(run, row):
    """(ours, peer, ratio) where a peer is ahead of all that is ours; else None."""
    lower = row not in run.settings["higher_is_better"]
    records = sorted(run.of_row(row), key=lambda r: r["median"], reverse=not lower)
    ours = [r for r in records if results.kind_of(r["subject"]) == "ours"]
    theirs = [r for r in records if results.kind_of(r["subject"]) == "peer"]
    if not ours or not theirs:
        return None
    behind = results.ratio(ours[0], theirs[0])
    if behind is None or (behind <= 1.005 if lower else behind >= 0.995):
        return None
    return ours[0], theirs[0], behind


def lost(run):
    lines = []
    for row in run.usual_rows():
        found = lost_row(run, row)
        if found:
            ours, theirs, behind = found
            why = run.settings["why"].get(row, "")
            figures = [results.figure(r["median"]) for r in (ours, theirs)]
            names = [run.name_of(r["subject"]) for r in (ours, theirs)]
            lines.append(
                [row, f"{names[0]} {figures[0]}", f"{names[1]} {figures[1]}",
                 f"{behind:.2f}", why]
            )  # fmt: skip
    if not lines:
        return ["None, on this machine."]
    return [table(["row ", "our best", "ahead of it", "ratio", "why "], lines)]


# --- figures and rows ----------------------------------------------------------------


def rows(run):
    parts = []
    for row in run.usual_rows():
        base = results.base_of(run, row)
        unit = run.of_row(row)[0]["unit"]
        to_base = f"÷ {run.name_of(base)}" if base else "-"
        head = ["subject ", "median", "minimum", to_base]
        lines = [list(line) for line in results.row_lines(run, row)]
        parts += [f"**{row}**, {unit}", table(head, lines)]
    return parts


def scale(run):
    parts = []
    for workload, curve in results.curves(run).items():
        unit = results.scale_unit(run, workload)
        lines = [[n] + costs for n, costs in results.scale_lines(curve)]
        head = [f"{workload}, {unit} "] + list(curve)
        parts.append(table(head, lines))
    return parts or ["Not measured."]


def skipped(run):
    if not run.skipped:
        return ["Nothing was left out."]
    return ["Left out:", "", *(f"- {program}: {why}" for program, why in run.skipped)]


DETAILS = {
    "machine": machine,
    "lost": lost,
    "scale": scale,
    "rows": rows,
    "skipped": skipped,
}
