# ruff: noqa: E501 (tables of code, several a line)
"""A grammar of writes into tensors: random modules of rank 1 to 5 that know what they are.

`writings()` draws a `Writing`: a module, the shapes it runs on, and ``why_not``, what stands against
an exact equivalent without writes. Nothing stands against it, by construction, where

- the written tensor is made inside ``forward``, and no other name, container, attribute, closure,
  view or argument sees its storage when it is written or later;
- its rank stands in the source (a shape that is unpacked, a view with sizes, a layer of known
  rank), and so does every size that a written region depends on: bounds are literals within a
  literal size, ``0``, ``1``, ``-1``, or a size or its half; a step divides a size that is a literal,
  or stated as a multiple of it;
- the index is of integers, slices, ``None`` and ``...``, or one mask computed from a tensor of the
  same shape;
- the value is a scalar, or a tensor whose sizes are those of the region or 1;
- the statement stands in the body of ``forward`` itself, in a ``for`` over ``range``, ``enumerate``
  or ``zip`` whose number of rounds is a literal or that runs along a whole axis, or there under an
  ``if`` on the loop's variable.

Everything else is drawn as well: it may be rewritten or declined, and must do what it did.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

PRELUDE = """\
import contextlib

import torch
import torch.nn as nn
import torch.nn.functional as F


def bump(t):
    t += 1
    return t


def put(t, v):
    t[:1] = v[:1]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv{dimensions}d(4, 4, 1)
        self.register_buffer("table", torch.zeros(4))
        self.kept = None

    def forward(self, x, y):
