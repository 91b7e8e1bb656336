"""Arithmetic that wraps or loses bits, though C allows it: the unit tests, and in a full run
the examples, under clang's -fsanitize=integer, beside undefined behaviour. What is meant to
wrap says NANVM_WRAPS, and why."""

import re

from gates import cfi, gate

KINDS = "undefined,integer,implicit-conversion,nullability,local-bounds,float-divide-by-zero"
# They hand over what is no reference, which is undefined before it is found out.
NOT_THESE = r"^checksum\."
HERE = "tests/verify/gates"


def flags(context):
    """What the compiler is asked for."""
    return [f"-fsanitize={KINDS}", "-fno-sanitize-recover=all",
            f"-fsanitize-ignorelist={context.source / HERE / 'integer.ignore'}"]


WRAPS = re.compile(r'NANVM_WRAPS\("(.*)"\)[^({]*?(\w+)\(')


def intended(context):
    """The functions that say NANVM_WRAPS, and why."""
    accepted = []
    for folder in ("include", "src"):
        for path in sorted((context.source / folder).rglob("*.[ch]")):
            where = path.relative_to(context.source)
            accepted += [gate.Accepted(f"`{name}` in {where}", why)
                         for why, name in WRAPS.findall(path.read_text())]
    return accepted


def wraps(context):
    """The lines in which it was reported, which tell more than the tests that failed."""
    text = gate.relative(context, context.log.read_text())
    lines = re.findall(r"(\S+:\d+):\d+: runtime error: (.*)", text)
    return gate.distinct([f"{where}: {re.sub(r'[0-9]{5,}', 'N', what)}" for where, what in lines])


def seeded(context):
    """Whether a sum that wraps is seen."""
    path, expected = gate.seed(context, "integer.c")
    copy = context.build / path.name  # not among the tests, whose own sums may wrap
    copy.write_text(path.read_text())
    program = context.build / "seed-integer"
    context.run("clang-19", *flags(context), copy, "-o", program)
    done = context.run(program, check=False)
    return gate.missed([done.stdout], expected, "-fsanitize=integer")


def check(context):
    """The gate; in a full run for the hardened build, too."""
    found, number = [], 0
    for name in ("default", "hardened") if context.full else ("default",):
        folder = context.build_tree(
            f"integer-{name}", "-DCMAKE_C_COMPILER=clang-19",
            "-DCMAKE_CXX_COMPILER=clang++-19", "-DCMAKE_BUILD_TYPE=Debug",
            "-DNANVM_INSTALL=OFF",
            f"-DNANVM_BUILD_EXAMPLES={context.full}",
            f"-DNANVM_HARDENED={name == 'hardened'}",
            f"-DCMAKE_C_FLAGS=-O1 {' '.join(flags(context))}",
            f"-DCMAKE_CXX_FLAGS=-O1 {' '.join(flags(context))}")
        passed, failed = cfi.suite(context, folder, "-E", NOT_THESE)
        number += passed
        found += failed
    accepted = [*intended(context),
                gate.Accepted(f"tests `{NOT_THESE}` are left out",
                              "they hand over what is no reference, on purpose")]
    return gate.Outcome("arithmetic", f"clang-19 -fsanitize={KINDS}", f"{number} tests",
                        wraps(context) + found + seeded(context), accepted)
