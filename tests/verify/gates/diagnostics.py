"""What the compilers themselves say: many warnings at -O2 and -O3, and clang's -Weverything
for the source and for each public header alone."""

from gates import analysers, gate

# Beyond -Wall -Wextra -Wpedantic; those of the second line only gcc has.
WARNINGS = """-Wconversion -Wsign-conversion -Wshadow -Wcast-align -Wcast-qual -Wundef -Wvla
    -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wmissing-declarations
    -Wformat=2 -Wwrite-strings -Wpointer-arith -Wswitch-enum -Wswitch-default
    -Wdouble-promotion -Wredundant-decls -Wnested-externs
    -Wunused-macros -Walloca -Wdate-time -Wnull-dereference""".split()
OF_GCC = """-Wcast-align=strict -Wduplicated-cond -Wduplicated-branches -Wlogical-op
    -Wstrict-aliasing=2 -Wtrampolines -Wjump-misses-init -Wstringop-overflow=4
    -Warith-conversion -Wstack-usage=2048""".split()

# gcc sees more where it inlines more. The first two are enough for every change.
COMBINATIONS = (
    ("gcc", "-O3", OF_GCC),
    ("clang-19", "-O2", []),
    ("gcc", "-O2", OF_GCC),
    ("clang-19", "-O3", []),
    ("gcc", "-O0", OF_GCC),
    ("clang-19", "-O0", []),
)

# What -Weverything is asked to leave out, or says in vain.
WITHOUT = {
    "-Wdeclaration-after-statement": "for C90: a variable is declared where it gets its value",
    "-Wpre-c11-compat": "for C90 and C99: this is C11",
    "-Wunsafe-buffer-usage": "for C++: forbids pointer arithmetic",
    "-Wbad-function-cast": "a cast of what a function returns is a cast like any other",
    "-Wunreachable-code": "what one of both configurations leaves out is left out by a "
                          "constant, so that all of it is compiled in both",
    "-Wpadded": "tells of padding, which is no mistake; where size matters it is asserted",
}
IN_VAIN = (
    (r"'@ownership' command should not be used",
     "a word of this project's comments; clang takes it for one of HeaderDoc's"),
    (r"src/system/sanitizer.c:[0-9]+: identifier '__[A-Za-z_]+' is reserved",
     "what the sanitizers' run-time libraries offer has such names"),
    (r"src/(system/system|hardened/(checksum|guard_page))\.c:\d+: macro name is a reserved identifier",
     "`_DEFAULT_SOURCE`: the C library's own name, by which it is asked for more than C has"),
)


def examined(context, paths, compiler, *options):
    """What a compiler says of files."""
    return analysers.look(context, paths, compiler, "-std=c11", "-Wall", "-Wextra",
                          "-Wpedantic", *options, "-c", "-o", "/dev/null")


def compilers(context):
    """What gcc and clang warn of."""
    paths = gate.sources(context, "examples")
    path, expected = gate.seed(context, "gcc_warning.c")
    found = []
    combinations = COMBINATIONS if context.full else COMBINATIONS[:2]
    for compiler, level, more in combinations:
        what = f"{compiler} {level}"
        options = [level, *WARNINGS, *more]
        found += [f"{what}: {line}"
                  for line in examined(context, paths, compiler, *options)]
        found += gate.missed(examined(context, [path], compiler, *options), expected, what)
    return gate.Outcome(
        "warnings", "; ".join(f"{compiler} {level}" for compiler, level, _ in combinations)
        + f" -Wall -Wextra -Wpedantic and {len(WARNINGS) + len(OF_GCC)} more",
        f"{len(paths)} files", found)


def headers(context):
    """Files that include one public header each, whatever they lean on."""
    found = []
    include = context.source / "include"
    for path in sorted(include.rglob("*.h")):
        if path.parent.name == "inline":
            continue  # a part of another header
        name = str(path.relative_to(include))
        alone = context.build / "headers" / f"{name.replace('/', '_')}.c"
        alone.parent.mkdir(exist_ok=True)
        alone.write_text(f"#include <{name}>\n")
        found.append(alone)
    return found


def everything(context):
    """clang's -Weverything."""
    paths = gate.sources(context) + headers(context)
    options = ("clang-19", "-std=c11", "-O2", "-Weverything",
               "-fcomment-block-commands=ownership,errors,threads,cost", "-DNANVM_SHOW_COMMENTS",
               *(each.replace("-W", "-Wno-", 1) for each in WITHOUT), "-c", "-o", "/dev/null")
    path, expected = gate.seed(context, "everything.h")
    found, in_vain = gate.settle(analysers.look(context, paths, *options), IN_VAIN)
    found += gate.missed(analysers.look(context, [path], *options, "-x", "c"), expected,
                         "-Weverything")
    accepted = [gate.Accepted(f"without `{name}`", why) for name, why in WITHOUT.items()]
    return gate.Outcome("-Weverything", "clang-19 -Weverything", f"{len(paths)} files", found,
                        accepted + in_vain)
