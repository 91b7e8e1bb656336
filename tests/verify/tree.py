"""What the library is made of, as CMake says: its file API answers with the targets of a
configured tree (cmake-file-api(7), "codemodel" version 2)."""

import functools
import json
import pathlib
import subprocess
import tempfile

import context

# A build of the library: the option of CMake that chooses it, and the macro of its headers.
BUILDS = {
    "usual": (),
    "hardened": ("NANVM_HARDENED",),
    "debug": ("NANVM_DEBUG",),
}
LEFT_OUT = ("NANVM_BUILD_TESTS", "NANVM_BUILD_EXAMPLES", "NANVM_BUILD_BENCH", "NANVM_BUILD_DOCS")


def configure(build, folder):
    """Has CMake answer for a build; returns the folder of the answers."""
    query = folder / ".cmake" / "api" / "v1" / "query"
    query.mkdir(parents=True)
    (query / "codemodel-v2").touch()
    options = [f"-D{name}=ON" for name in BUILDS[build]]
    options += [f"-D{name}=OFF" for name in LEFT_OUT]
    command = ["cmake", "-S", context.SOURCE, "-B", folder, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise context.StepFailed(f"cmake: {done.stderr.strip()}")
    return folder / ".cmake" / "api" / "v1" / "reply"


def read(reply, name):
    """A file of an answer."""
    return json.loads((reply / name).read_text())


@functools.lru_cache(maxsize=None)
def target(build):
    """What CMake says of the library of a build."""
    with tempfile.TemporaryDirectory() as folder:
        reply = configure(build, pathlib.Path(folder))
        index = read(reply, max(path.name for path in reply.glob("index-*.json")))
        model = read(reply, index["reply"]["codemodel-v2"]["jsonFile"])
        targets = model["configurations"][0]["targets"]
        (file,) = [each["jsonFile"] for each in targets if each["name"] == "nanvm_mem_static"]
        return read(reply, file)


def library(build="usual"):
    """The translation units of a build, as paths in the project, in the order of their
    names."""
    sources = [pathlib.PurePosixPath(each["path"]) for each in target(build)["sources"]]
    return tuple(sorted(each for each in sources if each.suffix == ".c"))


def includes(build="usual"):
    """The folders in which a build looks for headers, as paths in the project."""
    (group,) = target(build)["compileGroups"]
    paths = [pathlib.Path(each["path"]) for each in group["includes"]]
    return tuple(path.relative_to(context.SOURCE).as_posix() for path in paths)


def only_in(build):
    """Those that the usual build hasn't."""
    return tuple(each for each in library(build) if each not in library())
