"""Masks, casts and sums that wrap: the contracts marked BITS, for every value that their
variables can have. The function's text and the contract's are read, and z3 is asked for
values with which the contract doesn't hold; there are none. Then it is asked the same of
the function with one sign or number changed: each clause has to notice some of these."""

import concurrent.futures
import dataclasses
import re

from context import StepFailed
from proofs import contracts, expression, shipped, vectors

SWAPS = {
    "+": "-", "-": "+", "&": "|", "|": "&", "^": "|", "<<": ">>", ">>": "<<", "*": "+", "<": "<=",
    "<=": "<", "==": "!=", "!=": "==", "&&": "||", "||": "&&", "~": "",
}  # fmt: skip
NARROW = {"origin": 32}  # members that aren't as wide as an address
SIZES = {"uint32_t": 4, "int32_t": 4, "nanvm_header": 8}


@dataclasses.dataclass
class Claim:
    """A clause of a contract: what was asked of it, and what came out."""

    function: str
    clause: str
    width: int
    questions: int
    holds: bool
    mutants: int = 0
    noticed: int = 0


def sizes(width):
    """Of what is pointed to."""
    return {**SIZES, "nanvm_origin": width // 4, "void": 1}


def constants(width):
    """Those of <stdint.h>."""
    return {
        "SIZE_MAX": (2**width - 1, width, False),
        "PTRDIFF_MAX": (2 ** (width - 1) - 1, width, True),
        "UINT32_MAX": (2**32 - 1, 32, False),
    }


def alignments(width):
    """All there are."""
    return [1 << bit for bit in range(width - 1)]


class Names(dict):
    """Variables, declared where they are first met; constants of the library."""

    def __init__(self, width, reading=None):
        super().__init__()
        self.width = width
        self.reading = reading
        for name, (value, bits, signed) in constants(width).items():
            self[name] = (vectors.number(value, bits), bits, signed, 0)
        self.declared = {}

    def declare(self, name, bits, signed=False, element=0):
        """A variable of any value."""
        self[name] = (f"|{name}|", bits, signed, element)
        self.declared[name] = bits

    def __contains__(self, name):
        if not super().__contains__(name):
            self.find(name)
        return True

    def find(self, name):
        """A member of something, or a constant."""
        member = re.search(r"(?:->|\.)(\w+)$", name)
        if member:
            self.declare(name, NARROW.get(member[1], self.width))
        else:
            self[name] = self.reading.value(expression.read(shipped.enumerator(name)))


def is_alignment(reading, value):
    """The predicate of contracts/layout.h."""
    same = [f"(= {value[0]} {vectors.number(one, value[1])})" for one in alignments(reading.width)]
    return vectors.truth(f"(or {' '.join(same)})")


def header_of(reading, value):
    """The macro of contracts/header.h."""
    return reading.value(("-", ("cast", "nanvm_header *", ("value", value)), ("number", "1")))


def likely(_, value):
    """What a compiler is told changes no value."""
    return value


FUNCTIONS = {
    "is_alignment": is_alignment,
    "\\valid_read": lambda *_: vectors.truth("true"),
    "NANVM_LIKELY": likely,
    "NANVM_UNLIKELY": likely,
    "UINT32_C": lambda _, value: (value[0], 32, False, 0),
}


def variable(names, kind, name):
    """Declares a parameter."""
    if kind in ("uint32_t", "int32_t", "nanvm_count"):
        names.declare(name, 32, kind != "uint32_t")
    elif kind.endswith("*"):
        element = kind[:-1].strip()
        names.declare(name, names.width, False, sizes(names.width).get(element, 1))
    elif kind in ("size_t", "uintptr_t"):
        names.declare(name, names.width)


def inline(name):
    """A function of the library as one of FUNCTIONS."""
    function = shipped.function(name)

    def apply(reading, *arguments):
        outer = reading.names
        reading.names = Names(reading.width, reading)
        for (_, own), value in zip(function.parameters, arguments):
            reading.names[own] = value
        value = result(reading, function.statements)
        reading.names = outer
        return value

    return apply


# Of contracts, whose functions have the same names for their parameters.
LOGIC = {
    "header_of": header_of,
    "items_end": lambda reading, *_: reading.value(
        expression.read("type->items_offset + type->item_size * length")
    ),
}


class Functions(dict):
    """Those above, and any of the library's."""

    def __contains__(self, name):
        if not super().__contains__(name):
            self[name] = inline(name)
        return True


class CodeReading(vectors.Code):
    """With names that are found when they are met."""

    def __init__(self, width):
        names = Names(width)
        super().__init__(width, names, {}, Functions(FUNCTIONS), sizes(width))
        names.reading = self


def result(reading, statements):
    """What statements return: declarations, and a `return` at the end."""
    for text in statements[:-1]:
        kind, name, value = re.match(r"(?:const )?(\w+ ?\*?) ?(\w+) = (.*)", text, re.DOTALL).groups()
        reading.names[name] = reading.cast(kind.strip(), reading.value(expression.read(value)))
    text = statements[-1]
    if not text.startswith("return "):
        raise StepFailed(f"no return: {text}")
    return reading.value(expression.read(text[len("return "):]))


class ContractReading(vectors.Contract):
    """With the variables of the function's text."""

    def __init__(self, code):
        super().__init__(code.width, code.names, {}, {**FUNCTIONS, **LOGIC}, sizes(code.width))


def declare(contract, width, align=None):
    """What reads the function's text, with its parameters declared; and one of its
    alignments fixed, if it has any."""
    code = CodeReading(width)
    for kind, name in shipped.function(contract.name).parameters:
        variable(code.names, kind, name)
    if align is not None:
        name = aligned(contract)
        code.names[name] = (vectors.number(align, width), width, False, 0)
        code.names.declared.pop(name, None)
    return code


def aligned(contract):
    """The name of the alignment that a contract requires; None if there is none."""
    found = [re.fullmatch(r"is_alignment\(([\w>.-]+)\)", one) for one in contract.requires]
    return next((one[1] for one in found if one), None)


def question(contract, width, clause, statements, align=None):
    """Asks z3 for values with which the clause doesn't hold."""
    code = declare(contract, width, align)
    reading = ContractReading(code)
    code.names["\\result"] = code.cast(contract.type, result(code, statements))
    given = [vectors.as_truth(reading.value(expression.read(one))) for one in contract.requires]
    wanted = vectors.as_truth(reading.value(expression.read(clause)))
    lines = [f"(declare-const |{name}| (_ BitVec {bits}))"
             for name, bits in code.names.declared.items()]
    lines += [f"(assert {one})" for one in (*given, f"(not {wanted})")]
    return "\n".join(("(push)", *lines, "(check-sat)", "(pop)"))


def mutants(statements):
    """The statements with one sign or number changed, in every way."""
    for at, text in enumerate(statements):
        head, tail = re.match(r"(return |.*?= )(.*)", text, re.DOTALL).groups()
        words = expression.tokens(tail)
        for place, word in enumerate(words):
            number = re.match(r"\d+$", word)
            other = str(int(word) + 1) if number else SWAPS.get(word)
            if other is not None:
                changed = head + " ".join((*words[:place], other, *words[place + 1 :]))
                yield [*statements[:at], changed, *statements[at + 1 :]]


def ask(context, name, questions):
    """z3's answers."""
    path = context.build / f"{name}.smt2"
    path.write_text("(set-logic QF_BV)\n" + "\n".join(questions))
    said = context.run("z3", "-T:300", path, check=False).stdout.split()
    if len(said) != len(questions):
        raise StepFailed(f"z3 has no answer to {name}: {' '.join(said)[:200]}")
    return said


def readable(contract, width, clause, statements, align):
    """A question about a mutant; None if the change makes no sense."""
    try:
        return question(contract, width, clause, statements, align)
    except (StepFailed, KeyError):
        return None


def check_clause(context, contract, number, width):
    """One clause of a contract, at one width."""
    clause, statements = contract.ensures[number], shipped.function(contract.name).statements
    every = alignments(width) if aligned(contract) else [None]
    asked = [question(contract, width, clause, statements, one) for one in every]
    name = f"{contract.name}_{number}_{width}"
    held = ask(context, name, asked)
    some = 64 if aligned(contract) else None
    changed = [readable(contract, width, clause, each, some) for each in mutants(statements)]
    changed = [one for one in changed if one]
    noticed = ask(context, f"{name}_mutants", changed).count("sat") if changed else 0
    return Claim(contract.name, clause, width, len(asked), set(held) == {"unsat"},
                 len(changed), noticed)


def check_all(context):
    """All of them, at both widths."""
    work = [(each, number, width) for each in contracts.everything() if each.by == "BITS"
            for number in range(len(each.ensures)) for width in (64, 32)]
    with concurrent.futures.ThreadPoolExecutor(context.jobs) as pool:
        return list(pool.map(lambda one: check_clause(context, *one), work))
