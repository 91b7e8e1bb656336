"""The unit tests reach each line of the library, each branch both ways, and each condition of
a decision on its own (MC/DC).

clang-19 counts lines, branches and conditions in the usual build, the hardened and the debug one;
measure.py adds the counts up. exclusions.txt lists each gap that is known, with the reason; any
other gap is a failure, and so is a line of the list that matches nothing any more."""

import collections
import pathlib
import re
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import context
import measure
import suite

TITLE = "Coverage"
GOAL = "100 % of the lines, branches and conditions (MC/DC); each exclusion has its reason"
NEEDS = {
    "clang-19": "clang-19",
    "llvm-19": "llvm-cov-19",
    "libclang-rt-19-dev": "/usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.profile-x86_64.a",
    "libcmocka-dev": "/usr/include/cmocka.h",
}

HERE = pathlib.Path(__file__).resolve().parent
EXCLUSIONS = HERE / "exclusions.txt"

# Inlining lets the compiler know the types that NANVM_IS_KNOWN asks for. A condition that
# clang can't follow is a warning, and so an error.
FLAGS = (
    "-O2",
    "-Werror",
    "-Wno-parentheses-equality",
    "-fprofile-instr-generate",
    "-fcoverage-mapping",
    "-fcoverage-mcdc",
    "-fprofile-update=atomic",
)

# What is decided when the library is compiled is covered by compiling it each way.
BUILDS = {"usual": (), "hardened": (suite.HARDENED,), "debug": (suite.DEBUG,)}

# What depends on how threads meet may be covered, or not: its reason starts so.
SOMETIMES = "race: "

# In the fast part the tests with millions of objects make do with fewer.
FAST_SCALE = "20"


def copy_of_the_tree(work):
    """The sources, without the macros around conditions: in a macro's argument they have no
    place of their own in the counts. What is left means the same."""
    copy = work.build / "source"
    shutil.rmtree(copy, ignore_errors=True)
    for folder in ("include", "src"):
        shutil.copytree(context.SOURCE / folder, copy / folder)
    copy.joinpath("tests").symlink_to(context.SOURCE / "tests")
    for path in [*copy.glob("src/**/*.[hc]"), *copy.glob("include/**/*.h")]:
        if path.name != "macros.h":
            text = re.sub(r"\bNANVM_(UN)?LIKELY\(", "(", path.read_text())
            path.write_text(text.replace("NANVM_IS_KNOWN(", "__builtin_constant_p("))
    return copy


def run_programs(built, programs, scale):
    """Runs all tests, each program once; what the children of one count is merged (%m)."""
    profiles = built.where / "profiles"
    shutil.rmtree(profiles, ignore_errors=True)

    def run(program):
        name = profiles / f"{program.name}-%m.profraw"
        env = {"LLVM_PROFILE_FILE": str(name), "NANVM_TEST_SCALE": scale}
        built.work.run(program, env=env, timeout=600)

    built.each(run, programs)
    merged = built.where / "all.profdata"
    built.work.run("llvm-profdata-19", "merge", "-o", merged, *profiles.glob("*.profraw"))
    return merged


def export(built, programs, profile, kind):
    """What llvm-cov has to say. A warning is no part of its text."""
    objects = [word for program in programs for word in ("-object", program)]
    command = ["llvm-cov-19", "export", f"-format={kind}", "-instr-profile", profile]
    return built.work.run(*command, *objects).stdout


def measure_build(work, tree, name, total):
    """Builds, runs and counts one way to compile it."""
    built = suite.Suite(work, name, "clang-19", (*FLAGS, *BUILDS[name]), tree)
    built.where.mkdir(parents=True, exist_ok=True)
    keep = built.where / "keep.o"
    work.run("clang-19", "-O1", "-c", HERE / "keep.c", "-o", keep)
    programs = built.programs(keep, "-Wl,--wrap=abort", "-Wl,--wrap=_Exit")
    profile = run_programs(built, programs, "1" if work.full else FAST_SCALE)
    total.add(
        export(built, programs, profile, "text"), export(built, programs, profile, "lcov")
    )


def read_exclusions():
    """{gap: reason}, of lines such as
    src/file.c | function | line, true, false or decides | text of it | reason"""
    excluded = {}
    for line in EXCLUSIONS.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            fields = [field.strip() for field in re.split(r" \| ", line)]
            if len(fields) != 5 or not all(fields):
                raise context.StepFailed(f"exclusions.txt: not five fields: {line}")
            excluded[measure.Gap(*fields[:4])] = fields[4]
    return excluded


def judge(work, gaps, excluded):
    """Says what isn't excluded, and which exclusions match nothing; returns how many."""
    wrong = [f"not covered: {gap}" for gap in gaps if gap not in excluded]
    for gap, reason in excluded.items():
        if gap not in gaps and not reason.startswith(SOMETIMES):
            wrong.append(f"excluded, and covered or gone: {gap}")
    for line in wrong:
        work.note(line)
        print(f"\n    {line}", end="", file=sys.stderr)
    return len(wrong)


def count_excluded(gaps, excluded):
    """How many exclusions there are, and how they add up with what wasn't covered."""
    lucky = len(set(excluded) - set(gaps))
    text = f"{len(excluded)} gaps are excluded by name"
    return text + (f"; {lucky} of these were covered this time" if lucky else "")


def page(totals, missing, gaps, excluded):
    """The details of Assurance."""
    rows = ["| of | there are | covered | not covered |", "| --- | ---: | ---: | ---: |"]
    for name, there, lacking in zip(("lines", "branches", "conditions"), totals, missing):
        rows.append(f"| {name} | {there} | {there - lacking} | {lacking} |")
    rows.append(f"| together | {sum(totals)} | {sum(totals) - sum(missing)} | {sum(missing)} |")
    if excluded:
        rows += ["", f"Not covered are {sum(missing)}: {count_excluded(gaps, excluded)}."]
        rows += ["", "| excluded | in | covered | why |", "| --- | --- | --- | --- |"]
    for gap, reason in excluded.items():
        text = gap.text.replace("|", "\\|")
        place = f"{gap.file}, {gap.function}"
        covered = "no" if gap in gaps else "this time"
        rows.append(f"| `{text}`: {gap.what} | {place} | {covered} | {reason} |")
    return rows


def run(work):
    """The step."""
    tree = copy_of_the_tree(work)
    total = measure.Coverage(tree)
    for name in BUILDS:
        measure_build(work, tree, name, total)
    gaps = list(total.gaps())
    excluded = read_exclusions()
    totals = total.totals()
    kinds = collections.Counter(gap.what for gap in gaps)
    missing = kinds["line"], kinds["true"] + kinds["false"], kinds["decides"]
    failed = judge(work, gaps, excluded)
    names = ("lines", "branches", "conditions (MC/DC)")
    parts = [f"{a - b} of {a} {name}" for a, b, name in zip(totals, missing, names)]
    return context.Result(
        figure=", ".join(parts) + f"; {count_excluded(gaps, excluded)}",
        passed=sum(totals) - len(gaps),
        failed=failed,
        page=page(totals, missing, gaps, excluded),
    )
