"""What the rounds amount to: medians, ratios round by round, goals met and missed."""

import dataclasses
import json
import os
import statistics

OURS = ("local", "typed", "global", "arena", "shared")
LIMITS = ("freelist", "bump", "exact")


@dataclasses.dataclass
class Run:
    """All that one run, or the file it left, has to say."""

    records: list
    skipped: list  # (which program, why)
    settings: dict
    build: dict
    cpu: int = 0

    def rows(self):
        """The names of the rows, as they came."""
        return list(dict.fromkeys(record["workload"] for record in self.records))

    def usual_rows(self):
        return [row for row in self.rows() if self.curve_of(row) is None]

    def curve_of(self, row):
        """The name of the curve that a row is a point of, and where; or None."""
        words = row.split()
        if words[0] == "scale":
            return " ".join(words[1:-1]), int(words[-1])
        if words[0] in self.settings["curves"]:
            return " ".join(words[:-1]), int(words[-1])
        return None

    def name_of(self, subject):
        """What the tables call a subject."""
        return self.settings["names"].get(subject, subject)

    def of_row(self, row):
        return [record for record in self.records if record["workload"] == row]

    def find(self, row, subject):
        for record in self.of_row(row):
            if record["subject"] == subject:
                return record
        return None


def kind_of(subject):
    """A subject's first word says whose it is, but for C++'s shared_ptr."""
    if subject == "shared_ptr":
        return "peer"
    word = subject.split("_")[0]
    if word in OURS:
        return "ours"
    return "limit" if word in LIMITS else "peer"


def load_settings(folder):
    with open(os.path.join(folder, "goals.json"), encoding="utf-8") as file:
        return json.load(file)


def record(row, subject, unit, values, objects=0):
    result = {
        "workload": row,
        "subject": subject,
        "unit": "µs" if unit == "us" else unit,
        "median": statistics.median(values),
        "min": min(values),
        "rounds": len(values),
        "values": values,
    }
    if objects:
        result["objects"] = objects
    return result


def has(records, program):
    """Whether there are figures of `<workload> with <subject>`."""
    names = (f"{workload_of(r['workload'])} with {r['subject']}" for r in records)
    return program in names


def write_json(path, records):
    with open(path, "w", encoding="utf-8") as file:
        file.write("[\n")
        file.write(",\n".join(json.dumps(r, ensure_ascii=False) for r in records))
        file.write("\n]\n")


# --- ratios --------------------------------------------------------------------------


def ratio(of, to):
    """The median of the ratios of each round; None if there is nothing to divide by."""
    pairs = [a / b for a, b in zip(of["values"], to["values"]) if b != 0]
    return statistics.median(pairs) if pairs else None


def base_of(run, row):
    """What the others of a row are compared with."""
    there = [record["subject"] for record in run.of_row(row)]
    for subject in run.settings["bases"]:
        if subject in there:
            return subject
    return None


# --- goals ---------------------------------------------------------------------------


@dataclasses.dataclass
class Outcome:
    """A goal beside what was measured; `measured` is None where something is missing."""

    goal: dict
    measured: float = None
    names: dict = dataclasses.field(default_factory=dict)  # of subjects

    def bound(self):
        at_least = "at_least" in self.goal
        return self.goal["at_least" if at_least else "at_most"], at_least

    def met(self):
        """To two decimals, as the goals are written."""
        if self.measured is None:
            return None
        bound, at_least = self.bound()
        measured = round(self.measured, 2)
        return measured >= bound if at_least else measured <= bound

    def what(self):
        """The quotient, or the quantity, in words."""
        goal = self.goal
        this = self.name_of(goal["subject"])
        if "base_row" in goal:
            return f"{this} ÷ its {goal['base_row']}"
        return f"{this} ÷ {self.name_of(goal['base'])}" if "base" in goal else this

    def name_of(self, subject):
        return self.names.get(subject, subject)

    def asked(self):
        bound, at_least = self.bound()
        shown = f"{bound:.2f}" if bound < 10 else f"{bound:g}"
        return f"{'≥' if at_least else '≤'} {shown} {self.goal.get('unit', '×')}"

    def found(self):
        if self.measured is None:
            return "-"
        return f"{self.measured:.2f} {self.goal.get('unit', '×')}"

    def verdict(self):
        return {True: "met", False: "missed", None: "not measured"}[self.met()]


