"""The ABI: the public headers against the list that is recorded, and the rules for changing it.

tests/abi has both, and the tests of the rules, which run here, too: each shows abi.py headers
with one difference."""

import importlib.util
import re

from gates import gate

HERE = "tests/abi"


def load(context):
    """The module, which isn't in a package."""
    path = context.source / HERE / "abi.py"
    spec = importlib.util.spec_from_file_location("nanvm_abi", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def failures(context):
    """The tests of the rules that failed, and how many there are."""
    done = context.run("python3", context.source / HERE / "test_abi.py", check=False)
    found = [f"{name} fails" for name in re.findall(r"^(?:FAIL|ERROR): (\w+)", done.stdout, re.M)]
    tests = re.search(r"^Ran (\d+) tests", done.stdout, re.M)
    if done.returncode != 0 and not found:
        found = [f"test_abi.py ended with {done.returncode}"]
    return found, int(tests[1]) if tests else 0


def check(context):
    """The gate."""
    module = load(context)
    tree = module.Tree(context.source)
    try:
        found, entries = module.findings(tree)
    except module.AbiError as error:
        found, entries = [str(error)], 0
    failed, tests = failures(context)
    return gate.Outcome(
        f"ABI {tree.defined('NANVM_ABI')}", f"{HERE}/abi.py check",
        f"{entries} entries in {len(module.BUILDS)} builds; {tests} changes shown to it",
        found + failed)
