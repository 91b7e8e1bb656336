#!/usr/bin/env python3
"""What abi.py refuses and what it doesn't, shown with copies of the headers that differ.

  test_abi.py NAME...  runs the tests of these names; without names, all"""

import pathlib
import re
import shutil
import sys
import tempfile
import unittest

import abi

RELEASED = "# versions\n0.1.0 1 none\n"


class Case(unittest.TestCase):
    """A copy of what abi.py reads, with its list recorded."""

    # One kind of build on one kind of machine, unless a test is about the others.
    builds = ("usual",)
    machines = ("64",)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = abi.Tree(pathlib.Path(folder.name), self.builds, self.machines)
        shutil.copytree(abi.SOURCE / "include", self.tree.source / "include")
        self.tree.recorded_path.parent.mkdir(parents=True)
        self.write("CHANGELOG.md", "## [Unreleased]\n## [0.1.0]\n")
        self.write("tests/abi/releases.txt", RELEASED)
        self.version("0.2.0", 2)
        self.assertEqual(abi.record(self.tree), [])

    def write(self, name, text):
        """Another text for a file."""
        (self.tree.source / name).write_text(text)

    def version(self, version, number):
        """Another version, and number of the ABI."""
        path = self.tree.source / abi.CONFIG
        text = re.sub(r'(NANVM_VERSION )"[^"]*"', rf'\1"{version}"', path.read_text())
        path.write_text(re.sub(r"(#define NANVM_ABI )\d+", rf"\g<1>{number}", text))

    def edit(self, header, old, new):
        """Replaces a text that stands in a header once."""
        path = self.tree.source / "include" / "nanvm" / "mem" / header
        text = path.read_text()
        self.assertEqual(text.count(old), 1, f"{header} has {old}")
        path.write_text(text.replace(old, new))

    def publish(self, version):
        """Makes it a release."""
        self.write("CHANGELOG.md", f"## [Unreleased]\n## [{version}]\n## [0.1.0]\n")
        self.assertEqual(abi.release(self.tree), [])

    def change(self):
        """Some change of the ABI."""
        self.edit("count.h", "NANVM_COUNT_PLAIN = 0,", "NANVM_COUNT_PLAIN = 7,")

    def assert_found(self, *words):
        """That a finding has all these words."""
        found = abi.check(self.tree)
        self.assertTrue(any(all(word in each for word in words) for each in found), found)

    def assert_accepted(self):
        """That there is nothing to find."""
        self.assertEqual(abi.check(self.tree), [])


