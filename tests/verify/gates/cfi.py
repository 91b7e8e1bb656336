"""Control flow integrity: every call through a table or a callback has the exact type.

The unit tests, and in a full run the examples, run with clang's cfi-icall (the types of the
whole program, known to the linker) and with kcfi (a hash in front of each function, as in
the kernel). Then slots/slots.c puts a function of the wrong type into each slot: each call
must stop."""

import re
import signal

from gates import gate

KINDS = {
    "cfi-icall": ["-fsanitize=cfi-icall", "-flto=thin", "-fvisibility=hidden"],
    "kcfi": ["-fsanitize=kcfi"],
}
LINK = "-fuse-ld=lld-19"

# How the compiler optimises, the linker does (which compiles what it sees through), and
# whether the library is hardened. The first is enough for every change.
BUILDS = (
    ("-O1", "-Wl,--lto-O0", "OFF"),
    ("-O0", "-Wl,--lto-O0", "OFF"),
    ("-O2", "-Wl,--lto-O2", "OFF"),
    ("-O3", "-Wl,--lto-O3", "OFF"),
    ("-O2", "-Wl,--lto-O2", "ON"),
)


def tree(context, kind, level, link_level, hardened):
    """A build of that kind, without the shared library, which no test is linked with. The
    archive has to be made by the compiler's own tools, for the linker to see through it."""
    flags = " ".join([level, *KINDS[kind], "-fno-omit-frame-pointer"])
    return context.build_tree(
        f"{kind}{level}-{hardened}",
        "-DCMAKE_C_COMPILER=clang-19",
        "-DCMAKE_CXX_COMPILER=clang++-19",
        "-DCMAKE_AR=/usr/bin/llvm-ar-19",
        "-DCMAKE_RANLIB=/usr/bin/llvm-ranlib-19",
        "-DCMAKE_BUILD_TYPE=Debug",
        "-DNANVM_INSTALL=OFF",
        f"-DNANVM_BUILD_EXAMPLES={context.full}",
        f"-DNANVM_HARDENED={hardened}",
        f"-DCMAKE_C_FLAGS={flags}",
        f"-DCMAKE_CXX_FLAGS={flags}",
        f"-DCMAKE_EXE_LINKER_FLAGS={LINK} {link_level}",
    )


def suite(context, folder, *options):
    """How many tests passed, and those that didn't."""
    done = context.run("ctest", "--test-dir", folder, "-j", context.jobs, "-LE",
                       "headers|package", "--no-tests=error", "--output-on-failure",
                       *options, check=False)
    failed = [hit for hit in re.findall(r"^\s+\d+ - (\S+) \((.*)\)", done.stdout, re.M)
              if hit[1] != "Skipped"]
    passed = len(re.findall(r" Passed +[\d.]+ sec", done.stdout))
    found = [f"{name}: {how}" for name, how in failed]
    return passed, found or [f"ctest ended with {done.returncode}"] * (done.returncode != 0)


def slots_program(context, name, options):
    """slots/slots.c with the library, all in one command."""
    program = context.build / f"slots-{name}"
    context.run("clang-19", "-std=c11", "-O1", *options, *gate.flags(context, "usual"),
                *gate.library(context, "usual"),
                context.source / "tests" / "verify" / "gates" / "slots" / "slots.c",
                "-o", program)
    return program


def endings(context, program, variant):
    """How each slot's way ends: {name: status}."""
    names = context.run(program).stdout.split()
    return {name: context.run(program, name, variant, check=False).returncode
            for name in names}


def unexpected(context, program, variant, status):
    """The slots whose way doesn't end with that status."""
    return [f"{program.name} {name} {variant}: ended with {ended}, not {status}"
            for name, ended in endings(context, program, variant).items() if ended != status]


def slots(context, kind):
    """What is wrong with the slots, and how many there are. Without the check a wrong type
    goes unnoticed: so it is the check that stops it, and nothing else."""
    plain = slots_program(context, f"{kind}-without", [])
    checked = slots_program(context, kind, [*KINDS[kind], LINK])
    found = (unexpected(context, plain, "wrong", 0) + unexpected(context, checked, "right", 0)
             + unexpected(context, checked, "wrong", -signal.SIGILL))
    return found, len(context.run(plain).stdout.split())


def check(context, kind):
    """The gate for one kind; in a full run in more builds."""
    found, passed = [], 0
    for build in BUILDS if context.full else BUILDS[:1]:
        count, failed = suite(context, tree(context, kind, *build))
        passed += count
        found += failed
    wrong, number = slots(context, kind)
    return gate.Outcome(kind, f"clang-19 {' '.join(KINDS[kind])}",
                        f"{passed} tests, {number} slots with a wrong type", found + wrong)


def cfi_icall(context):
    """By the types that the linker knows."""
    return check(context, "cfi-icall")


def kcfi(context):
    """By a hash in front of each function."""
    return check(context, "kcfi")
