#!/usr/bin/env python3
"""Tests of measure.py, with shell scripts in place of the programs."""

import contextlib
import io
import json
import os
import tempfile
import unittest
import unittest.mock

import measure
import pages
import results

tables = pages.tables

GOOD = 'printf "tree\\tns/object\\t%s\\ncheck\\t17\\n"'


class MeasureTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def script(self, subject, body):
        """A program of the workload tree."""
        path = self.path(f"bench_tree_{subject}")
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n" + body + "\n")
        os.chmod(path, 0o755)
        return {"workload": "tree", "subject": subject, "package": "", "program": path}

    def run_with(self, programs, *arguments):
        """(exit status, standard output, standard error)"""
        build = {"compiler": "", "flags": "", "programs": programs}
        with open(self.path("programs.json"), "w", encoding="utf-8") as file:
            json.dump(build, file)
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = measure.main(
                    ["--programs", self.path("programs.json"), "--rounds", "1", *arguments]
                )
            except SystemExit as end:
                status = end.code
        return status, out.getvalue(), err.getvalue()

    def test_ratio_is_that_of_the_goal(self):
        programs = [self.script("local", GOOD % 5), self.script("mimalloc", GOOD % 10)]
        status, out, _ = self.run_with(programs, "tree")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"tree +local ÷ mimalloc +0\.50 × +≤ 0\.55 × +met")
        self.assertIn("Fewer than 9 rounds", out)

    def test_subjects_have_plain_names(self):
        programs = [self.script("local", GOOD % 5), self.script("mimalloc_atomic", GOOD % 10)]
        status, out, _ = self.run_with(programs, "tree")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"\n  mimalloc, atomic count +10\.0")
        self.assertIn("÷ mimalloc, atomic count", out)

    def test_different_check_sums_are_refused(self):
        other = 'printf "tree\\tns/object\\t5\\ncheck\\t18\\n"'
        programs = [self.script("local", GOOD % 5), self.script("glibc", other)]
        status, out, err = self.run_with(programs, "tree")
        self.assertEqual(status, 1)
        self.assertIn("different check sums: local: 17; glibc: 18", err)
        self.assertNotIn("median", out)

    def test_a_check_sum_that_changes_is_a_failure(self):
        count = self.path("count")
        body = f'echo >>{count}; {GOOD % 5} | sed "s/17/$(wc -l <{count})/"'
        status, _, err = self.run_with([self.script("local", body)], "tree")
        self.assertEqual(status, 1)
        self.assertIn("check sum 2, and before it was 1", err)

    def test_a_crash_is_named_and_the_others_go_on(self):
        crash = "echo out of luck >&2; kill -SEGV $$"
        programs = [self.script("local", GOOD % 5), self.script("rust", crash)]
        status, out, err = self.run_with(programs, "tree")
        self.assertEqual(status, 1)
        self.assertIn("tree with rust: ended by SIGSEGV: out of luck", err)
        self.assertIn("tree with rust: failed", out)
        self.assertRegex(out, r"local +5\.00")

    def test_a_program_that_is_not_there_is_named(self):
        programs = [self.script("local", GOOD % 5)]
        os.remove(programs[0]["program"])
        status, _, err = self.run_with(programs, "tree")
        self.assertEqual(status, 1)
        self.assertIn("tree with local", err)
        self.assertIn("No such file", err)

    def test_what_was_not_built_is_reported(self):
        skipped = {"workload": "tree", "subject": "rust", "package": ""}
        skipped["skipped"] = "missing: rustc"
        status, out, _ = self.run_with([self.script("local", GOOD % 5), skipped], "tree")
        self.assertEqual(status, 0)
        self.assertIn("tree with rust: missing: rustc", out)

    def test_slow_programs_run_only_if_their_workload_is_named(self):
        programs = [self.script("local", GOOD % 5), self.script("rust", GOOD % 5)]
        settings = results.load_settings(measure.HERE)
        settings["slow"] = {"tree": ["rust"]}
        with unittest.mock.patch.object(results, "load_settings", lambda _: settings):
            _, whole, _ = self.run_with(programs)
            _, named, _ = self.run_with(programs, "tree")
        self.assertRegex(whole, r"tree with rust: .*`./run bench tree` includes it")
        self.assertNotRegex(whole, r"\n  rust +5\.00")
        self.assertRegex(named, r"\n  rust +5\.00")

    def test_a_program_without_its_data_is_skipped(self):
        lacking = "echo bench: skipped: no data >&2; exit 77"
        programs = [self.script("local", GOOD % 5), self.script("glibc", lacking)]
        status, out, _ = self.run_with(programs, "tree")
        self.assertEqual(status, 0)
        self.assertIn("tree with glibc: no data", out)

    def test_an_unknown_workload_is_a_usage_error(self):
        status, _, err = self.run_with([self.script("local", GOOD % 5)], "treee")
        self.assertEqual(status, measure.USAGE_ERROR)
        self.assertIn("there is no workload 'treee'; there are: tree scale", err)

    def test_the_guide_is_not_written_from_a_part(self):
        programs = [self.script("local", GOOD % 5)]
        status, _, _ = self.run_with(programs, "tree", "--docs", self.folder)
        self.assertEqual(status, measure.USAGE_ERROR)

    def test_the_guide_gets_the_goals_and_the_site_the_rows(self):
        os.makedirs(self.path("guides"))
        guide = self.path("guides/performance.md")
        with open(guide, "w", encoding="utf-8") as file:
            file.write("a\n<!-- goals -->\nold\n<!-- /goals -->\nb\n")
        programs = [self.script("local", GOOD % 5), self.script("mimalloc", GOOD % 10)]
        with unittest.mock.patch.object(measure.plots, "draw", lambda *_, **__: True):
            status, _, _ = self.run_with(programs, "--docs", self.folder)
        self.assertEqual(status, 0)
        with open(guide, encoding="utf-8") as file:
            text = file.read()
        goal = "| tree | local ÷ mimalloc | 0.50 × | ≤ 0.55 × | met |"
        self.assertRegex(text, r"(?s)^a\n<!-- goals -->\n\d+ of .*\n<!-- /goals -->\nb\n$")
        self.assertIn(goal, text)
        self.assertNotIn("old", text)
        head = ["subject", "median", "minimum", "÷ mimalloc"]
        cells = [["local", "5.00", "5.00", "0.50"], ["mimalloc", "10.0", "10.0", "1.00"]]
        rows = tables.read(self.folder, "performance", "rows")
        self.assertEqual(rows, ["**tree**, ns/object", tables.table(head, cells, (1, 2, 3))])

    def test_json_has_a_record_for_each_row_and_subject(self):
        path = self.path("results.json")
        programs = [self.script("local", GOOD % 5), self.script("mimalloc", GOOD % 10)]
        self.run_with(programs, "tree", "--rounds", "2", "--json", path)
        with open(path, encoding="utf-8") as file:
            records = {record["subject"]: record for record in json.load(file)}
        self.assertEqual(sorted(records), ["local", "mimalloc"])
        self.assertEqual(records["local"]["workload"], "tree")
        self.assertEqual(records["local"]["unit"], "ns/object")
        self.assertEqual(records["local"]["median"], 5)
        self.assertEqual(records["mimalloc"]["min"], 10)
        self.assertEqual(records["local"]["rounds"], 2)

    def test_figures_can_be_shown_again(self):
        path = self.path("results.json")
        programs = [self.script("local", GOOD % 5)]
        _, first, _ = self.run_with(programs, "tree", "--json", path)
        os.remove(programs[0]["program"])
        status, again, _ = self.run_with(programs, "--from", path)
        self.assertEqual(status, 0)
        tables = again[again.index("\ntree") :].rstrip()
        self.assertIn(tables, first)

    def test_scale_runs_each_size(self):
        body = 'printf "tree\\tns/object\\t$1\\ntree drop\\tns/object\\t1\\ncheck\\t1\\n"'
        status, out, _ = self.run_with([self.script("local", body)], "scale")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"scale tree, ns/object\n +objects +local\n +1,023 +10\.0")
        self.assertNotIn("scale tree drop", out)