def outcome(run, goal):
    names = run.settings["names"]
    this = run.find(goal["row"], goal["subject"])
    if "base" not in goal and "base_row" not in goal:
        return Outcome(goal, this["median"] if this else None, names)
    base = run.find(
        goal.get("base_row", goal["row"]), goal.get("base", goal["subject"])
    )
    return Outcome(goal, ratio(this, base) if this and base else None, names)


def workload_of(row):
    return row.split()[0]


def outcomes(run):
    """For the goals of all workloads that ran."""
    ran = {workload_of(row) for row in run.rows()}
    goals = run.settings["goals"]
    return [outcome(run, goal) for goal in goals if workload_of(goal["row"]) in ran]


# --- cost against size -----------------------------------------------------------------


def curves(run):
    """{curve: {subject: {objects: cost}}} of the rows `scale ...`, and of workloads whose
    rows are curves by themselves."""
    result = {}
    for this in run.records:
        point = run.curve_of(this["workload"])
        if point:
            name, objects = point
            curve = result.setdefault(name, {})
            curve.setdefault(this["subject"], {})[objects] = this["median"]
    return result


def scale_unit(run, name):
    for this in run.records:
        point = run.curve_of(this["workload"])
        if point and point[0] == name:
            return this["unit"]
    return ""


def scale_head(run, name):
    """What the first column counts."""
    return "types" if name.split()[0] in run.settings["curves"] else "objects"


def scale_lines(curve):
    """(objects, costs of each subject), the smallest first."""
    for objects in sorted({size for costs in curve.values() for size in costs}):
        costs = [costs.get(objects) for costs in curve.values()]
        yield f"{objects:,}", ["-" if cost is None else figure(cost) for cost in costs]


# --- tables --------------------------------------------------------------------------


def figure(value):
    """Two or three digits that count, without an exponent."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) < 0.1:
        return f"{value:.2g}" if abs(value) >= 1e-4 else "< 0.0001"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def row_lines(run, row):
    """(subject, median, min, ratio) of a row, the smallest first."""
    base = base_of(run, row)
    lines = []
    for this in sorted(run.of_row(row), key=lambda record: record["median"]):
        to = ratio(this, run.find(row, base)) if base else None
        shown = "-" if to is None else f"{to:.2f}"
        name = run.name_of(this["subject"])
        lines.append((name, figure(this["median"]), figure(this["min"]), shown))
    return lines


def print_row(run, row):
    base = base_of(run, row)
    to_base = f"÷ {run.name_of(base)}" if base else ""
    unit = run.of_row(row)[0]["unit"]
    print(f"\n{row}, {unit}")
    print(f"  {'':24}{'median':>12}{'min':>12}{to_base:>26}")
    for name, median, least, to in row_lines(run, row):
        print(f"  {name:24}{median:>12}{least:>12}{to:>26}")


def print_goals(run):
    reached = outcomes(run)
    if not reached:
        return
    print(f"\n{'goal':24}{'':40}{'measured':>12}{'to reach':>14}")
    for one in reached:
        print(f"{one.goal['row']:24}{one.what():40}{one.found():>12}{one.asked():>14}"
              f"  {one.verdict()}")  # fmt: skip


def print_skipped(run):
    if run.skipped:
        print("\nskipped")
    for program, why in run.skipped:
        print(f"  {program}: {why}")


def print_scale(run):
    for workload, curve in curves(run).items():
        print(f"\nscale {workload}, {scale_unit(run, workload)}")
        print(f"  {scale_head(run, workload):>12}" + "".join(f"{subject:>12}" for subject in curve))
        for objects, costs in scale_lines(curve):
            print(f"  {objects:>12}" + "".join(f"{cost:>12}" for cost in costs))


def print_tables(run):
    for row in run.usual_rows():
        print_row(run, row)
    print_scale(run)
    print_goals(run)
    print_skipped(run)
