"""Tools find nothing wrong in the code, its ABI and its build.

Each gate is a tool, and is at zero: a finding is mended, or accepted with the reason, in the
source or here, and listed on the site. A gate that looks for mistakes is also
shown one, and has to find it."""

import concurrent.futures

import context as verification
from gates import abi, analysers, cfi, diagnostics, integer, reproducible, shell, workflow

TITLE = "Gates"
GOAL = (
    "analysers, warnings and shellcheck at zero; the ABI changes only with its number; calls "
    "through tables have the exact type; two builds have the same bytes"
)
NEEDS = {
    "clang-19": "clang-19",
    "clang-tidy-19": "clang-tidy-19",
    "cmake": "cmake",
    "cppcheck": "cppcheck",
    "g++": "g++",
    "gcc": "gcc",
    "libclang-rt-19-dev": "/usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.ubsan*x86_64.a",
    "libcmocka-dev": "/usr/include/cmocka.h",
    "lld-19": "ld.lld-19",
    "llvm-19": "llvm-ar-19",
    "shellcheck": "shellcheck",
}

# Those that take longest come first, so that none is left alone at the end.
GATES = (
    cfi.cfi_icall,
    analysers.clang_analyzer,
    reproducible.check,
    integer.check,
    cfi.kcfi,
    diagnostics.compilers,
    analysers.gcc_analyzer,
    diagnostics.everything,
    analysers.clang_tidy,
    analysers.cppcheck,
    abi.check,
    shell.check,
    workflow.check,
)


def table(outcomes):
    """A row a gate, and below what is accepted."""
    rows = [
        "| gate | command | looked at | findings | accepted |",
        "| --- | --- | --- | ---: | ---: |",
    ]
    rows += [
        f"| {each.name} | `{each.command}` | {each.checked} | {len(each.findings)} "
        f"| {len(each.accepted)} |"
        for each in outcomes
    ]
    rows += ["", "| gate | accepted | because |", "| --- | --- | --- |"]
    rows += [
        f"| {each.name} | {escaped(one.what)} | {escaped(one.why)} |"
        for each in outcomes
        for one in each.accepted
    ]
    return rows


def escaped(text):
    """As it stands in a cell of a table."""
    return text.replace("|", "\\|")


def run(context):
    """The step."""
    with concurrent.futures.ThreadPoolExecutor(context.jobs) as pool:
        outcomes = list(pool.map(lambda check: check(context), GATES))
    outcomes.sort(key=lambda each: each.name.lower())
    findings = [f"{each.name}: {one}" for each in outcomes for one in each.findings]
    for each in findings:
        context.note(f"FINDING {each}")
    accepted = sum(len(each.accepted) for each in outcomes)
    return verification.Result(
        figure=f"{len(outcomes)} gates, {len(findings)} findings, {accepted} accepted, each with "
        "its reason",
        passed=sum(not each.findings for each in outcomes),
        failed=sum(bool(each.findings) for each in outcomes),
        page=table(outcomes),
    )
