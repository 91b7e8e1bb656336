"""abidiff: the shared library against the ABI of the last release.

What may differ stands in abi/accepted.suppr, each with its reason; abi/README.md says how
the release's description is made."""

import re

from gates import gate

HERE = "tests/verify/gates/abi"
SECTION = re.compile(r"^\[suppress_\w+\]\n(?:^ .*\n?)+", re.M)
NAME = re.compile(r"^ +name = (\S+)$", re.M)

SUMMARY = re.compile(r" summary: |^\s*$")
HEADING = re.compile(r"^'(.*)' changed:$")
GROWTH = re.compile(r"type size changed from |\d+ data member insertions?:$|'.*', at offset ")


def last_release(context):
    """The newest version that the changelog has a heading for."""
    changelog = (context.source / "CHANGELOG.md").read_text()
    return re.search(r"^## \[(\d+\.\d+\.\d+)\]", changelog, re.M)[1]


def sections(text):
    """The suppressions in a file: (name, text, reason), the reason being the comment above."""
    found, end = [], 0
    for hit in SECTION.finditer(text):
        comment = text[end:hit.start()].rstrip().split("\n\n")[-1]
        why = " ".join(line.lstrip("# ") for line in comment.strip().splitlines())
        found.append((NAME.search(hit[0])[1], hit[0], why))
        end = hit.end()
    return found


def changes(context, old, new, suppressed):
    """What abidiff has to say, as (of what, what), apart from what the texts in
    `suppressed` suppress."""
    chosen = context.build / "chosen.suppr"
    chosen.write_text("\n".join(suppressed))
    done = context.run("abidiff", "--leaf-changes-only", "--no-added-syms",
                       "--suppressions", context.source / HERE / "system.suppr",
                       "--suppressions", chosen, old, new, check=False)
    whole, found = "the library", []
    for line in done.stdout.splitlines():
        heading = HEADING.match(line)
        whole = heading[1] if heading else whole
        if not heading and not SUMMARY.search(line):
            found.append((whole, line.strip()))
    return found or [("abidiff", f"ended with {done.returncode}")] * (done.returncode != 0)


def texts(found):
    """As findings are written."""
    return [f"{whole}: {what}" for whole, what in found]


def undescribed(description):
    """The functions that abidw exported and did not describe: nothing would be seen there."""
    text = description.read_text()
    exported = set(re.findall(r"<elf-symbol name='(\w+)'", text))
    described = set(re.findall(r" elf-symbol-id='(\w+)'", text))
    return [f"{description.name} doesn't describe {name}" for name in sorted(exported - described)]


def misfits(context, old, new, accepted):
    """Suppressions without a reason or a use, or of more than they say."""
    found = []
    for name, text, why in accepted:
        others = [each[1] for each in accepted if each[1] != text]
        own = [each for each in changes(context, old, new, others)
               if each[0].endswith(f" {name}")]
        if not why:
            found.append((name, "is accepted without a reason"))
        if not own:
            found.append((name, "is accepted, but hasn't changed"))
        if "inserted_at" in text:
            found += [each for each in own if not GROWTH.match(each[1])]
    return texts(found)


def seeded(context, old, new, accepted):
    """A copy of the description in which a function is missing and a type has grown."""
    text = new.read_text()
    text = re.sub(r"^ *<elf-symbol name='nanvm_ref_count'.*\n", "", text, flags=re.M)
    text = re.sub(r"^ *<function-decl name='nanvm_ref_count'(.*\n)*? *</function-decl>\n", "",
                  text, flags=re.M)
    text = re.sub(r"(<class-decl name='nanvm_stats' size-in-bits=')\d+'", r"\g<1>8192'", text)
    other = context.build / "seeded.abi"
    other.write_text(text)
    found = texts(changes(context, old, other, [each[1] for each in accepted]))
    return (gate.missed(found, "nanvm_ref_count", "abidiff")
            + gate.missed(found, "to 8192", "abidiff"))


def check(context):
    """The gate."""
    version = last_release(context)
    old = context.source / HERE / f"{version}.abi"
    new = context.build / "now.abi"
    context.run(context.source / HERE / "describe.sh", context.source, new,
                context.build / "abi")
    accepted = sections((context.source / HERE / "accepted.suppr").read_text())
    found = [f"{old.name} is missing: see {HERE}/README.md"] if not old.exists() else (
        undescribed(old) + undescribed(new)
        + texts(changes(context, old, new, [each[1] for each in accepted]))
        + misfits(context, old, new, accepted) + seeded(context, old, new, accepted))
    symbols = len(re.findall(r"<elf-symbol name=", new.read_text()))
    return gate.Outcome(
        f"ABI of {version}", "abidiff", f"{symbols} symbols", found,
        [gate.Accepted(f"`{name}`", why) for name, _, why in accepted])
