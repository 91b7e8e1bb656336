"""Trees of expression.py as SMT-LIB terms over bit vectors: those of C as the compiler
takes them, with its widths and conversions, those of contracts over whole numbers.

A value is (term, bits, is signed, bytes of what it points to); a truth has 0 bits."""

import re

from context import StepFailed

COMPARE = {
    "<": ("bvult", "bvslt"), "<=": ("bvule", "bvsle"),
    ">": ("bvugt", "bvsgt"), ">=": ("bvuge", "bvsge"),
}  # fmt: skip
ARITHMETIC = {
    "+": "bvadd", "-": "bvsub", "*": "bvmul", "&": "bvand", "|": "bvor", "^": "bvxor",
    "/": ("bvudiv", "bvsdiv"), "%": ("bvurem", "bvsrem"),
    "<<": "bvshl", ">>": ("bvlshr", "bvashr"),
}  # fmt: skip


def number(value, bits):
    """A number as a vector."""
    return f"(_ bv{value % (1 << bits)} {bits})"


def power_of_two(term):
    """The number, if the term is one that is a power of two; else 0."""
    found = re.fullmatch(r"\(_ bv(\d+) \d+\)", term)
    value = int(found[1]) if found else 0
    return value if value & (value - 1) == 0 else 0


def remainder(term, divisor, bits):
    """By a power of two: a mask, which z3 is better at than at division."""
    mask = number(divisor - 1, bits)
    below = f"(bvneg (bvand (bvneg {term}) {mask}))"
    return f"(ite (bvslt {term} {number(0, bits)}) {below} (bvand {term} {mask}))"


def resized(value, bits):
    """The vector of a value with another number of bits: cut, or extended by its sign."""
    term, old, signed, _ = as_vector(value, bits)
    literal = re.fullmatch(r"\(_ bv(\d+) \d+\)", term)
    if literal and (not signed or int(literal[1]) < 1 << (old - 1)):
        return number(int(literal[1]), bits)
    if bits == old:
        return term
    if bits < old:
        return f"((_ extract {bits - 1} 0) {term})"
    return f"((_ {'sign' if signed else 'zero'}_extend {bits - old}) {term})"


def as_vector(value, bits):
    """A truth as 0 or 1."""
    if value[1] != 0:
        return value
    return (f"(ite {value[0]} {number(1, bits)} {number(0, bits)})", bits, False, 0)


def as_truth(value):
    """Whether a value isn't 0."""
    if value[1] == 0:
        return value[0]
    return f"(not (= {value[0]} {number(0, value[1])}))"


def truth(term):
    """A value that is true or false."""
    return (term, 0, False, 0)


class Reading:
    """What names mean, and how wide things are."""

    def __init__(self, width, names, constants, functions, sizes):
        self.width = width  # of an address
        self.names = names  # name: value
        self.constants = constants  # name: number
        self.functions = functions  # name: what makes a value of values
        self.sizes = sizes  # type: bytes

    def size_of(self, name):
        """Bytes of a type."""
        if name.endswith("*") or name in ("size_t", "uintptr_t"):
            return self.width // 8
        return self.sizes[name]

    def name(self, tree):
        """A variable or a constant."""
        if tree[1] in ("NULL", "\\null"):
            return self.whole_number(0)
        if tree[1] in self.names:
            return self.names[tree[1]]
        if tree[1] in self.constants:
            return self.whole_number(self.constants[tree[1]])
        raise StepFailed(f"nobody says what {tree[1]} is")

    def value(self, tree):
        """The value of a tree."""
        kind = tree[0]
        if kind == "value":
            return tree[1]
        if kind == "name":
            return self.name(tree)
        if kind == "number":
            return self.literal(tree[1])
        if kind == "sizeof":
            return self.size(self.size_of(tree[1]))
        if kind == "?":
            return self.choice(*(self.value(one) for one in tree[1:]))
        if kind == "call":
            return self.call(tree[1], [self.value(one) for one in tree[2:]])
        if kind == "cast":
            return self.cast(tree[1], self.value(tree[2]))
        if kind.startswith("unary"):
            return self.unary(kind[5:], self.value(tree[1]))
        return self.binary(kind, self.value(tree[1]), self.value(tree[2]))

    def call(self, name, arguments):
        """A function that is known."""
        if name not in self.functions:
            raise StepFailed(f"nobody says what {name}() is")
        return self.functions[name](self, *arguments)

    def unary(self, sign, value):
        """A sign in front."""
        if sign == "!":
            return truth(f"(not {as_truth(value)})")
        value = self.promoted(value)
        return (f"({'bvnot' if sign == '~' else 'bvneg'} {value[0]})", *value[1:])

    def logic(self, sign, left, right):
        """&& and its like; None for any other."""
        word = {"&&": "and", "||": "or", "==>": "=>", "<==>": "="}.get(sign)
        return word and truth(f"({word} {as_truth(left)} {as_truth(right)})")

    def binary(self, sign, left, right):
        """Two values and what is between them."""
        found = self.logic(sign, left, right) or self.moved(sign, left, right)
        if found:
            return found
        if left[3] and right[3] and sign == "==":  # addresses
            return truth(f"(= {resized(left, self.width)} {resized(right, self.width)})")
        left, right, bits, signed = self.alike(sign, left, right)
        if sign in ("==", "!="):
            same = f"(= {left} {right})"
            return truth(same if sign == "==" else f"(not {same})")
        if sign in COMPARE:
            return truth(f"({COMPARE[sign][signed]} {left} {right})")
        if sign == "%" and signed and power_of_two(right):
            return (remainder(left, power_of_two(right), bits), bits, signed, 0)
        word = ARITHMETIC[sign]
        word = word if isinstance(word, str) else word[signed]
        return (f"({word} {left} {right})", bits, signed, 0)

    def moved(self, sign, left, right):
        """A pointer some elements further; None for any other sum."""
        if sign not in ("+", "-") or not left[3] or right[3]:
            return None
        step = f"(bvmul {resized(right, left[1])} {number(left[3], left[1])})"
        return (f"({ARITHMETIC[sign]} {left[0]} {step})", *left[1:])