class Changes(Case):
    """What a change of the ABI is."""

    def test_refuses_another_constant(self):
        self.change()
        self.assert_found("constant NANVM_COUNT_PLAIN: 0, now 7")

    def test_refuses_another_place_of_a_constant(self):
        self.edit("dealloc.h", "NANVM_REF_COUNTER_ADD,  ", "NANVM_REF_COUNTER_ADD = 1, ")
        self.assert_found("constant NANVM_REF_COUNTER_READ: 1, now 2")

    def test_refuses_another_number_behind_a_macro(self):
        self.edit("stats.h", "define NANVM_STATS_VERSION 1", "define NANVM_STATS_VERSION 2")
        self.assert_found("macro NANVM_STATS_VERSION: 1, now 2")

    def test_refuses_another_member(self):
        self.edit("layout.h", "typedef struct nanvm_layout {",
                  "typedef struct nanvm_layout { int more;")
        self.assert_found("struct nanvm_layout: size 16 align 8, now size 24 align 8")
        self.assert_found("struct nanvm_layout.more: absent, now 0 int")
        self.assert_found("struct nanvm_layout.size: 0 size_t, now 8 size_t")

    def test_refuses_another_type_of_a_member(self):
        self.edit("layout.h", "    size_t size;  /", "    int64_t size;  /")
        self.assert_found("struct nanvm_layout.size: 0 size_t, now 0 int64_t")

    def test_refuses_another_inline_body(self):
        self.edit("inline/ref.h", "return a.object == b.object;", "return a.object != b.object;")
        self.assert_found("body nanvm_ref_same")

    def test_refuses_another_number_in_an_inline_body(self):
        self.edit("inline/drop.h", "word, count - 1);\n        } else if (count != N",
                  "word, count - 2);\n        } else if (count != N")
        self.assert_found("body nanvm_ref_drop:")

    def test_refuses_another_call_in_an_inline_body(self):
        self.edit("inline/scoped.h", "nanvm_ref_drop(nanvm_ref_move(self));",
                  "nanvm_ref_drop(*self);")
        self.assert_found("body nanvm_ref_cleanup")

    def test_refuses_another_type_in_an_inline_body(self):
        self.edit("inline/block.h", "NANVM_TO(uintptr_t, self->origin) * sizeof(void *)",
                  "NANVM_TO(uintptr_t, self->origin) * sizeof(int)")
        self.assert_found("body nanvm_header_origin")

    def test_refuses_another_body_from_a_macro(self):
        self.edit("inline/typed.h", "nanvm_mut_ref_drop_typed(self.untyped, &(table)); ",
                  "nanvm_mut_ref_drop(self.untyped);  ")
        self.assert_found("body probe_mut_ref_drop")

    def test_refuses_another_type_of_a_function(self):
        self.edit("mut_ref.h", "NANVM_API size_t nanvm_mut_ref_length(",
                  "NANVM_API unsigned nanvm_mut_ref_length(")
        self.assert_found("function nanvm_mut_ref_length", "now plain unsigned int")

    def test_refuses_a_function_that_is_new(self):
        self.edit("fatal.h", "NANVM_END_DECLS", "void nanvm_more(void);\nNANVM_END_DECLS")
        self.assert_found("function nanvm_more: absent, now plain void (void)")

    def test_refuses_a_function_that_is_gone(self):
        self.edit("fatal.h", "nanvm_fatal_handler *nanvm_fatal_set_handler(",
                  "nanvm_fatal_handler *nanvm_on_fatal(")
        self.assert_found("function nanvm_fatal_set_handler: plain", "now absent")

    def test_refuses_a_type_that_is_new(self):
        self.edit("fatal.h", "NANVM_BEGIN_DECLS",
                  "struct nanvm_more { int a; };\nNANVM_BEGIN_DECLS")
        self.assert_found("struct nanvm_more: absent, now size 4 align 4")

    def test_refuses_a_symbol_that_loses_its_number(self):
        self.edit("inline/symbols.h", "#define nanvm_local_init NANVM_SYMBOL_(local_init)\n", "")
        self.assert_found("function nanvm_local_init: numbered", "now plain")

    def test_refuses_a_call_in_programs_that_has_no_number(self):
        self.edit("inline/symbols.h",
                  "#define nanvm_drop_ref_cold NANVM_SYMBOL_(drop_ref_cold)\n", "")
        self.assert_found("nanvm_drop_ref_cold is called by code in programs")

    def test_refuses_a_macro_that_the_probe_does_not_use(self):
        self.edit("inline/typed.h", "#define NANVM_TYPED_CREATE_(",
                  "#define NANVM_MORE(name) static inline void name##_more(void) {}\n"
                  "#define NANVM_TYPED_CREATE_(")
        self.assert_found("<name>_more", "probe.c")

    def test_accepts_other_comments(self):
        for path in abi.headers(self.tree.source):
            text = re.sub(r"/\*.*?\*/", "/* So. */", path.read_text(), flags=re.S)
            path.write_text(text)
        self.assert_accepted()

    def test_accepts_other_white_space(self):
        for path in abi.headers(self.tree.source):
            in_macro, lines = False, []
            for line in path.read_text().splitlines():
                keep = in_macro or line.startswith("#")
                lines.append(line if keep else f"\n\t{line.strip()}".replace(" = ", "="))
                in_macro = keep and line.endswith("\\")
            path.write_text("\n".join(lines) + "\n")
        self.assert_accepted()

    def test_accepts_other_names_of_variables_and_parentheses(self):
        self.edit("inline/layout.h", "return (size + (align - 1)) & ~(align - 1);",
                  "return ((size + (align - 1)) & (~(align - 1)));")
        self.edit("inline/ref.h", "(nanvm_ref a, nanvm_ref b) {\n    return a.object == b.object;",
                  "(nanvm_ref x, nanvm_ref y) {\n    return x.object == y.object;")
        self.assert_accepted()

    def test_accepts_another_patch_version(self):
        self.version("0.2.1", 2)
        self.assert_accepted()


class Machines(Case):
    """On 32 bits, too."""

    machines = ("64", "32")

    def test_refuses_what_differs_on_32_bits_only(self):
        self.edit("layout.h", "    size_t size;  /", "    uint64_t size;  /")
        self.assert_found("struct nanvm_layout: size 8 align 4, now size 12 align 4 (usual 32 bits)")


