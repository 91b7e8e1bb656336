"""Frama-C on the shipped files: what wp.py and eva.py have in common."""

HERE = "tests/verify/proofs"
MACHDEPS = {64: "gcc_x86_64", 32: "gcc_x86_32"}


def preprocessor(*more):
    """The arguments of gcc, which reads the files for Frama-C."""
    return " ".join(("-Iinclude", "-Isrc", "-Isrc/usual", f"-include {HERE}/machine.h", "-DNDEBUG",
                     "-DNANVM_PLAIN_NAMES", *more))


def run(context, width, source, *options, more=(), timeout=1800, env=None):
    """What Frama-C says of a file, in one text; it is an error if it doesn't read it."""
    return context.run(
        "frama-c",
        "-machdep",
        MACHDEPS[width],
        "-c11",
        f"-cpp-extra-args={preprocessor(*more)}",
        source,
        *options,
        cwd=context.source,
        timeout=timeout,
        env=env,
    ).stdout
