"""Analysers of the source: gcc's and clang's, clang-tidy and cppcheck. Each looks at every
file of the library and of the examples as it is built by default, and hardened."""

import re

from gates import gate

# What gcc's analyzer finds, and why it stays.
OF_GCC = (
    (r"src/managers/global_blocks\.c:\d+: leak of .memory. ",
     "the address returned lies inside the memory, at a distance known at run time only"),
)

# What a finding may be silenced by, where it is, and how a reason is given.
SPOT = re.compile(r"(NOLINT(?:NEXTLINE|BEGIN)?\([^)]*\)|cppcheck-suppress(?:-\w+)? \w+)"
                  r"(?: ?[:;] (?P<why>.*?)(?: \*/)?$)?")


def look(context, paths, *command):
    """What a tool finds in files that are given to it one by one, in each configuration."""
    found = []
    for chosen, options in gate.configurations(context, paths):
        for path in chosen:
            found += gate.report(context, *command, *options, path)
    return gate.distinct(found)


def look_quickly(context, paths, *command):
    """The same, each file in one configuration."""
    configurations = gate.configurations(context, paths)
    found = []
    for path in paths:
        options = next(options for chosen, options in configurations if path in chosen)
        found += gate.report(context, *command, *options, path)
    return gate.distinct(found)


def spots(context, paths, word):
    """What is silenced in the source by comments with `word`, and what of it without a
    reason."""
    accepted, bare = [], []
    for path in paths:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            hit = SPOT.search(line)
            if hit and word in hit[1]:
                where = f"{path.relative_to(context.source)}:{number}"
                accepted.append(gate.Accepted(f"`{hit[1]}` in {where}", hit["why"] or ""))
                bare += [] if hit["why"] else [f"{where}: {hit[1]} has no reason"]
    return accepted, bare


def all_sources(context):
    """C files and headers."""
    folders = [context.source / name for name in ("include", "src")]
    return gate.sources(context, "examples") + sorted(
        path for folder in folders for path in folder.rglob("*.h"))


def outcome(context, name, shown, seeded, *command, quick=False):
    """The outcome of an analyser that takes the compiler's flags. If it has to be quick,
    only what a hardened or a debug build adds is looked at as that is compiled."""
    paths = gate.sources(context, "examples")
    path, expected = gate.seed(context, seeded)
    found = look_quickly(context, paths, *command) if quick else look(context, paths, *command)
    missed = gate.missed(look(context, [path], *command), expected, name)
    return gate.Outcome(name, shown, f"{len(paths)} files", found + missed)


def gcc_analyzer(context):
    """gcc's analyzer; in a full run at every level, since what is inlined differs."""
    levels = ("-O0", "-O1", "-O2", "-O3") if context.full else ("-O2",)
    outcomes = [outcome(context, "gcc's analyzer", f"gcc -fanalyzer {' '.join(levels)}",
                        "fanalyzer.c", "gcc", "-std=c11", "-fanalyzer", level, "-c", "-o",
                        "/dev/null")
                for level in levels]
    found = gate.distinct(sum((each.findings for each in outcomes), []))
    outcomes[0].findings, outcomes[0].accepted = gate.settle(found, OF_GCC)
    return outcomes[0]


def clang_analyzer(context):
    """clang's: what scan-build runs, without a build around it."""
    return outcome(context, "clang's analyzer", "clang-19 --analyze", "clang_analyzer.c",
                   "clang-19", "-std=c11", "--analyze", "-Xclang", "-analyzer-output=text",
                   "-o", "/dev/null", quick=not context.full)


def left_out(context):
    """The checks that .clang-tidy leaves out, and those of them without a reason: each has
    a comment "# check: reason" there."""
    text = (context.source / ".clang-tidy").read_text()
    why = dict(re.findall(r"^# ([\w.-]+): (.*(?:\n#   .*)*)", text, re.M))
    off = re.findall(r"^ +-([\w.-]+),?$", text, re.M)
    accepted = [gate.Accepted(f"without `{name}`", re.sub(r"\n#  ", "", why.get(name, "")))
                for name in off]
    return accepted, [f".clang-tidy: {name} is left out without a reason"
                      for name in off if name not in why]


def clang_tidy(context):
    """clang-tidy, as .clang-tidy asks for it."""
    paths = gate.sources(context, "examples")
    path, expected = gate.seed(context, "tidy.c")
    config = f"--config-file={context.source / '.clang-tidy'}"
    found = tidy(context, config, paths)
    accepted, bare = left_out(context)
    silenced, unexplained = spots(context, all_sources(context), "NOLINT")
    missed = gate.missed(tidy(context, config, [path]), expected, "clang-tidy")
    return gate.Outcome("clang-tidy", "clang-tidy-19", f"{len(paths)} files",
                        found + bare + unexplained + missed,
                        accepted + silenced)


def tidy(context, config, paths):
    """What it finds, without clang's analyzer, which is a gate of its own."""
    found = []
    for chosen, options in gate.configurations(context, paths):
        found += gate.report(context, "clang-tidy-19", config, "--quiet",
                             "--checks=-clang-analyzer-*", *chosen, "--", "-std=c11",
                             *options)
    return gate.distinct(found)


# Without these it knows no compiler, and stops at the first #error.
CPPCHECK = ("cppcheck", "--enable=warning,style,performance,portability", "--inconclusive",
            "--inline-suppr", "--std=c11", "--platform=unix64", "--library=gnu", "--quiet",
            "--template={file}:{line}:{column}: {severity}: {message} [{id}]",
            "-D__GNUC__=12", "-D__ELF__", "-D__linux__", "-D__x86_64__")


def cppcheck(context):
    """cppcheck."""
    paths = gate.sources(context, "examples")
    path, expected = gate.seed(context, "cppcheck.c")
    found = look(context, paths, *CPPCHECK)
    silenced, unexplained = spots(context, all_sources(context), "cppcheck")
    missed = gate.missed(look(context, [path], *CPPCHECK), expected, "cppcheck")
    return gate.Outcome("cppcheck", "cppcheck --enable=warning,style,performance,portability "
                        "--inconclusive", f"{len(paths)} files",
                        found + unexplained + missed, silenced)
