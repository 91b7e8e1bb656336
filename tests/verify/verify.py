#!/usr/bin/env python3
"""Runs the steps of the verification, and prints one figure for each.

A step is a folder beside this file with a step.py in it, which defines
  TITLE   what the table calls it
  GOAL    what a full run is to show, in one line
  NEEDS   {Debian package: a command or a file by which it is known to be there}
  run     (Context) -> Result
"""

import argparse
import dataclasses
import importlib.util
import json
import sys
import time

import context
import page

STEPS = (
    "coverage",
    "mutation",
    "injection",
    "fuzz",
    "proofs",
    "orderings",
    "attacks",
    "checkers",
    "platforms",
    "gates",
    "bugs",
)


@dataclasses.dataclass
class Outcome:
    """What came of one step."""

    name: str
    title: str
    goal: str
    result: context.Result
    error: str
    seconds: float

    @property
    def failed(self):
        """Whether it broke off, found something wrong, or checked nothing."""
        return bool(self.error) or self.result.failed > 0 or self.result.passed == 0


def load(name):
    """The module of a step."""
    path = context.SOURCE / "tests" / "verify" / name / "step.py"
    spec = importlib.util.spec_from_file_location(f"step_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def lacking(module):
    """The packages that a step needs and that aren't there."""
    return [name for name, probe in module.NEEDS.items() if not context.is_there(probe)]


def attempt(module, work):
    """The result of a step and an empty text, or an empty result and what went wrong."""
    nothing = context.Result(figure="", passed=0)
    missing = lacking(module)
    if missing:
        return nothing, "missing: " + ", ".join(missing)
    try:
        return module.run(work), ""
    except context.StepFailed as failure:
        return nothing, f"{failure}; see {work.log.relative_to(context.SOURCE)}"


def run_step(name, full):
    """Runs one step and prints its row."""
    module = load(name)
    print(f"  {module.TITLE:<20}", end="", flush=True)
    began = time.monotonic()
    result, error = attempt(module, context.Context(name, full))
    seconds = time.monotonic() - began
    outcome = Outcome(name, module.TITLE, module.GOAL, result, error, seconds)
    keep(outcome, full)
    word = "FAILED" if outcome.failed else "ok"
    print(f" {word:<6} {seconds:7.0f} s  {error or result.figure}", flush=True)
    if result.short:
        print(f"  {'':<20} short of its goal: {result.short}", flush=True)
    return outcome


def result_path(name):
    """Where the last result of a step is kept."""
    return context.SOURCE / "build" / "verify" / name / "result.json"


def keep(outcome, full):
    """Keeps what came out, for the guide and for whoever wants to look."""
    kept = {**dataclasses.asdict(outcome), "full": full, "day": time.strftime("%Y-%m-%d")}
    result_path(outcome.name).write_text(json.dumps(kept, indent=1))


def last_results():
    """The last result of each step that has one, as it was kept."""
    paths = [result_path(name) for name in STEPS]
    return [json.loads(path.read_text()) for path in paths if path.exists()]


def parse():
    """The command line."""
    parser = argparse.ArgumentParser(prog="./run verify", description=__doc__.split("\n")[0])
    parser.add_argument("steps", nargs="*", metavar="STEP", help=", ".join(STEPS))
    parser.add_argument("--full", action="store_true", help="all of it: takes hours")
    parser.add_argument(
        "--docs",
        metavar="FOLDER",
        help="write the last result of each step into the table of the guide Assurance there, "
        "and its details as data for the site",
    )
    parser.add_argument("--missing", action="store_true", help="only print the packages lacking")
    options = parser.parse_args()
    for name in options.steps:
        if name not in STEPS:
            parser.error(f"there is no step '{name}'; there are: {', '.join(STEPS)}")
    return options


def summarise(outcomes):
    """The closing line, and the exit status."""
    failed = [each.title for each in outcomes if each.failed]
    skipped = sum(each.result.skipped for each in outcomes)
    if failed:
        print(f"\nNot as it should be: {', '.join(failed)}")
    checks = sum(each.result.passed for each in outcomes)
    print(f"\n{checks} checks hold, {skipped} were skipped.")
    print(f"{len(outcomes) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def main():
    """The program."""
    options = parse()
    names = options.steps or STEPS
    if options.missing:
        print(" ".join(sorted({p for name in names for p in lacking(load(name))})))
        return 0
    print(f"nanvm_mem: verification, {'all' if options.full else 'the fast part'} of each step")
    outcomes = [run_step(name, options.full) for name in names]
    if options.docs:
        page.write(options.docs, last_results(), STEPS)
    return summarise(outcomes)


if __name__ == "__main__":
    sys.exit(main())
