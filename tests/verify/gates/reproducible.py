"""Reproducible build: built twice, by two users who agree on nothing but the compiler, the
libraries and all else that is installed have the same bytes.

The second has the sources elsewhere, another umask, locale, time zone, name and number of
jobs, and a clock of its own: nobody says SOURCE_DATE_EPOCH."""

import hashlib
import os
import shutil

from gates import gate

PARTS = ("CMakeLists.txt", "LICENSE", "cmake", "include", "src")
FIRST = {"LC_ALL": "C", "TZ": "UTC", "USER": "first", "HOME": "/", "umask": "022", "jobs": "1"}
SECOND = {"LC_ALL": "C.UTF-8", "TZ": "Asia/Tokyo", "USER": "second", "HOME": "/tmp",
          "umask": "077", "jobs": "2"}

# With its paths kept, a build for debugging differs: so the comparison sees paths.
DEBUG = "-DCMAKE_BUILD_TYPE=Debug"
SCRIPT = """umask "$1"; unset SOURCE_DATE_EPOCH
cp -R "$3" "$4" && cmake -S "$4/source" -B "$4/build" -DNANVM_BUILD_TESTS=OFF \\
    -DNANVM_BUILD_EXAMPLES=OFF -DCMAKE_C_COMPILER="$5" ${6:+"$6"} &&
cmake --build "$4/build" -j "$2" && cmake --install "$4/build" --prefix "$4/installed"
"""


def original(context):
    """A copy of what is built from, without what else lies in the project's folder."""
    folder = context.build / "original"
    shutil.rmtree(folder, ignore_errors=True)
    for part in PARTS:
        source, target = context.source / part, folder / "source" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    return folder


def installed(context, folder, who, compiler, option):
    """Copies, builds and installs as `who` would; returns what is installed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    context.run("sh", "-euc", SCRIPT, "sh", who["umask"], who["jobs"],
                context.build / "original", folder, compiler, option,
                env={name: value for name, value in who.items() if name.isupper()})
    return contents(folder / "installed")


def contents(root):
    """The files in a tree: {path: mode and sum}, or where a link leads. Folders are as
    the umask of the one who installs has them."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_symlink():
            found[name] = os.readlink(path)
        elif path.is_file():
            found[name] = f"{path.stat().st_mode:o} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    return found


def differences(one, other, what):
    """The files that aren't alike, or are in only one of both."""
    return [f"{what}: {path} differs" for path in sorted({*one, *other})
            if one.get(path) != other.get(path)]


def pair(context, compiler, option):
    """What differs between the two builds, and how many files there are."""
    folder = context.build / "same" / f"{compiler}{option}"
    one = installed(context, folder / "one", FIRST, compiler, option)
    other = installed(context, folder / "far" / "away" / "other", SECOND, compiler, option)
    return differences(one, other, f"{compiler} {option or 'as it is'}"), len(one)


def check(context):
    """The gate."""
    original(context)
    found, files = [], 0
    options = ("", "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_BUILD_TYPE=MinSizeRel")
    for compiler in ("gcc", "clang-19") if context.full else ("gcc",):
        for option in options if context.full else options[:1]:
            differing, count = pair(context, compiler, option)
            found += differing
            files += count
    found += gate.missed(pair(context, "gcc", DEBUG)[0], "libnanvm_mem", "comparison")
    return gate.Outcome("reproducible build", "cmake --install, twice",
                        f"{files} files", found)
