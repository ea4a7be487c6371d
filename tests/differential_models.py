# ruff: noqa: E501 (tables of code, several a line)
"""Random models for ``test_differential.py``: writes, casts, creations and reshapes."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from hypothesis import strategies as st

PRELUDE = """\
import contextlib

import torch
import torch.nn as nn
import torch.nn.functional as F


def bump(t):
    t += 1
    return t


def peek(t):
    return t.sum()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.kept = None

    def forward(self, x, y):
"""


# (b, c, h, w) are the sizes of x. Likely choices stand several times.
FIRST = [
    "y = x * 2 + 1", "x = self.conv(x)\ny = x * 2 + 1", "x = self.conv(x)\ny = F.relu(x)",
    "x = self.conv(x)\ny = x.flip(0)", "", "y = x.clone()", "x, y = x[:, :2] * 2, y[:, :2]",
]  # fmt: skip
SIMPLE = [
    "x.new_zeros(b, c, h, w)", "torch.zeros_like(x)", "torch.ones_like(x)", "torch.empty_like(x)",
    "x.clone()", "x * 3", "F.relu(x)", "x.new_full((b, c, h, w), 0.5)", "x.new_zeros(b, c, h * 2, w * 2)",
]  # fmt: skip
ODD = [
    "torch.zeros(b, c, h, w)", "torch.zeros(x.shape)", "torch.zeros(b, c, h, w, dtype=x.dtype)",
    "torch.full_like(x, 2)", "x.new_zeros(b, c, h + 1, w)", "x.detach()", "x", "torch.cat((x, y), 1)",
    "x.transpose(2, 3)", "torch.zeros_like(x, dtype=torch.int64)", "x > 0", "x.mean(1, keepdim=True)",
    "torch.zeros_like(x, dtype=torch.float64)", "x[:, :1]", "x[:1].clone()", "x.contiguous()",
    "y[:, :, :1].repeat(1, 1, h, 1)", "x[:, :1].clone().expand(b, c, h, w)", "x.reshape(b, c, h, w)",
    "x.float()", "x.new_zeros(x.shape)", "torch.zeros_like(x.transpose(2, 3))", "z.flip(1)",
]  # fmt: skip
BOUNDS = [
    "",
    "",
    "1",
    "2",
    "-1",
    "-2",
    "3",
    "5",
    "9",
    "k",
    "-k",
    "2 * k",
    "h",
    "h - 1",
    "w // 2",
    "c - k",
]
AXES = [
    ":",
    ":",
    ":",
    "0",
    "-1",
    "1",
    "{a}:{b}",
    "{a}:{b}",
    "{a}:",
    ":{b}",
    "0::2",
    "1::2",
    "k",
    "None",
]
PLAIN = [
    [":, :1", ":, 1:"], [":, :, :1", ":, :, 1:"], [":, 0", ":, 1:"], [":, :k", ":, k:"],
    [":, :, :, :-1", ":, :, :, -1:"], ["..., 0", "..., 1:"], [":, :, 1:-1, 1:-1"], [":, :, :h, :w"],
    [":, :, 0::2, 0::2", ":, :, 1::2, 0::2", ":, :, 0::2, 1::2", ":, :, 1::2, 1::2"],
    [":, :, :, 0::2", ":, :, :, 1::2"], ["1:, :k", ":-1, k:2 * k", ":, 2 * k:"], [":"], ["..."],
    [":, :, :2", ":, :, 2:5", ":, :, 5:"], [":, :, h // 2:", ":, :, :h // 2"], ["0", "1:"], [":, :, -1"],
]  # fmt: skip
VALUES = [
    "{v}[{i}]", "{v}[{i}]", "{v}[{i}]", "{v}[{i}]", "{v}[{i}] * 2", "({v} + 1)[{i}]", "{v}[{i}].clone()",
    "{v}[{i}] + z[{i}]", "F.relu({v}[{i}])", "{v}[{i}].mean()", "0", "1.5", "{v}[{i}].double()",
    "{v}[{i}].half()", "{v}[{i}].long()", "{v}[{i}] > 0", "{v}[{i}][:1]", "{v}[{i}][None]", "out[{i}] + 1",
    "out[{i}]", "{v}[{i}] * {v}[{i}].mean(-1, keepdim=True)", "{v}[{i}] if b > 1 else z[{i}]", "x", "y", "z",
    "{v}[{i}].relu_()", "self.relu(z)[{i}]", "torch.where({v} > 0, {v}, z)[{i}]", "-{v}[{i}]", "bump(z)[{i}]",
    "{v}[{i}].sum(-1, keepdim=True)", "{v}[{i}] + out.mean()", "{v}[{i}] + view.mean()",
]  # fmt: skip
BETWEEN = [
    "n = 1", "n = x.shape[1]", "z = y * 3", "z = x + 1", "z += 1", "z = z[:, :, :1]", "q = F.relu(z)",
    "q = self.relu(z)", "self.relu(z)", "bump(z)", "q = bump(z)", "q = peek(z)", "z[:, :1] = 2", "k = 1",
    "k += 1", "out = out * 2", "out += 1", "q = peek(out)", "bump(out)", "view = out[:, :1]", "view = out",
    "other = [out]", "other = {'a': out}", "self.kept = out", "q = out.mean()", "f = lambda: out.sum()",
    "q = torch.add(z, 1, out=z)", "z.mul_(2)", "q = z.clamp_(0)", "z, q = y, x", "h = h - 1", "x = x + 1",
    "other = [z]\nother[0] += 1", "view = z[:, :1]\nview += 1", "z = z.double()", "z = z.contiguous()",
    "def change():\n    nonlocal z\n    z = z * 2\nchange()", "q = [z.mul_(i) for i in (1, 2)]",
]  # fmt: skip
BLOCKS = [
    "if b > 1:\n{0}", "if b > 1:\n{0}\nelse:\n{1}", "for i in range(2):\n{0}", "for i in range(h):\n{0}",
    "for i in range(2):\n    if i > 0:\n        z = z[:, :, :1]\n        break\n{0}",
    "for i in range(2):\n    if i > 0:\n        z = y\n        continue\n{0}",
    "with torch.no_grad():\n{0}", "with contextlib.nullcontext(out) as view:\n{0}",
    "try:\n{0}\n    q = [][0]\n{1}\nexcept IndexError:\n    pass", "n = 0\nwhile n < 2:\n    n += 1\n{0}",
    "for i, row in enumerate(x):\n{0}", "match b:\n    case 1:\n        z = z * 3\n    case _:\n        z = y",
    "if b > 1:\n{0}\n    n = 0\nelif c > 1:\n{1}", "try:\n{0}\nfinally:\n{1}",
]  # fmt: skip
LOOPS = [
    "out[:, :, i] = {v}[:, :, i]", "out[:, :, i] = {v}[:, :, i] * i", "out[:, :, i] = z[:, :, h - 1 - i]",
    "if i > 0:\n    out[:, :, i] = {v}[:, :, i - 1]\nelse:\n    out[:, :, i] = {v}[:, :, 0]",
    "z += 1\nout[:, :, i] = z[:, :, i]", "acc = acc + {v}[:, :, i]\nout[:, :, i] = acc",
    "acc += {v}[:, :, i]\nout[:, :, i] = acc", "acc.add_({v}[:, :, i])\nout[:, :, i] = acc",
    "out[:, :, i] = acc\nacc += {v}[:, :, i]", "out[:, :, i] += {v}[:, :, i]",
    "out[:, :, i, 1:] = {v}[:, :, i, 1:]\nout[:, :, i, :1] = z[:, :, i, :1]", "out[:, :, i] = out[:, :, i - 1] + 1",
    "out[:, :, i] = {v}[:, :, i]\ni = 0", "if i == 1:\n    continue\nout[:, :, i] = {v}[:, :, i]",
    "for j in range(w):\n    out[:, :, i, j] = {v}[:, :, i, j]", "row = {v}[:, :, i]\nout[:, :, i] = row\nrow += 1",
    "out[:, :, i] = acc\nbump(acc)", "out[:, :, i] = self.relu(acc)\nacc = acc - 1", "h = h - 1\nout[:, :, i] = {v}[:, :, h]",
]  # fmt: skip
RANGES = ["range(h)", "range(h)", "range(h)", "range(0, h)", "range(1, h)", "range(0, h, 2)", "range(h - 1, -1, -1)", "range(2)"]  # fmt: skip
RETURNS = ["out", "out", "out", "out, z", "out, view", "(out, x, y)", "out.sum(), out", "out.flatten(1)", "out.reshape(b, -1)", "out.view(out.shape[0], -1)", "[out, other]", "out * 1, self.kept", "out, out[:1]", "{'out': out, 'z': z}", "out, f()", "out.add_(1), z"]  # fmt: skip


def one(draw: st.DrawFn, options: Sequence[str]) -> str:
    return draw(st.sampled_from(options))


def index(draw: st.DrawFn) -> str:
    """Any basic index."""
    parts = [
        one(draw, AXES).format(a=one(draw, BOUNDS), b=one(draw, BOUNDS))
        for _ in range(draw(st.integers(1, 4)))
    ]
    return ("..., " if draw(st.integers(0, 5)) == 0 else "") + ", ".join(parts)


def value(draw: st.DrawFn, at: str) -> str:
    return one(draw, VALUES).format(v=one(draw, ["x", "y", "y", "z"]), i=at)


def writes(draw: st.DrawFn) -> list[str]:
    """Statements that write into ``out``, as people do and as they might."""
    kind = draw(st.integers(0, 9))
    if kind == 0:
        at = index(draw)
        return [f"out[{at}] {one(draw, ['=', '=', '+=', '*=', '-='])} {value(draw, at)}"]
    chosen = draw(st.sampled_from(PLAIN))
    plain = draw(st.integers(0, 4)) > 0
    source = one(draw, ["x", "y", "y", "z"])
    lines = []
    for at in chosen:
        assign = "=" if plain else one(draw, ["=", "=", "=", "+="])
        wanted = f"{source}[{at}]" if plain else value(draw, at)
        if plain and "0::2" in chosen[0]:
            wanted = f"{source} * {len(lines) + 1}"
        if plain and draw(st.integers(0, 9)) == 0:
            wanted = source
        lines.append(f"out[{at}] {assign} {wanted}")
        if draw(st.integers(0, 7)) == 0:
            lines.append(one(draw, BETWEEN))
    return lines


def block(draw: st.DrawFn) -> list[str]:
    """A compound statement."""
    if draw(st.booleans()):
        body = one(draw, LOOPS).format(v=one(draw, ["x", "y", "z"]))
        return [
            f"acc = y[:, :, 0] * 1\nfor i in {one(draw, RANGES)}:\n{textwrap.indent(body, '    ')}"
        ]
    bodies = ["\n".join(writes(draw)) for _ in range(2)]
    return [one(draw, BLOCKS).format(*(textwrap.indent(body, "    ") for body in bodies))]


@st.composite
def models(draw: st.DrawFn) -> str:
    """A module whose ``forward`` writes into a tensor."""
    lines = [one(draw, FIRST), "b, c, h, w = x.shape", "k = c // 2", "z = y * 1"]
    lines.append(f"out = {one(draw, SIMPLE if draw(st.integers(0, 3)) else ODD)}")
    early = draw(st.integers(0, 4))
    if early == 0:
        lines.append(one(draw, BETWEEN))
    lines += ["view = other = f = None"] if early != 0 else []
    for _ in range(draw(st.integers(1, 2))):
        kind = draw(st.integers(0, 9))
        lines += block(draw) if kind < 3 else writes(draw)
        if draw(st.integers(0, 3)) == 0:
            lines.append(one(draw, BETWEEN))
    lines.append(f"return {one(draw, RETURNS)}")
    body = "\n".join(line for line in lines if line) + "\n"
    return PRELUDE + textwrap.indent(body, " " * 8)


CHAIN = [
    ".float()", ".half()", ".double()", ".long()", ".int()", ".bool()", ".byte()", ".to(torch.float32)", ".to(x.dtype)",
    ".type_as(x)", ".type_as(y)", ".to(torch.int64)", " + 1", " * 2", " * 1.5", " / 2", ".sum(1)", ".mean(1)", " > 0",
    ".clamp(0, 1)", ".clamp(0.5, 1)", ".abs()", ".any(1)", ".all(1)", ".amax(1)", ".cumsum(0)", " + x.mean()", " + y[:1]",
    ".square()", ".round()", ".sign()", " // 2", " % 2", ".sigmoid()", ".masked_fill(x > 0, 0.5)", ".prod(1)", ".flatten(1)",
]  # fmt: skip
STARTS = ["x", "y", "(x > 0)", "x.long()", "x.abs().byte()", "torch.zeros(b, c, h, w)", "torch.ones(x.shape)", "x.sum()",
          "torch.arange(4)", "torch.tensor([1, 2])", "torch.full((b,), 1)", "torch.zeros_like(x)", "torch.eye(3)",
          "torch.zeros(b, c, dtype=torch.bool)", "torch.linspace(0, 1, 3)", "torch.tensor(2.0)", "y.transpose(2, 3)"]  # fmt: skip
SIZES = ["b, -1", "b, c, -1", "b, c, h * w", "b, c * h * w", "b, h, w, c", "b, -1, w", "b * c, h, w", "b, c, h, w", "-1, w",
         "b, 1, c, -1", "b, c // k, k, h, w", "b, t.shape[1], -1", "t.shape[0], -1", "b, -1, t.shape[-1]", "x.size(0), -1"]  # fmt: skip
AFTER = ["{0} += 1", "{0}[:1] = 3", "{0}.fill_(2)", "q = {0}[:1]\nq.zero_()", "bump({0})", "self.kept = {0}", "q = {0}.view(-1)\nq[:1] = 1",
         "q = [{0}]\nq[0] += 1", "for q in {0}:\n    q += 1", "b = 1", "x = x[:1]", "{0} = {0}.contiguous()\n{0}[:1] = 0"]  # fmt: skip


@st.composite
def expressions(draw: st.DrawFn) -> str:
    """A module of casts, creations and reshapes, some of whose results are written into."""
    lines = [one(draw, FIRST), "b, c, h, w = x.shape", "k = 2", "t = x"]
    names = []
    for i in range(draw(st.integers(2, 5))):
        name = f"v{i}"
        start = one(draw, [*STARTS, *names])
        if draw(st.integers(0, 2)) == 0:
            how = one(
                draw,
                [
                    "x",
                    "x.transpose(2, 3)",
                    "y",
                    "x.permute(0, 2, 3, 1)",
                    "x.mean((2, 3))",
                    "x[:, :1].expand(b, c, h, w)",
                ],
            )
            lines.append(
                f"t = {how}\n{name} = t.{one(draw, ['view', 'reshape', 'reshape'])}({one(draw, SIZES)})"
            )
        else:
            text = start
            for _ in range(draw(st.integers(1, 3))):
                link = one(draw, CHAIN)
                text = f"({text}{link})" if link.startswith(" ") else text + link
            lines.append(f"{name} = {text}")
        names.append(name)
        if draw(st.integers(0, 3)) == 0:
            lines.append(one(draw, AFTER).format(one(draw, names)))
    lines.append(f"return {', '.join(names)}, x, b")
    body = "\n".join(line for line in lines if line) + "\n"
    return PRELUDE + textwrap.indent(body, " " * 8)