class ResultsTest(unittest.TestCase):
    def test_a_ratio_is_taken_round_by_round(self):
        a = results.record("tree", "a", "ns", [1, 8, 3])
        b = results.record("tree", "b", "ns", [2, 2, 4])
        self.assertEqual(results.ratio(a, b), 0.75)

    def test_a_goal_is_judged_to_two_decimals(self):
        goal = {"row": "tree", "subject": "a", "at_most": 1.0}
        self.assertTrue(results.Outcome(goal, 1.004).met())
        self.assertFalse(results.Outcome(goal, 1.006).met())
        self.assertIsNone(results.Outcome(goal).met())

    def test_a_goal_says_the_plain_names(self):
        goal = {"row": "tree", "subject": "a", "base": "b_atomic", "at_most": 1.0}
        outcome = results.Outcome(goal, 1.0, {"b_atomic": "b, atomic count"})
        self.assertEqual(outcome.what(), "a ÷ b, atomic count")

    def test_a_shared_manager_is_ours_and_a_shared_ptr_is_not(self):
        self.assertEqual(results.kind_of("shared"), "ours")
        self.assertEqual(results.kind_of("typed_shared"), "ours")
        self.assertEqual(results.kind_of("shared_ptr"), "peer")

    def test_figures_have_digits_that_count(self):
        shown = [results.figure(v) for v in (0, 0.0123, 1.234, 56.78, 1234.5)]
        self.assertEqual(shown, ["0", "0.012", "1.23", "56.8", "1,234"])


class TablesTest(unittest.TestCase):
    def test_only_what_stands_between_the_marks_is_written_anew(self):
        guide = "a\n<!-- x -->\nold\n<!-- /x -->\nb"
        self.assertEqual(tables.replaced(guide, "x", "new"), guide.replace("old", "new"))

    def test_a_guide_without_the_marks_is_refused(self):
        with self.assertRaises(SystemExit):
            tables.replaced("a", "x", "new")

    def test_markdown_comes_back_from_the_data(self):
        lines = ["a", "", "b", "", "| x | y |", "| --- | ---: |", r"| `p \| q` | 1 |", "", "c"]
        parts = tables.from_markdown(lines)
        table = tables.table(["x", "y"], [["`p | q`", "1"]], [1])
        self.assertEqual(parts, ["a", "", "b", table, "c"])
        self.assertEqual(tables.to_markdown(parts), "\n".join(lines))

    def test_code_with_symbols_of_html_becomes_html(self):
        shown = tables.to_markdown(["`a && b_c` and `d < e`"])
        self.assertEqual(shown, r"<code>a &amp;&amp; b\_c</code> and `d < e`")


if __name__ == "__main__":
    unittest.main()
