"""The conditional jumps of the compiled library, and how each is made to lie.

gcc's assembly gets a label at each conditional jump, and all labels are kept in a section
of their own, which says where the linked library has each jump. There the machine code is
overwritten as if the assembly had said nothing (never), or jmp (always): a mutant costs no
more than a copy of the file."""

import dataclasses
import pathlib
import re
import struct

import context

SECTION = ".nanvm_jumps"
JUMP = re.compile(r"\t(j(?!mp\b)[a-z]+)\t")
FUNCTION = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\.[a-z0-9.]+)?:$")
FILE = re.compile(r'\t\.file (\d+) "([^"]+)"(?: "([^"]+)")?')
PLACE = re.compile(r"\t\.loc (\d+) (\d+) ")

NEVER_SHORT, NEVER_NEAR = b"\x66\x90", b"\x66\x0f\x1f\x44\x00\x00"  # that do nothing
JMP_SHORT, JMP_NEAR = b"\xeb", b"\x90\xe9"


@dataclasses.dataclass(frozen=True)
class Jump:
    """A conditional jump. Line numbers change, so they are no part of its name."""

    unit: str  # the stem of the file that was compiled
    file: str  # of the source line, as inlining may bring it from a header
    function: str  # that it was compiled into
    text: str  # of the source line
    code: str  # of the condition: je, ja ...
    ordinal: int  # among those that are alike so far
    line: int = dataclasses.field(compare=False)

    def name(self, mutation):
        """How a mutant is called in equivalent.txt."""
        words = (self.unit, self.function, self.file, self.text)
        return " | ".join((*words, f"{self.code} {self.ordinal} {mutation}"))


class Unit:
    """A translation unit's assembly, as it is read."""

    def __init__(self, source, text, root):
        self.source = source
        self.root = root
        self.files = {}
        self.place = ("?", 0)
        self.function = "?"
        self.seen = {}
        self.jumps = []
        self.text = "".join(f"{line}\n" for line in self.labelled(text))

    def labelled(self, text):
        """The lines, with a label in front of each conditional jump, and then the table."""
        for line in text.splitlines():
            self.note(line)
            jump = JUMP.match(line)
            if jump:
                yield f".Lnanvm_jump{len(self.jumps)}:"
                self.jumps.append(self.jump(jump[1]))
            yield line
        yield f'\t.section {SECTION},"",@progbits'
        for number in range(len(self.jumps)):
            yield f"\t.quad .Lnanvm_jump{number}"

    def note(self, line):
        """Keeps track of where in the source the assembly is."""
        if found := FILE.match(line):
            self.files[found[1]] = pathlib.Path(found[2], found[3] or "")
        elif found := PLACE.match(line):
            self.place = self.files[found[1]], int(found[2])
        elif found := FUNCTION.match(line):
            self.function = found[1]

    def jump(self, code):
        """The jump that is at hand."""
        path, number = self.place
        text = " ".join(path.read_text().split("\n")[number - 1].split())
        file = path.relative_to(self.root).as_posix()
        alike = (file, self.function, text, code)
        self.seen[alike] = self.seen.get(alike, 0) + 1
        return Jump(self.source.stem, *alike, self.seen[alike], number)


class Library:
    """The linked library, and where its jumps are in the file."""

    def __init__(self, path, jumps, addresses):
        self.code = path.read_bytes()
        self.offsets = {
            jump: self.offset(address) for jump, address in zip(jumps, addresses, strict=True)
        }

    def offset(self, address):
        """Where the file has what is loaded at that address."""
        (headers,) = struct.unpack_from("<Q", self.code, 32)
        size, count = struct.unpack_from("<HH", self.code, 54)
        for number in range(count):
            header = struct.unpack_from("<IIQQQQ", self.code, headers + number * size)
            kind, _, offset, begin, _, length = header
            if kind == 1 and begin <= address < begin + length:
                return address - begin + offset
        raise context.StepFailed(f"nothing is loaded at {address:#x}")

    def mutated(self, jump, mutation):
        """The bytes of the library in which the jump is taken always or never."""
        at = self.offsets[jump]
        code = self.code
        if 0x70 <= code[at] <= 0x7F:
            never, always, rest = NEVER_SHORT, JMP_SHORT, code[at + 1 : at + 2]
        elif code[at] == 0x0F and 0x80 <= code[at + 1] <= 0x8F:
            never, always, rest = NEVER_NEAR, JMP_NEAR, code[at + 2 : at + 6]
        else:
            raise context.StepFailed(f"{jump} isn't where it should be")
        new = never if mutation == "never" else always + rest
        return code[:at] + new + code[at + len(new) :]