class Hardened(Case):
    """In a hardened build, too."""

    builds = ("usual", "hardened")

    def test_refuses_what_differs_in_a_hardened_build_only(self):
        self.edit("inline/atomic.h", "    uint64_t checked;", "    uint64_t checked[2];")
        self.assert_found("struct nanvm_count_word: size 8 align 8, now size 16 align 8 (hardened 64 bits)")


class Rules(Case):
    """When the ABI may change."""

    def test_accepts_what_is_recorded(self):
        self.assert_accepted()

    def test_accepts_more_than_one_change_before_a_release(self):
        self.change()
        self.assert_found("abi.py record")
        self.assertEqual(abi.record(self.tree), [])
        self.edit("count.h", "NANVM_COUNT_ATOMIC = -1,", "NANVM_COUNT_ATOMIC = -2,")
        self.assertEqual(abi.record(self.tree), [])
        self.assert_accepted()

    def test_refuses_a_second_raise_before_a_release(self):
        self.change()
        self.version("0.2.0", 3)
        self.assertNotEqual(abi.record(self.tree), [])
        self.assert_found("NANVM_ABI is 3, and was 1 in 0.1.0", "raised once: 2")

    def test_refuses_a_number_below_that_of_the_release(self):
        self.publish("0.2.0")
        self.version("0.2.0", 1)
        self.assert_found("NANVM_ABI is 1, and was 2")

    def test_refuses_a_change_after_a_release_without_a_raise(self):
        self.publish("0.2.0")
        self.assert_accepted()
        self.version("0.3.0", 2)
        self.change()
        self.assert_found("Raise it to 3 in include/nanvm/mem/config.h")
        self.assert_found("constant NANVM_COUNT_PLAIN: 0, now 7")

    def test_does_not_record_a_change_without_a_raise(self):
        self.publish("0.2.0")
        before = self.tree.recorded_path.read_text()
        self.change()
        self.assertNotEqual(abi.record(self.tree), [])
        self.assertEqual(self.tree.recorded_path.read_text(), before)

    def test_accepts_a_change_after_a_release_with_a_raise(self):
        self.publish("0.2.0")
        self.change()
        self.version("0.3.0", 3)
        self.assertEqual(abi.record(self.tree), [])
        self.assert_accepted()

    def test_refuses_another_abi_in_a_patch_version(self):
        self.publish("0.2.0")
        self.change()
        self.version("0.2.1", 3)
        self.assert_found("Raise the minor version, too")

    def test_accepts_a_release_with_the_same_abi(self):
        self.publish("0.2.0")
        self.version("0.2.1", 2)
        self.publish("0.2.1")
        self.assert_accepted()

    def test_refuses_a_release_whose_list_is_not_kept(self):
        self.write("CHANGELOG.md", "## [Unreleased]\n## [0.2.0]\n")
        self.assert_found("CHANGELOG.md has 0.2.0, releases.txt only 0.1.0", "abi.py release")

    def test_does_not_release_what_is_not_recorded(self):
        self.change()
        self.write("CHANGELOG.md", "## [Unreleased]\n## [0.2.0]\n")
        self.assertNotEqual(abi.release(self.tree), [])
        self.assertEqual(self.tree.releases_path.read_text(), RELEASED)

    def test_does_not_release_twice(self):
        self.publish("0.2.0")
        self.assertNotEqual(abi.release(self.tree), [])

    def test_refuses_two_lists_under_one_number(self):
        self.publish("0.2.0")
        with self.tree.releases_path.open("a") as file:
            file.write("0.2.1 2 another\n")
        self.write("CHANGELOG.md", "## [0.2.1]\n")
        self.assert_found("releases.txt", "isn't that of 0.2.0")


def chosen(names):
    """The tests of these names, or all of them."""
    loader = unittest.defaultTestLoader
    found = [test for suite in loader.loadTestsFromModule(sys.modules[__name__]) for test in suite]
    return [test for test in found if not names or test.id().rpartition(".")[2] in names]


def main():
    """The program."""
    if not shutil.which(abi.CLANG):
        print(f"{abi.CLANG} is missing: the ABI isn't compared")
        return abi.SKIPPED
    tests = chosen(sys.argv[1:])
    if len(tests) < max(1, len(sys.argv) - 1):
        print("there is no such test")
        return 1
    result = unittest.TextTestRunner(verbosity=2).run(unittest.TestSuite(tests))
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
