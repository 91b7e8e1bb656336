"""Misuse of the library does no worse than is known, attack by attack.

Each attack on each manager is a process of its own. After the attack the process goes on as a
program would, and compares all of its objects with its own records; the guide Assurance defines the
classes of outcomes. Attacks are made on the usual build and the hardened one, and for comparison on five
mallocs. expected.txt has the known class of each, and a worse one is a failure; reasons.txt says
why an attack stays silent."""

import collections
import pathlib

from context import Result, StepFailed

TITLE = "Attacks"
GOAL = (
    "in the hardened build no attack stays silent; in the default build no wrong call "
    "corrupts a count"
)
NEEDS = {
    "libmimalloc2.0": "/usr/lib/*/libmimalloc.so.2",
    "libjemalloc2": "/usr/lib/*/libjemalloc.so.2",
    "libgoogle-perftools4": "/usr/lib/*/libtcmalloc.so.4",
    "libclang-rt-19-dev": "/usr/lib/llvm-19/lib/clang/19/lib/linux/*scudo_standalone-*.so",
}

HERE = pathlib.Path(__file__).resolve().parent
MANAGERS = ("global", "local", "buffer", "growing", "custom")
COLUMNS = (("global",), ("local",), ("buffer", "growing"), ("custom",))  # of the page
CLASSES = ("-", "detected", "stopped", "harmless", "silent", "count")  # the worst last
PEERS = {  # what the path of its malloc contains, and where it is
    "glibc": ("libc.so.6", None),
    "mimalloc": ("libmimalloc", "usr/lib/*/libmimalloc.so.2"),
    "jemalloc": ("libjemalloc", "usr/lib/*/libjemalloc.so.2"),
    "tcmalloc": ("libtcmalloc", "usr/lib/*/libtcmalloc.so.4"),
    "scudo": ("scudo_standalone", "usr/lib/llvm-19/**/*scudo_standalone-x86_64.so"),
}

Row = collections.namedtuple("Row", "name title what kind manager verdict why")
PeerRow = collections.namedtuple("PeerRow", "name verdict why")


def has_hardened(context):
    """Whether the library has that option."""
    options = context.source / "cmake" / "nanvm_options.cmake"
    return "NANVM_HARDENED" in options.read_text()


def parse(make, text):
    """The rows that a program printed."""
    return [make(*line.split("\t")) for line in text.splitlines()]


def build(context, name, *options):
    """Builds the programs with the library as that build is."""
    return context.build_tree(name, *options, source=HERE, target="programs")


def keep_worst(rows):
    """{(attack, manager): its worst row}"""
    kept = {}
    for row in rows:
        known = kept.setdefault((row.name, row.manager), row)
        if is_worse(row.verdict, known.verdict):
            kept[row.name, row.manager] = row
    return kept


def attack(context, folder, times):
    """Makes every attack so many times; and in full the deep ones as deep as promised."""
    rows = parse(Row, context.run(folder / "attacks", times).stdout)
    if context.full:
        env = {"NANVM_ATTACKS_DEEP": "10000000"}
        rows += parse(Row, context.run(folder / "attacks", 1, "deep", env=env).stdout)
    return keep_worst(rows)


def attack_peer(context, folder, name, times):
    """The same with another malloc, which the program looks for before it begins."""
    file, pattern = PEERS[name]
    env = {"MIMALLOC_SHOW_ERRORS": "1"}  # as much as it can notice
    if pattern is not None:
        env["LD_PRELOAD"] = str(next(pathlib.Path("/").glob(pattern)))
    text = context.run(folder / "peer", name, file, times, env=env).stdout
    return {row.name: row for row in parse(PeerRow, text)}


# --- against what is known ---


