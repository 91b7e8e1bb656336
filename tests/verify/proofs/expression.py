"""Expressions of C and of its contracts, read into trees.

A tree is a tuple: its operator, and below it what that works on. Names of members are
names like any other: `type->size`, `layout.align`."""

import re

from context import StepFailed

TOKEN = re.compile(
    r"\s*(?:(?P<number>0x[0-9A-Fa-f]+|\d+)(?:[uUlL]*)"
    r"|(?P<name>\\?[A-Za-z_]\w*(?:(?:->|\.)[A-Za-z_]\w*)*)"
    r"|(?P<sign><==>|==>|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^~!<>?:(),]))"
)

# What binds stronger has a greater number; comparisons may stand in a chain.
BINARY = {
    "<==>": 1, "==>": 2, "||": 4, "&&": 5, "|": 6, "^": 7, "&": 8, "==": 9, "!=": 9,
    "<": 10, "<=": 10, ">": 10, ">=": 10, "<<": 11, ">>": 11, "+": 12, "-": 12,
    "*": 13, "/": 13, "%": 13,
}  # fmt: skip
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
TYPES = {
    "size_t", "uintptr_t", "uint32_t", "int32_t", "bool", "void", "unsigned", "char",
    "nanvm_header", "nanvm_origin", "nanvm_pool", "nanvm_chunk", "nanvm_length",
}  # fmt: skip

# Macros that cast; to a type of their own, if there is a name.
CASTS = {"NANVM_TO": "", "NANVM_BITS_TO": "", "NANVM_ADDRESS": "uintptr_t", "NANVM_UNCONST": "void *"}


def tokens(text):
    """The words of an expression; unsigned numbers of C keep their suffix."""
    found, at = [], 0
    text = text.strip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise StepFailed(f"can't be read: {text[at:at + 40]}")
        found.append(match[0].strip())
        at = match.end()
    return found


class Reader:
    """Reads one expression."""

    def __init__(self, text):
        self.words = tokens(text)
        self.at = 0

    def peek(self):
        """The next word; empty at the end."""
        return self.words[self.at] if self.at < len(self.words) else ""

    def take(self, expected=None):
        """Goes on, over a word that has to be there."""
        word = self.peek()
        if expected is not None and word != expected:
            raise StepFailed(f"'{expected}' expected, not '{word}', in {' '.join(self.words)}")
        self.at += 1
        return word

    def whole(self):
        """The tree of everything."""
        tree = self.conditional()
        self.take("")
        return tree

    def conditional(self):
        """With `? :`, which binds least."""
        tree = self.binary(1)
        if self.peek() != "?":
            return tree
        self.take()
        yes = self.conditional()
        self.take(":")
        return ("?", tree, yes, self.conditional())

    def binary(self, least):
        """Operators that bind as strong as `least`, or stronger."""
        left = self.unary()
        while BINARY.get(self.peek(), 0) >= least:
            sign = self.take()
            right = self.binary(BINARY[sign] + 1)
            left = self.joined(sign, left, right)
        return left

    def joined(self, sign, left, right):
        """`a <= b < c` is `a <= b && b < c`, if a contract says so; C has no use for it."""
        chained = left[0] in COMPARISONS or (left[0] == "&&" and left[-1] == "chain")
        if sign not in COMPARISONS or not chained or BINARY[sign] != 10:
            return (sign, left, right)
        last = left if left[0] in COMPARISONS else left[2]
        return ("&&", left, (sign, last[2], right), "chain")

    def unary(self):
        """Signs in front, casts, calls, names and numbers."""
        word = self.take()
        if word in ("-", "~", "!", "*", "&"):
            return ("unary" + word, self.unary())
        if word == "(":
            return self.cast_or_group()
        if word == "sizeof":
            self.take("(")
            return ("sizeof", self.type_name())
        if re.match(r"\d", word):
            return ("number", word)
        if self.peek() == "(" and word not in ("\\result",):
            return self.call(word)
        return ("name", word)

    def type_name(self):
        """The words of a type, up to the bracket behind."""
        words = []
        while self.peek() != ")":
            words.append(self.take())
        self.take(")")
        return " ".join(word for word in words if word != "const")

    def cast_or_group(self):
        """What a bracket opens."""
        if self.peek() in TYPES or self.peek() == "const":
            name = self.type_name()
            return ("cast", name, self.unary())
        tree = self.conditional()
        self.take(")")
        return tree

    def call(self, name):
        """A function and its arguments, or a macro of <nanvm/mem/inline/macros.h> that casts."""
        self.take("(")
        if name in CASTS:
            return self.cast_by_macro(CASTS[name])
        arguments = []
        while self.peek() != ")":
            arguments.append(self.conditional())
            if self.peek() == ",":
                self.take()
        self.take(")")
        return ("call", name, *arguments)

    def cast_by_macro(self, type_name):
        """What is in its brackets: the value, behind the type unless the macro knows that."""
        words = []
        while not type_name and self.peek() != ",":
            words.append(self.take())
        if words:
            self.take(",")
        name = type_name or " ".join(word for word in words if word != "const")
        tree = self.conditional()
        self.take(")")
        return ("cast", name, tree)


def read(text):
    """The tree of an expression."""
    return Reader(text).whole()
