"""Which programs of tests come to which lines of the library, by gcov: the others can't notice
a mutant there, and needn't run.

A line without code of its own, such as the rest of a statement, is reached by whoever reaches
its function; what is outside of functions, by everybody. A program that forks always counts:
a child that is stopped leaves nothing behind."""

import collections
import json
import os
import shutil
import subprocess

import builds
import context
import suite

FLAGS = ("-O0", *builds.SHARED[1:], "--coverage")
READER = "gcov-12"
FORKS = ("run_in_child(", "fork()")


class Reach:
    """What each program of a build reaches."""

    def __init__(self, build):
        self.programs = build.programs
        self.lines = collections.defaultdict(set)  # (file, line): programs
        self.functions = collections.defaultdict(set)  # (file, name): programs
        built = suite.Suite(
            build.work, f"{build.word}-reach", builds.COMPILER, (*FLAGS, *build.flags)
        )
        built.where.mkdir(parents=True, exist_ok=True)
        objects = built.each(lambda source: self.compile(build, built, source), built.library())
        built.link(builds.LIBRARY, "-shared", *objects, build.known)
        sources = dict(zip(build.programs, built.tests()))
        self.forking = {each for each in build.programs if self.forks(sources[each])}
        counted = built.each(lambda each: self.count(built, each), build.programs)
        for program, reports in zip(build.programs, counted):
            for report in reports:
                self.add(program, report)

    def forks(self, source):
        """Whether a file of tests has children."""
        text = source.read_text()
        return any(word in text for word in FORKS)

    def compile(self, build, built, source):
        """Compiles a unit so that it counts."""
        output = built.where / f"{source.stem}.o"
        words = build.words_for(source)
        build.work.run(*built.command(source, *words), "-c", "-o", output, cwd=built.where)
        return output

    def count(self, built, program):
        """What gcov says after a run of a program, a report a unit."""
        where = built.where / f"{program.name}-counts"
        shutil.rmtree(where, ignore_errors=True)  # those of other sources
        env = {
            **os.environ,
            "LD_LIBRARY_PATH": str(built.where),
            "NANVM_TEST_SCALE": "50",
            "GCOV_PREFIX": str(where),
        }
        done = subprocess.run([program], env=env, capture_output=True, check=False, cwd=built.where)
        if done.returncode != 0:
            raise context.StepFailed(f"{program.name} fails where lines are counted")
        counts = sorted(where.rglob("*.gcda"))
        for path in counts:  # gcov looks for both side by side
            note = built.where / f"{path.stem}.gcno"
            path.with_suffix(".gcno").write_bytes(note.read_bytes())
        words = [READER, "--json-format", "--stdout", *map(str, counts)]
        said = subprocess.run(words, capture_output=True, text=True, check=True, cwd=where).stdout
        return [json.loads(line) for line in said.splitlines() if line.strip()]

    def add(self, program, report):
        """Remembers what a program reached."""
        for file in report["files"]:
            name = file["file"]
            if not name.startswith(str(context.SOURCE)):
                continue
            name = name.removeprefix(f"{context.SOURCE}/")
            for line in file["lines"]:
                reached = self.lines[name, line["line_number"]]
                if line["count"] > 0:
                    reached.add(program)
                    self.functions[name, line.get("function_name", "-")].add(program)

    def of(self, mutant):
        """The programs that a mutant may matter to."""
        found = self.lines.get((mutant.file, mutant.line))
        if found is None:
            found = self.functions.get((mutant.file, mutant.function), self.programs)
        return self.forking | set(found)