def read_expected():
    """{(build, attack, manager): class}"""
    known = {}
    for line in (HERE / "expected.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            build_name, name, *verdicts = line.split()
            for manager, verdict in zip(MANAGERS, verdicts):
                known[build_name, name, manager] = verdict
    return known


def format_found(build_name, rows):
    """The lines of expected.txt that say what was found."""
    names = list(dict.fromkeys(name for name, _ in rows))
    return "".join(
        f"{build_name} {name} "
        + " ".join(rows[name, manager].verdict for manager in MANAGERS)
        + "\n"
        for name in names
    )


def is_worse(found, known):
    """Whether a class is worse than the one that is known."""
    return CLASSES.index(found) > CLASSES.index(known)


def read_reasons():
    """Why something stays silent: [(build, managers, attacks, text)]"""
    reasons = []
    for line in (HERE / "reasons.txt").read_text().splitlines():
        if line.startswith(" "):
            reasons[-1][3].append(line.strip())
        elif line and not line.startswith("#"):
            where, names = line.split(":")
            build_name, managers = where.split()
            reasons.append((build_name, managers.split(","), names.split(), []))
    return reasons


def is_bad(build_name, row):
    """What falls short of the goal."""
    if build_name == "hardened":
        return row.verdict in ("silent", "count")
    return row.verdict == "count" and row.kind == "call"


def has_reason(reasons, build_name, row):
    """Whether somebody has said why."""
    return any(
        build_name == each and row.manager in managers and row.name in names
        for each, managers, names, _ in reasons
    )


def judge(context, build_name, rows):
    """The rows that are worse than they should be; each has a line in the log."""
    known, reasons, worse = read_expected(), read_reasons(), []
    for (name, manager), row in rows.items():
        expected = known.get((build_name, name, manager), "-")
        unexplained = is_bad(build_name, row) and not has_reason(reasons, build_name, row)
        if unexplained or is_worse(row.verdict, expected):
            context.note(
                f"WORSE {build_name} {name} {manager}: {row.verdict}, not {expected}: {row.why}"
            )
            worse.append(row)
    return worse


# --- for the page ---


def worst(verdicts):
    """The worst of some classes."""
    return max(verdicts, key=CLASSES.index)


def cell(verdict):
    """A class as the table shows it."""
    return {"-": "–", "silent": "**silent**", "count": "**silent**, count"}.get(
        verdict, verdict
    )


def cells(rows, name):
    """Those of one build for one attack."""
    if not rows:
        return []
    return [
        cell(worst(rows[name, manager].verdict for manager in column)) for column in COLUMNS
    ]


def peer_cells(peers, name):
    """Those of the mallocs."""
    none = PeerRow(name, "-", "")
    return [cell(rows.get(name, none).verdict) for rows in peers.values()]


def line(parts):
    """A row of a Markdown table."""
    return "| " + " | ".join(parts) + " |"


def head(builds, peers):
    """The first lines of the table."""
    names = [
        f"{build_name}: {column}"
        for build_name in builds
        for column in ("global", "local", "arena", "yours")
    ]
    columns = ["attack", *names, *peers]
    return [line(columns), line(["---"] * len(columns))]


def table(builds, peers):
    """All attacks, a row each, with a row for the title of each group."""
    first = next(iter(builds.values()))
    lines, title = head(builds, peers), None
    width = 4 * len(builds) + len(peers)
    for name in dict.fromkeys(name for name, _ in first):
        row = first[name, "global"]
        if row.title != title:
            title = row.title
            lines.append(line([f"**{title}**"] + [""] * width))
        found = [each for rows in builds.values() for each in cells(rows, name)]
        lines.append(line([row.what, *found, *peer_cells(peers, name)]))
    return lines + totals(builds, peers)


def total(verdicts, wanted):
    """How many of a column are in a class."""
    return str(sum(verdict in wanted for verdict in verdicts))


def column_verdicts(builds, peers):
    """Each column of the table, as classes."""
    columns = []
    for rows in builds.values():
        names = dict.fromkeys(name for name, _ in rows)
        for managers in COLUMNS:
            columns.append(
                [worst(rows[name, each].verdict for each in managers) for name in names]
            )
    return columns + [[row.verdict for row in rows.values()] for rows in peers.values()]


def totals(builds, peers):
    """The counts of each column."""
    columns = column_verdicts(builds, peers)
    wanted = {
        "detected": ("detected",),
        "stopped": ("stopped",),
        "harmless": ("harmless",),
        "silent": ("silent", "count"),
        "of these, a count": ("count",),
    }
    lines = [line(["**In all**"] + [""] * len(columns))]
    for title, classes in wanted.items():
        lines.append(line([title, *(total(column, classes) for column in columns)]))
    return lines


def explained(builds):
    """What falls short of the goal, and why."""
    lines = []
    for build_name, managers, names, text in read_reasons():
        rows = builds.get(build_name, {})
        found = [
            name
            for name in names
            if any(is_bad(build_name, rows[name, each]) for each in managers if rows)
        ]
        if found:
            quoted = ", ".join(f"`{name}`" for name in found)
            lines.append(
                f"- {build_name} build, {', '.join(managers)}: {quoted}. {' '.join(text)}"
            )
    return ["", "What falls short of the goal, and why:", "", *lines]


def seen(build_name, rows):
    """What was seen in each silent row."""
    lines = []
    for name in dict.fromkeys(name for name, _ in rows):
        found = collections.defaultdict(list)
        for manager in MANAGERS:
            row = rows[name, manager]
            if row.verdict in ("silent", "count"):
                found[row.why].append(manager)
        texts = [f"{why} ({', '.join(on)})" for why, on in found.items()]
        if texts:
            lines.append(f"- `{name}`: {'; '.join(texts)}")
    return ["", f"What was seen in the silent rows of the {build_name} build:", "", *lines]


def page(builds, peers):
    """The details of Assurance."""
    lines = [*table(builds, peers), *explained(builds)]
    for build_name, rows in builds.items():
        lines += seen(build_name, rows)
    return lines


# --- the step ---


def summary(title, verdicts):
    """One part of the figure."""
    counts = collections.Counter(verdicts)
    silent = counts["silent"] + counts["count"]
    noticed = counts["detected"] + counts["stopped"]
    return f"{title} {noticed} noticed, {counts['harmless']} harmless, {silent} silent"


def figure(builds, peers):
    """The line of the step."""
    parts = [
        summary(name, [row.verdict for row in rows.values()]) for name, rows in builds.items()
    ]
    parts += [
        summary(name, [row.verdict for row in rows.values()]) for name, rows in peers.items()
    ]
    names = {name for rows in builds.values() for name, _ in rows}
    return f"{len(names)} attacks, each on every manager that it applies to: " + "; ".join(parts)


def shortcoming(build_name, rows):
    """What falls short of the goal in one build; empty if nothing does."""
    what = {
        "default": "wrong calls can corrupt a count in the default build",
        "hardened": "attacks stay silent in the hardened build",
    }
    bad = [row for row in rows.values() if is_bad(build_name, row)]
    if not bad:
        return ""
    managers = collections.Counter(row.manager for row in bad)
    on = ", ".join(f"{managers[each]} on {each}" for each in MANAGERS if each in managers)
    names = {row.name for row in bad}
    return f"{len(names)} {what[build_name]} ({on}): reasons.txt says why"


def shortcomings(builds):
    """What falls short of the goal."""
    texts = [shortcoming(name, rows) for name, rows in builds.items()]
    if "hardened" not in builds:
        texts.append("there is no hardened build here")
    return "; ".join(text for text in texts if text)


def run(context):
    """Builds, attacks, compares."""
    times = 30 if context.full else 3
    options = {"default": []}
    if has_hardened(context):
        options["hardened"] = ["-DNANVM_HARDENED=ON"]
    folders = {name: build(context, name, *each) for name, each in options.items()}
    builds = {name: attack(context, folder, times) for name, folder in folders.items()}
    peers = {name: attack_peer(context, folders["default"], name, times) for name in PEERS}
    found = "".join(format_found(name, rows) for name, rows in builds.items())
    (context.build / "found.txt").write_text(found)
    rows = sum(row.verdict != "-" for each in builds.values() for row in each.values())
    if not rows or not all(peers.values()):
        raise StepFailed("a program printed nothing")
    worse = [row for name, each in builds.items() for row in judge(context, name, each)]
    return Result(
        figure=figure(builds, peers),
        passed=rows - len(worse),
        failed=len(worse),
        short=shortcomings(builds),
        page=page(builds, peers),
    )
