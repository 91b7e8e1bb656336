#!/usr/bin/env python3
"""Runs the programs of the benchmark and reports what they measured.

Each program, a workload with a subject, is a process of its own in every round. The
first round is thrown away. Within a round a workload's subjects run one after the
other, in an order that is drawn anew, so that the figures of one round were measured
close together; ratios are taken round by round, and their median is what counts.
"""

import argparse
import dataclasses
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time

import pages
import plots
import results

HERE = os.path.dirname(os.path.abspath(__file__))
ENOUGH_ROUNDS = 9
STACK = 8 << 20  # the usual limit, wherever this runs
USAGE_ERROR = 64
SKIPPED = 77  # a program's exit status when it lacks its data

# A cost against the number of live objects: sizes that the programs take, and the
# objects that they stand for. Each program warms up by itself: no round is thrown away.
SCALE_SUBJECTS = ("local", "mimalloc", "stdmap", "freelist")
SCALE_ROUNDS = 3
SCALE_LARGE, SCALE_LARGE_ROUNDS = 4_000_000, 1  # objects, and how often then
SCALE = {
    "tree": [(10, 1023), (13, 8191), (17, 131071), (20, 1048575), (23, 8388607)],
    "churn": [(10**n, 10**n) for n in range(3, 8)],
    "rbtree": [(10**n, 10**n) for n in range(3, 8)],
}


class Failure(Exception):
    """A program that can't be run, or says something else than it should."""


class Skipped(Exception):
    """A program that says it can't do its work here."""


@dataclasses.dataclass
class Program:
    """One program, at one size, and what its rounds gave."""

    workload: str
    subject: str
    path: str
    size: int = 0
    objects: int = 0
    rows: dict = dataclasses.field(default_factory=dict)
    check: str = ""
    seconds: float = 0

    def name(self):
        size = f" at size {self.size}" if self.size else ""
        return f"{self.workload} with {self.subject}{size}"

    def row(self, printed):
        """The name of a row in the report; None for what it doesn't need."""
        if not self.objects:
            return printed
        if printed != self.workload:
            return None
        return f"scale {printed} {self.objects}"


# --- one process ---------------------------------------------------------------------


