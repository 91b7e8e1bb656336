"""The workflow on GitHub, which nobody runs here: its actions are pinned to commits, and a job
that configures the project installs what that needs."""

import re

from gates import gate

PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
INSTALLS = re.compile(r"\b(apt-get install|apk add|brew install)\b")
CONFIGURES = re.compile(r"\bcmake -S \. ")


def jobs(text):
    """{name: text} of each job."""
    body = text.split("\njobs:\n", 1)[1]
    parts = re.split(r"^  (\w+):\n", body, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def steps(job):
    """The texts of a job's steps, without comments."""
    plain = re.sub(r"^ *#.*\n", "", job, flags=re.MULTILINE)
    return re.split(r"^      - ", plain, flags=re.MULTILINE)[1:]


def needs(context):
    """What the tests need of libraries and programs, by names that all systems share: the
    unit tests, and the tests of the package besides."""
    text = (context.source / "run").read_text()
    history = re.search(r'history="([^"]*)"', text)[1].split()
    common = [re.sub(r"^lib|-dev$", "", name) for name in history if name != "git"]
    return ["cmocka"], common


def unpinned(text):
    """How many actions are used, and those by a name that may come to mean another."""
    used = re.findall(r"\buses: (.*)$", text, re.MULTILINE)
    return len(used), [f"isn't pinned: {name}" for name in used if not PINNED.match(name)]


def lacking(context, name, job):
    """What a job that configures the whole project doesn't install, on one of its systems."""
    if not CONFIGURES.search(job):
        return []
    unit, package = needs(context)
    wanted = unit if "-DNANVM_SANITIZE" in job else unit + package
    installing = [step for step in steps(job) if INSTALLS.search(step)]
    found = [f"{name} doesn't install {word}: {' '.join(step.split())}"
             for step in installing for word in wanted if word not in step]
    return found if installing else [f"{name} installs nothing"]


def look(context, text):
    """How much there was to look at, and what is wrong."""
    count, found = unpinned(text)
    named = jobs(text)
    found += [line for name, job in named.items() for line in lacking(context, name, job)]
    return f"{count} uses of actions, {len(named)} jobs", found


def check(context):
    """The gate."""
    path = context.source / ".github" / "workflows" / "ci.yml"
    looked_at, found = look(context, path.read_text())
    seeded, expected = gate.seed(context, "workflow.yml")
    mistakes = look(context, seeded.read_text())[1]
    for word in expected.split(","):
        found += gate.missed(mistakes, word, "workflow")
    return gate.Outcome("workflow", "workflow.py", looked_at, found)