"""
NAMES = {1: "n", 2: "bc", 3: "bcw", 4: "bchw", 5: "bcdhw"}
SIZES = {"c": 4, "d": 2, "h": 6, "w": 8}
FILLS = ["0", "0.0", "1", "0.5", "-2.0", "True", "float('inf')", "3"]
MAPS = ["{} * 2", "{} + 1", "F.relu({})", "{}.abs()", "-{}", "{}.clone()", "{} * 2 - {}", "torch.where({} > 0, {}, 0.5 * {})"]  # fmt: skip
CASTS = ["{}.double()", "{}.half()", "({} > 0)", "({} > 0).long()", "{}.float()"]


@dataclass
class Writing:
    """A module that writes into tensors.

    Attributes:
        text: its source.
        shapes: of its two inputs, at each batch size.
        why_not: what stands against an exact equivalent, if anything does.
        targets: what it is fixed for.
    """

    text: str
    shapes: tuple[tuple[int, ...], ...]
    why_not: tuple[str, ...]
    targets: tuple[str, ...]


TARGETS = (
    ("tensorrt-rtx-1.7", "tensorrt-11.4"),
    ("tensorrt-rtx-1.7+torchscript",),
    ("torch2trt-0.5",),
)


@dataclass
class Writer:
    """One module while it is drawn."""

    draw: st.DrawFn
    rank: int
    lines: list[str] = field(default_factory=list)
    against: set[str] = field(default_factory=set)
    literal: bool = False  # whether all sizes but the first are literals

    def one(self, options: Sequence[str]) -> str:
        """Any of these."""
        return self.draw(st.sampled_from(options))

    def chance(self, of: int) -> bool:
        """True once in ``of`` times."""
        return self.draw(st.integers(1, of)) == of

    def number(self, low: int, high: int) -> int:
        """A number of these, both included."""
        return self.draw(st.integers(low, high))

    def add(self, *lines: str) -> None:
        """Further statements."""
        self.lines += lines

    # -- sizes ------------------------------------------------------------------------------------

    @property
    def names(self) -> str:
        """The names of the sizes of x."""
        return NAMES[self.rank]

    def size(self, axis: int) -> str:
        """How the size of an axis is spelt."""
        name = self.names[axis]
        return str(SIZES.get(name, 4)) if self.known(axis) else name

    def known(self, axis: int) -> bool:
        """Whether it stands in the source as a number."""
        return self.literal and self.names[axis] != "b"

    def begin(self) -> None:
        """x and y of known rank, and the names of sizes; z is of the same shape, and fresh."""
        how = self.number(0, 3)
        sizes = ", ".join(self.names) + ("," if self.rank == 1 else "")
        if how == 0 and self.rank > 1:
            self.literal = True
            shape = ", ".join(str(SIZES[name]) for name in self.names[1:])
            view = self.one(["view(x.shape[0], {})", "reshape(x.shape[0], {})", "reshape(-1, {})"])
            self.add(f"b = x.shape[0]\nx = x.{view.format(shape)}", f"{sizes} = x.shape")
        elif how == 0:
            self.literal = True
            self.add("x = x.reshape(-1, 4).sum(0)", "n = 4")
        elif how == 1 and self.rank > 2:
            self.add("x = self.conv(x)", f"{sizes} = x.shape")
        else:
            self.add(f"{sizes} = x.shape" if self.chance(2) else f"{sizes} = x.size()")
        casts = ["x = x.float()", "x = x.double()", "x = x.half()", "x = torch.nan_to_num(x).clamp(-9, 9).long()", "x = x > 0", "x = x.transpose(-1, 0).contiguous().transpose(-1, 0)", "x = x.flip(-1)"]  # fmt: skip
        if self.chance(3):
            self.add(self.one(casts))
        self.add(f"y = {self.one(['x * 3 + 1', 'F.relu(x)', '-x', 'x.clone()'])}", "z = y * 2")
        if self.rank > 1:
            self.add("k = c // 2")

    # -- tensors ----------------------------------------------------------------------------------

    def made(self, sizes: Sequence[str], like: bool) -> str:
        """A fresh tensor of these sizes, spelt in any way; ``like`` where they are those of x."""
        spelt = ", ".join(sizes)
        tuple_ = f"({spelt},)" if len(sizes) == 1 else f"({spelt})"
        fresh = [
            f"torch.zeros({spelt})", f"torch.zeros({tuple_})", f"x.new_zeros({spelt})", f"x.new_zeros({tuple_})",
            f"torch.zeros({spelt}, dtype=x.dtype, device=x.device)", f"torch.empty({spelt})", f"x.new_empty({tuple_})",
            f"torch.full({tuple_}, 0.5)", f"x.new_full({tuple_}, 2.0)", f"torch.ones({spelt})", f"x.new_ones({spelt})",
        ]  # fmt: skip
        same = [
            "torch.zeros_like(x)", "torch.empty_like(x)", "torch.ones_like(x)", "torch.full_like(x, 0.5)", "x.clone()",
            "y.clone()", "x * 1", "F.relu(x)", "x.new_zeros(x.shape)", "torch.zeros(x.shape)", "torch.zeros_like(y)",
        ]  # fmt: skip
        return self.one([*same, *fresh] if like else fresh)

    def source(self) -> str:
        """A tensor of the shape of x."""
        return self.one(["x", "x", "y", "z"])

    def value(self, index: str, out: str, last: bool) -> str:
        """What is written into the region of that index; ``last`` if the last axis is kept."""
        kind = self.number(0, 15)
        part = f"{self.source()}[{index}]"
        if kind < 6:
            return part
        if kind < 9:
            return self.mapped(part)
        if kind == 9:
            return self.one(FILLS)
        if kind == 10:
            return self.one(CASTS).format(part)
        if kind == 11:
            return f"{part} + {self.source()}[{index}]"
        if kind == 12:
            return f"{out}[{index}] + {part}" if self.chance(2) else f"{out}[{index}] * 2"
        if kind == 13:
            return f"{self.source()}.sum()"
        if kind == 14 and last:
            return f"{part}.sum(-1, keepdim=True)"
        if kind == 15 and self.chance(3):
            return self.one(
                [
                    f"bump(z)[{index}]",
                    f"{part}[None]",
                    f"(t := {part}) * 2 + t",
                    f"{part}.mul(2).relu_()",
                    f"z[{index}] if x.shape[0] > 1 else {part}",
                ]
            )
        return f"{part} * {self.one(['2', '0.5', '3'])}"

    def mapped(self, part: str) -> str:
        """Something of each element."""
        form = self.one(MAPS)
        return form.format(*[part] * form.count("{}"))

    # -- indices ----------------------------------------------------------------------------------

    def at(self, axis: int) -> str:
        """Any part of an axis."""
        size = self.size(axis)
        if self.known(axis):
            n = int(size)
            first = self.number(0, n - 1)
            last = self.number(first + 1, n)
            forms = [
                f"{first}:{last}",
                f"{first - n}:{last}",
                f"{first}:",
                f":{last}",
                f"{first}",
                f"{first - n}",
            ]
            if n % 2 == 0:
                forms += ["::2", "1::2", f"{first}:{last}:2"]
            return self.one(forms)
        if self.chance(12):
            self.against.add("bounds or steps that the source does not settle")
            return self.one(["::2", "1::2", "1:3", "2:", ":-2", "-2:"])
        half = f"{size} // 2"
        return self.one(
            ["0", "-1", "1:", ":-1", ":1", "-1:", f"{half}:", f":{half}", ":", f":{size}", "0:1"]
        )

    def index(self) -> tuple[str, bool]:
        """An index of x's shape, and whether the last axis is kept as one."""
        parts = [self.at(axis) if self.chance(2) else ":" for axis in range(self.rank)]
        if all(part == ":" for part in parts):
            axis = self.number(0, self.rank - 1)
            parts[axis] = self.at(axis)
        last = ":" in parts[-1]
        kept = list(parts)
        while len(parts) > 1 and parts[-1] == ":":
            parts.pop()
        if parts[0] == ":" and self.chance(5):
            first = next((i for i, part in enumerate(kept) if part != ":"), len(kept))
            return ", ".join(["...", *kept[first:]]), last
        if self.chance(25) and ":" in parts[0]:
            return ", ".join([parts[0], "None", *parts[1:]]), last
        return ", ".join(parts), last

    def on(self, axis: int, part: str) -> str:
        """The index that takes a part of one axis."""
        if axis == self.rank - 1 and axis > 0 and self.chance(3):
            return f"..., {part}"
        return ", ".join([":"] * axis + [part])

    def write(self, out: str, index: str, value: str) -> str:
        """One statement that writes."""
        kind = self.number(0, 19)
        if kind < 14:
            return f"{out}[{index}] = {value}"
        if kind < 16:
            return f"{out}[{index}] {self.one(['+=', '-=', '*='])} {value}"
        if kind == 16 and value[0] in "xyz":
            return f"{out}[{index}].copy_({value})"
        if kind == 17:
            return f"{out}[{index}].{self.one(['zero_()', 'fill_(0.5)', 'fill_(1)'])}"
        if kind == 18:
            return f"{out}[{index}].{self.one(['mul_(2)', 'add_(1)', 'clamp_(0, 1)'])}"
        return f"{out}[{index}] = {value}  # kept"

    # -- what happens in between ------------------------------------------------------------------

    def between(self, out: str) -> None:
        """Perhaps a statement that has nothing to do with it, or one that does."""
        if not self.chance(6):
            return
        if self.chance(2):
            harmless = ["y += 1", "z.mul_(2)", "z[:1] = 0", "{0} = {0} + {0}.flip(0)", "more = {0} * 2\nmore[:1] = {0}[:1]\nz = more", "{0}, z = {0} * 1, y", "x.add_(1)", "{0} = {0}.clone()", "q = F.relu(z)", "z = z + 1", "z += 1", "q = {0}.mean()", "{0} = {0} * 2", "m = x.shape[0]", "z = z * 1  # kept", "x = x + 0.5"]  # fmt: skip
            self.add(self.one(harmless).format(out))
            return
        if self.chance(6) and self.rank > 1:
            self.against.add("the name of a size is bound again")
            self.add(self.one(["k += 1", "c = c - 1", "b = b + 1", "c, b = b, c", "k = 0"]))
            return
        self.against.add("another name sees the storage")
        sees = ["view = {0}[:1]", "view = {0}", "other = [{0}]", "self.kept = {0}", "bump({0})", "f = lambda: {0}.sum()",
                "view = {0}.view(-1)", "for q in {0}:\n    q += 1", "other = ({0}, x)", "q = bump({0}[:1])", "view = {0}.detach()",
                "put({0}, y)", "view = torch.unbind({0})", "{0} += {0}.flip(0)\nview = {0}[..., :1]", "other = {{'a': {0}}}\nother['a'] += 1"]  # fmt: skip
        self.add(self.one(sees).format(out))


def indent(text: str) -> str:
    """A block's body."""
    return textwrap.indent(text, "    ")


Family = Callable[[Writer], str]


@st.composite
def writings(draw: st.DrawFn) -> Writing:
    """A module whose ``forward`` writes into a tensor."""
    from write_families import FAMILIES, block, returned

    rank = draw(st.sampled_from((1, 2, 3, 3, 4, 4, 4, 4, 5)))
    writer = Writer(draw, rank)
    writer.begin()
    writer.add("view = other = f = None")
    out = draw(st.sampled_from(FAMILIES))(writer)
    if writer.chance(10):
        block(writer)
    writer.add(f"return {returned(writer, out)}")
    body = "\n".join(writer.lines) + "\n"
    prelude = PRELUDE.replace("{dimensions}", str(min(max(rank - 2, 1), 3)))
    sizes = [{"b": batch, "n": 4 * batch, **SIZES} for batch in (1, 3)]
    targets = draw(st.sampled_from((0, 0, 0, 0, 0, 0, 1, 2)))
    return Writing(
        prelude + textwrap.indent(body, " " * 8),
        tuple(tuple(one[name] for name in NAMES[rank]) for one in sizes),
        tuple(sorted(writer.against)),
        TARGETS[targets],
    )
