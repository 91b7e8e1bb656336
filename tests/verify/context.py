"""What a step of the verification is given, and what it gives back."""

import dataclasses
import os
import pathlib
import shutil
import subprocess

SOURCE = pathlib.Path(__file__).resolve().parents[2]


class StepFailed(Exception):
    """Something could not be done, or was found wrong; the text says what."""


@dataclasses.dataclass
class Result:
    """The outcome of a step: its one figure, and what was counted on the way."""

    figure: str  # one line, such as "100 % of 1312 lines and 655 branches"
    passed: int  # checks that hold; a step that checked nothing has failed
    failed: int = 0
    skipped: int = 0
    short: str = ""  # what it falls short of its goal by, and why; empty if it doesn't
    page: list = dataclasses.field(default_factory=list)  # Markdown, a line each: its details for the site


@dataclasses.dataclass
class Context:
    """Where a step works and how much of it is wanted."""

    name: str
    full: bool  # all of it; otherwise the part that fits into every change's checks
    log: pathlib.Path = None
    build: pathlib.Path = None
    source: pathlib.Path = SOURCE
    jobs: int = os.cpu_count() or 2

    def __post_init__(self):
        self.build = self.source / "build" / "verify" / self.name
        self.build.mkdir(parents=True, exist_ok=True)
        self.log = self.build / "step.log"
        self.log.write_text("")

    @property
    def data(self):
        """The folder of conformance data, or None where there is none."""
        folder = os.environ.get("NANVM_TEST_DATA")
        return pathlib.Path(folder) if folder else None

    def note(self, text):
        """Adds a line to the step's log."""
        with self.log.open("a") as log:
            log.write(f"{text}\n")

    def run(self, *command, cwd=None, env=None, timeout=None, check=True, stdin=None):
        """Runs a command, logs it with its output, and returns the finished process,
        stdout and stderr in one text. Unless check is false, a failure ends the step."""
        words = [str(word) for word in command]
        self.note("$ " + " ".join(words))
        try:
            done = subprocess.run(
                words,
                cwd=cwd or self.build,
                env={**os.environ, **(env or {})},
                input=stdin,
                stdin=subprocess.DEVNULL if stdin is None else None,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise StepFailed(f"{words[0]} took over {timeout} s") from late
        except OSError as lacking:
            raise StepFailed(f"{words[0]}: {lacking.strerror}") from lacking
        self.note(done.stdout)
        if check and done.returncode != 0:
            raise StepFailed(f"{words[0]} ended with {done.returncode}")
        return done

    def build_tree(self, folder, *options, source=None, target=None):
        """Configures and builds with CMake; returns the folder."""
        where = self.build / folder
        self.run("cmake", "-S", source or self.source, "-B", where, *options)
        targets = ["--target", target] if target else []
        self.run("cmake", "--build", where, "-j", self.jobs, *targets)
        return where


def is_there(probe):
    """Whether a command is on the PATH, or a file (the path may have wildcards) exists."""
    if "/" in probe:
        return any(pathlib.Path("/").glob(probe.lstrip("/")))
    return shutil.which(probe) is not None