class Code(Reading):
    """As a compiler takes them."""

    def whole_number(self, value):
        """An int."""
        return (number(value, 32), 32, True, 0)

    def size(self, value):
        """A size_t."""
        return (number(value, self.width), self.width, False, 0)

    def literal(self, word):
        """A number of C: an int, unless it says otherwise."""
        digits = re.match(r"0x[0-9A-Fa-f]+|\d+", word)[0]
        value = int(digits, 0)
        unsigned = word[len(digits):].lower().startswith("u") or value > 0x7FFFFFFF
        return (number(value, 32), 32, not unsigned, 0)

    def promoted(self, value):
        """At least an int."""
        return as_vector(value, 32) if value[1] else (as_vector(value, 32)[0], 32, True, 0)

    def alike(self, sign, left, right):
        """Both of one type: the wider, and unsigned if either is. A shift keeps its own."""
        left, right = self.promoted(left), self.promoted(right)
        if sign in ("<<", ">>"):
            return left[0], resized(right, left[1]), left[1], left[2]
        bits = max(left[1], right[1])
        signed = all(one[2] or one[1] < bits for one in (left, right))
        return resized(left, bits), resized(right, bits), bits, signed

    def choice(self, condition, yes, no):
        """? :"""
        if yes[1] == 0 and no[1] == 0:
            return truth(f"(ite {as_truth(condition)} {yes[0]} {no[0]})")
        yes_term, no_term, bits, signed = self.alike("?", yes, no)
        return (f"(ite {as_truth(condition)} {yes_term} {no_term})", bits, signed, 0)

    def cast(self, name, value):
        """To another type."""
        if name == "bool":
            return truth(as_truth(value))
        if name.endswith("*"):
            element = name[:-1].strip()
            size = 1 if element == "void" else self.size_of(element)
            return (resized(value, self.width), self.width, False, size)
        bits = 8 * self.size_of(name)
        return (resized(value, bits), bits, name in ("int32_t",), 0)


class Contract(Reading):
    """Over whole numbers: so wide that nothing in a contract overflows."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.bits = 2 * self.width + 8

    def whole_number(self, value):
        """Any number."""
        return (number(value, self.bits), self.bits, True, 0)

    size = whole_number

    def name(self, tree):
        """A number is made as wide as all others."""
        value = super().name(tree)
        return value if value[1] == 0 else (resized(value, self.bits), self.bits, True, value[3])

    def literal(self, word):
        """A number."""
        return self.whole_number(int(re.match(r"0x[0-9A-Fa-f]+|\d+", word)[0], 0))

    def promoted(self, value):
        """Truths are numbers where they are added."""
        return as_vector(value, self.bits)

    def alike(self, sign, left, right):
        """They are all of one type."""
        return self.promoted(left)[0], self.promoted(right)[0], self.bits, True

    def choice(self, condition, yes, no):
        """? :"""
        if yes[1] == 0:
            return truth(f"(ite {as_truth(condition)} {yes[0]} {no[0]})")
        return (f"(ite {as_truth(condition)} {yes[0]} {no[0]})", self.bits, True, 0)

    def cast(self, name, value):
        """A pointer to something is the same address; numbers are what they are."""
        if name.endswith("*"):
            element = name[:-1].strip()
            size = 1 if element == "void" else self.size_of(element)
            return (value[0], value[1], True, size)
        return (*value[:3], 0)