def signal_name(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def how_it_ended(process):
    last = process.stderr.strip().splitlines()[-1:]
    ended = f"exit status {process.returncode}"
    if process.returncode < 0:
        ended = f"ended by {signal_name(-process.returncode)}"
    return ": ".join([ended] + last)


def limits(cpus):
    def apply():
        os.sched_setaffinity(0, cpus)
        hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
        if hard == resource.RLIM_INFINITY or hard >= STACK:
            resource.setrlimit(resource.RLIMIT_STACK, (STACK, hard))

    return apply


def process_of(program, cpus, timeout):
    return subprocess.run(
        [program.path] + ([str(program.size)] if program.size else []),
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout,
        preexec_fn=limits(cpus),
        check=False,
    )


def output_of(program, cpus, timeout):
    try:
        process = process_of(program, cpus, timeout)
    except OSError as error:
        raise Failure(f"{program.path}: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise Failure(f"not done after {timeout} s") from error
    if process.returncode == SKIPPED:
        raise Skipped(process.stderr.strip().removeprefix("bench: skipped: "))
    if process.returncode != 0:
        raise Failure(how_it_ended(process))
    return process.stdout


def processor_time():
    """Of all programs that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def parse(output):
    """The rows {name: (unit, value)} and the check sum of a program's output."""
    rows, check = {}, None
    for line in output.splitlines():
        fields = line.split("\t")
        if fields[0] == "check" and len(fields) == 2:
            check = fields[1]
        elif len(fields) == 3:
            rows[fields[0]] = (fields[1], number(fields[2], line))
        else:
            raise Failure(f"strange output: {line!r}")
    if check is None:
        raise Failure("no check sum")
    return rows, check


def number(text, line):
    try:
        return float(text)
    except ValueError as error:
        raise Failure(f"strange output: {line!r}") from error


# --- rounds --------------------------------------------------------------------------


class Session:
    """All programs of a run, and what befell them."""

    def __init__(self, groups, options):
        self.groups = groups
        self.options = options
        self.failed = []
        self.skipped = []
        self.began = time.monotonic()

    def cpus_of(self, program):
        if program.workload in self.options.unpinned:
            return os.sched_getaffinity(0)
        return {self.options.cpu}

    def run_once(self, program, counted):
        began = processor_time()
        output = output_of(program, self.cpus_of(program), self.options.timeout)
        program.seconds += processor_time() - began
        rows, check = parse(output)
        if program.check not in ("", check):
            raise Failure(f"check sum {check}, and before it was {program.check}")
        program.check = check
        if counted:
            for printed, (unit, value) in rows.items():
                row = program.row(printed)
                if row is not None:
                    program.rows.setdefault(row, (unit, []))[1].append(value)

    def fail(self, program, reason):
        complain(f"{program.name()}: {reason}")
        self.failed.append((program.name(), f"failed: {reason}"))

    def run_group(self, group, counted):
        for program in random.sample(group, len(group)):
            try:
                self.run_once(program, counted)
                continue
            except Skipped as reason:
                self.skipped.append((program.name(), str(reason)))
            except Failure as reason:
                self.fail(program, reason)
            group.remove(program)

    def run(self):
        """Each of a group's rounds; the first, number 0, isn't counted."""
        longest = max((rounds for rounds, _ in self.groups), default=0)
        for this in range(longest + 1):
            due = [g for rounds, g in self.groups if self.is_due(g, rounds, this)]
            for group in random.sample(due, len(due)):
                self.run_group(group, counted=this > 0)
            refuse_other_sums(due)
            self.progress(this, longest)

    @staticmethod
    def is_due(group, rounds, this):
        first = 1 if any(program.objects for program in group) else 0
        return first <= this <= rounds

    def progress(self, this, longest):
        what = f"round {this} of {longest}" if this else "a round to warm up"
        passed = time.monotonic() - self.began
        print(f"  {what}: done after {passed:.0f} s", file=sys.stderr, flush=True)


def refuse_other_sums(groups):
    """Ends everything if subjects of one workload didn't do the same work."""
    different = False
    for group in groups:
        sums = {}
        for program in group:
            sums.setdefault(program.check, []).append(program.subject)
        if len(sums) > 1:
            different = True
            said = "; ".join(f"{', '.join(who)}: {s}" for s, who in sorted(sums.items()))
            complain(f"{group[0].workload}: different check sums: {said}")
    if different:
        sys.exit(1)


# --- what to run ---------------------------------------------------------------------


def complain(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError) as error:
        complain(f"{path}: {error}")
        sys.exit(1)


def why_not(entry, options):
    """Why a program that was asked for, or could have been, doesn't run; or None."""
    workload, subject = entry["workload"], entry["subject"]
    if options.workloads and workload not in options.workloads:
        return ""
    if "skipped" in entry:
        return entry["skipped"]
    if subject in options.without:
        return "not wanted"
    if not options.workloads and subject in options.settings["slow"].get(workload, ()):
        return "the program takes too long for a run of everything; " \
               f"`./run bench {workload}` includes it"
    return None


def usual_groups(entries, options):
    groups = {}
    for entry in entries:
        if "program" in entry and why_not(entry, options) is None:
            program = Program(entry["workload"], entry["subject"], entry["program"])
            program.size = options.size or 0
            groups.setdefault(entry["workload"], []).append(program)
    fewer = options.settings["rounds_at_most"]  # where nothing varies
    return [
        (min(options.rounds, fewer.get(workload, options.rounds)), group)
        for workload, group in groups.items()
    ]


def scale_groups(entries, options):
    """For each size of each workload in SCALE the subjects side by side."""
    if options.workloads and "scale" not in options.workloads or options.size:
        return []
    groups = {}
    for entry in entries:
        if entry["workload"] in SCALE and entry["subject"] in SCALE_SUBJECTS:
            for size, objects in SCALE[entry["workload"]] if "program" in entry else []:
                program = Program(entry["workload"], entry["subject"], entry["program"])
                program.size, program.objects = size, objects
                groups.setdefault((program.workload, size), []).append(program)
    return [
        (min(scale_rounds(group), options.rounds), group) for group in groups.values()
    ]


def scale_rounds(group):
    return SCALE_LARGE_ROUNDS if group[0].objects >= SCALE_LARGE else SCALE_ROUNDS


def check_workloads(entries, options):
    if options.docs and options.workloads:
        complain("the guide shows all workloads: --docs goes without names")
        sys.exit(USAGE_ERROR)
    known = sorted({entry["workload"] for entry in entries}) + ["scale"]
    for workload in options.workloads:
        if workload not in known:
            complain(f"there is no workload '{workload}'; there are: {' '.join(known)}")
            sys.exit(USAGE_ERROR)


def skipped(entries, options):
    reasons = [(f"{e['workload']} with {e['subject']}", why_not(e, options)) for e in entries]
    return [(program, reason) for program, reason in reasons if reason]


# --- the command line ----------------------------------------------------------------


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("has to be 1 or more")
    return value


def parse_options(arguments):
    parser = argparse.ArgumentParser(prog="measure.py", description=__doc__)
    add = parser.add_argument
    add("workloads", nargs="*", metavar="WORKLOAD", help="all of them unless named")
    add("--programs", required=True, metavar="FILE", help="programs.json of the build")
    add("--rounds", type=positive, default=ENOUGH_ROUNDS, metavar="N",
        help=f"counted rounds, {ENOUGH_ROUNDS} unless given")  # fmt: skip
    add("--without", action="append", default=[], metavar="SUBJECT",
        help="leave a subject out")  # fmt: skip
    add("--size", type=positive, metavar="SIZE", help="the size of every workload")
    add("--cpu", type=int, metavar="N", help="where to run; the last one unless given")
    add("--timeout", type=positive, default=300, metavar="SECONDS",
        help="how long one process may take")  # fmt: skip
    add("--times", action="store_true", help="say what the programs cost")
    add("--json", metavar="FILE", help="write the figures there")
    add("--plots", metavar="FOLDER", help="draw them there, with gnuplot, as SVG")
    add("--docs", metavar="FOLDER",
        help="write the goals into the guide Performance there, and the plots and the "
        "other tables as data for the site")  # fmt: skip
    add("--from", dest="source", metavar="FILE",
        help="measure nothing: take what --json wrote, on this machine")  # fmt: skip
    options = parser.parse_intermixed_args(arguments)
    options.settings = results.load_settings(HERE)
    options.unpinned = options.settings["unpinned"]
    choose_cpu(options)
    check_writable(options.json)
    return options


def check_writable(path):
    """Before twenty minutes are spent on what can't be written."""
    try:
        if path:
            with open(path, "a", encoding="utf-8"):
                pass
    except OSError as error:
        complain(f"{path}: {error.strerror}")
        sys.exit(USAGE_ERROR)


def choose_cpu(options):
    allowed = os.sched_getaffinity(0)
    if options.cpu is None:
        options.cpu = max(allowed)
    elif options.cpu not in allowed:
        complain(f"CPU {options.cpu} isn't one of {sorted(allowed)}")
        sys.exit(USAGE_ERROR)


def say_how(groups, options):
    programs = [program for _, group in groups for program in group]
    free = sorted({p.workload for p in programs if p.workload in options.unpinned})
    print(f"{len(programs)} programs, on CPU {options.cpu}"
          + (f"; not pinned: {', '.join(free)}" if free else ""))  # fmt: skip
    if options.rounds < ENOUGH_ROUNDS:
        print(f"Fewer than {ENOUGH_ROUNDS} rounds: take the figures as a hint.")
    sys.stdout.flush()


def measure(options, entries):
    """Runs what was asked for: the records, and the session."""
    groups = usual_groups(entries, options) + scale_groups(entries, options)
    if not groups:
        complain("there is nothing to run")
        sys.exit(1)
    say_how(groups, options)
    session = Session(groups, options)
    session.run()
    if options.times:
        print_times(groups)
    records = [
        results.record(row, program.subject, unit, values, program.objects)
        for _, group in groups
        for program in group
        for row, (unit, values) in program.rows.items()
    ]
    return records, session


def print_times(groups):
    """Seconds of the processor for each workload, and each program, in all rounds."""
    print(f"all: {sum(p.seconds for _, g in groups for p in g):.0f} s", file=sys.stderr)
    for _, group in groups:
        whole = sum(program.seconds for program in group)
        each = ", ".join(f"{p.subject} {p.seconds:.1f}" for p in group)
        size = f" {group[0].objects}" if group and group[0].objects else ""
        name = group[0].workload if group else ""
        print(f"{name}{size}: {whole:.1f} s ({each})", file=sys.stderr)


def write_files(options, run):
    print()
    if options.json:
        results.write_json(options.json, run.records)
        print(f"The figures: {options.json}")
    if options.plots and plots.draw(options.plots, run):
        print(f"The plots: {options.plots}")
    if options.docs:
        plots.draw(os.path.join(options.docs, "images"), run, prefix="bench_")
        print(f"The page: {pages.refresh(options.docs, run)}")


def main(arguments):
    options = parse_options(arguments)
    build = load(options.programs)
    entries = build["programs"]
    check_workloads(entries, options)
    left_out, failed = skipped(entries, options), []
    if options.source:
        records = load(options.source)
        left_out = [one for one in left_out if not results.has(records, one[0])]
    else:
        records, session = measure(options, entries)
        left_out += session.skipped + session.failed
        failed = session.failed
    run = results.Run(records, left_out, options.settings, build)
    run.cpu = options.cpu
    results.print_tables(run)
    write_files(options, run)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
