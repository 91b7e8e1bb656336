"""Brings the page *Performance* up to date: whatever stands between `<!-- name -->` and
`<!-- /name -->` is written anew."""

import os
import platform
import re
import subprocess

import results


def refresh(path, run):
    with open(path, encoding="utf-8") as file:
        page = file.read()
    for name, write in PARTS.items():
        page = replaced(page, name, write(run))
    with open(path, "w", encoding="utf-8") as file:
        file.write(page)


def replaced(page, name, text):
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    if begin not in page or end not in page:
        raise SystemExit(f"bench: the page has no {begin} ... {end}")
    before, rest = page.split(begin, 1)
    return f"{before}{begin}\n{text}\n{end}{rest.split(end, 1)[1]}"


def table(head, lines):
    """The first column is text, and so is the second if its head ends in a space."""
    rule = ["---" if i == 0 or h.endswith(" ") else "---:" for i, h in enumerate(head)]
    rows = [head, rule] + lines
    return "\n".join("| " + " | ".join(c.strip() for c in row) + " |" for row in rows)


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
    packages = {program["package"] for program in run.build["programs"]}
    versions = []
    for package in sorted(packages - {"", "libc6"}):
        version = said_by("dpkg-query", "-W", "-f", "${Version}", package)
        if version:
            versions.append(f"{package} {version}")
    return ", ".join(versions)


def write_machine(run):
    counted = max((record["rounds"] for record in run.records), default=0)
    lines = [
        ["processor", processor()],
        ["memory", memory()],
        ["system", system()],
        ["compilers", compilers(run)],
        ["peers", peers(run)],
        ["rounds", f"{counted}, and one before them that isn't counted"],
    ]
    return table(["what ", "which "], lines)


# --- goals ---------------------------------------------------------------------------


def write_goals(run):
    lines = []
    for one in results.outcomes(run):
        verdict = one.verdict()
        shown = f"**{verdict}**" if verdict == "missed" else verdict
        lines.append([one.goal["row"], one.what(), one.found(), one.asked(), shown])
    reached = [one.met() for one in results.outcomes(run)]
    head = f"{reached.count(True)} of {len(reached)} are met.\n\n"
    names = ["row", "what ", "measured", "to reach", "verdict "]
    return head + table(names, lines)


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


def write_lost(run):
    lines = []
    for row in run.usual_rows():
        lost = lost_row(run, row)
        if lost:
            ours, theirs, behind = lost
            why = run.settings["why"].get(row, "")
            figures = [results.figure(r["median"]) for r in (ours, theirs)]
            lines.append(
                [row, f"{ours['subject']} {figures[0]}",
                 f"{theirs['subject']} {figures[1]}", f"{behind:.2f}", why]
            )  # fmt: skip
    if not lines:
        return "None, on this machine."
    return table(["row", "our best", "ahead of it", "ratio", "why "], lines)


# --- figures and rows ----------------------------------------------------------------


def write_rows(run):
    parts = []
    for row in run.usual_rows():
        base = results.base_of(run, row)
        unit = run.of_row(row)[0]["unit"]
        head = ["subject ", "median", "minimum", f"÷ {base}" if base else "-"]
        lines = [list(line) for line in results.row_lines(run, row)]
        parts.append(f"**{row}**, {unit}\n\n" + table(head, lines))
    return "\n\n".join(parts)


def write_scale(run):
    parts = []
    for workload, curve in results.curves(run).items():
        unit = results.scale_unit(run, workload)
        lines = [[n] + costs for n, costs in results.scale_lines(curve)]
        head = [f"{workload}, {unit}"] + list(curve)
        parts.append(table(head, lines))
    return "\n\n".join(parts) or "Not measured."


def write_skipped(run):
    if not run.skipped:
        return "Nothing was left out."
    lines = [f"- {program}: {why}" for program, why in run.skipped]
    return "Left out:\n\n" + "\n".join(lines)


PARTS = {
    "machine": write_machine,
    "goals": write_goals,
    "lost": write_lost,
    "scale": write_scale,
    "rows": write_rows,
    "skipped": write_skipped,
}
