# ruff: noqa: E501 (tables of code, several a line)
"""The families of writes that `write_grammar` draws from: each makes a tensor and writes into it."""

from __future__ import annotations

from hypothesis import strategies as st
from write_grammar import FILLS, Family, Writer, indent


def _like(w: Writer) -> str:
    """A tensor of the shape of x, or one that others see as well."""
    if w.chance(14):
        w.against.add("another name sees the storage")
        shared = ["x", "x.detach()", "x.contiguous()", "y.view(y.shape)", "x.data", "z.flatten().view(z.shape)", "x[:]", "x.expand(x.shape)"]  # fmt: skip
        w.add(f"out = {w.one(shared)}", "view = z")
    else:
        w.add(f"out = {w.made([w.size(a) for a in range(w.rank)], like=True)}")
    return "out"


def anywhere(w: Writer) -> str:
    """Some writes at any indices."""
    out = _like(w)
    for _ in range(w.number(1, 3)):
        index, last = w.index()
        w.add(w.write(out, index, w.value(index, out, last)))
        w.between(out)
    return out


def partition(w: Writer) -> str:
    """One axis in pieces, in any order; some may be missing, or overlap."""
    out = _like(w)
    axis = w.number(0, w.rank - 1)
    size = w.size(axis)
    if w.known(axis):
        n = int(size)
        cuts = sorted({w.number(1, n - 1) for _ in range(w.number(1, 2))})
        pieces = [f"{a}:{b}" for a, b in zip([0, *cuts], [*cuts, n], strict=True)]
        pieces = [piece.replace(f":{n}", ":") if w.chance(2) else piece for piece in pieces]
        if w.chance(4):
            pieces.append(f"{cuts[0] - 1}:{cuts[0] + 1}")
    else:
        half = f"{size} // 2"
        forms = [[f":{half}", f"{half}:"], [":1", "1:"], [":-1", "-1:"], ["0", "1:"], ["1:", "0"], [":-1", "-1"], [":1", "1:-1", "-1:"]]  # fmt: skip
        pieces = w.draw(st.sampled_from(forms))
    if w.chance(5):
        pieces = pieces[1:]
    if w.chance(3):
        pieces = pieces[::-1]
    for piece in pieces:
        index = w.on(axis, piece)
        w.add(w.write(out, index, w.value(index, out, last=axis < w.rank - 1 or ":" in piece)))
        w.between(out)
    return out


def every(w: Writer) -> str:
    """Each index of a literal axis by itself."""
    if w.rank == 1:
        return partition(w)
    axis = w.number(1, w.rank - 1)
    count = w.number(2, 4)
    sizes = [w.size(a) for a in range(w.rank)]
    sizes.insert(axis, str(count))
    w.add(f"out = {w.made(sizes, like=False)}")
    numbers = list(range(count))
    numbers = numbers[::-1] if w.chance(4) else numbers[1:] if w.chance(6) else numbers
    for i in numbers:
        index = ", ".join(
            [":"] * axis + [str(i if w.chance(3) else i - count if w.chance(5) else i)]
        )
        value = w.one(["x", "y", "z", "x * 2", "x + y", "F.relu(y)", "0", "x.sum()", "out[{0}] + x", "x > 0"]).format(index)  # fmt: skip
        w.add(w.write("out", index, value))
    return "out"


def interleaved(w: Writer) -> str:
    """Every other element, or every third one, along one or two axes."""
    axes = [w.number(max(w.rank - 2, 0), w.rank - 1)]
    if w.rank > 2 and w.chance(2):
        axes = [w.rank - 2, w.rank - 1]
    period = w.one(["2", "2", "2", "3"])
    sizes = [w.size(a) for a in range(w.rank)]
    for axis in axes:
        name = w.size(axis)
        sizes[axis] = w.one([f"{name} * {period}", f"{period} * {name}"])
    w.add(f"out = {w.made(sizes, like=False)}")
    n = int(period)
    places = (
        [(i,) for i in range(n)] if len(axes) == 1 else [(i, j) for j in range(n) for i in range(n)]
    )
    places = places[1:] if w.chance(6) else places
    places = places[::-1] if w.chance(4) else places
    for place in places:
        parts = [":"] * w.rank
        for axis, start in zip(axes, place, strict=True):
            parts[axis] = f"{start or ''}::{period}" if w.chance(2) else f"{start}::{period}"
        index = ", ".join(parts)
        if axes == [w.rank - 1] and w.chance(3):
            index = f"..., {parts[-1]}"
        value = w.one(["x", "y", "z", "x * 2", "x + y", "x - y", "F.relu(y)", "0", "x.sum()", "(x - y) / 2"])  # fmt: skip
        w.add(w.write("out", index, value))
        w.between("out")
    return "out"


def pasted(w: Writer) -> str:
    """x into the middle, or a corner, of something larger."""
    axes = sorted({w.number(0, w.rank - 1) for _ in range(w.number(1, 2))})
    sizes, parts = [w.size(a) for a in range(w.rank)], [":"] * w.rank
    for axis in axes:
        before, behind = w.number(0, 2), w.number(0, 2)
        name = sizes[axis]
        sizes[axis] = f"{name} + {before + behind}"
        forms = [f"{before}:{before} + {name}"]
        forms += [f"{before}:-{behind}"] * (behind > 0) + [f"{before}:"] * (behind == 0)
        forms += [f":{name}"] * (before == 0) + [f"-{name}:"] * (behind == 0 and before > 0)
        parts[axis] = w.one(forms)
    w.add(f"out = {w.made(sizes, like=False)}")
    value = w.one(["x", "y", "z", "x * 2", "F.relu(x)", "x + y", "0.5"])
    w.add(w.write("out", ", ".join(parts), value))
    if w.chance(3):
        w.add(w.write("out", ", ".join(parts), w.one(["y", "0", "z"])))
    return "out"


def masked(w: Writer) -> str:
    """Where a mask is true."""
    out = _like(w)
    mask = w.one(["x > 0", "y < 0.5", "(x > 0) & (y < 1)", "~(x > 0)", "torch.isnan(x)", "x == x", f"{out} > 1", "m"])  # fmt: skip
    if mask == "m":
        w.add("m = x > 0")
    value = w.one([*FILLS, "y.sum()"]) if w.chance(2) or " " in mask else f"{w.source()}[{mask}]"
    kind = w.number(0, 9)
    if kind < 6:
        w.add(f"{out}[{mask}] = {value}")
    elif kind == 6:
        w.add(f"{out}[{mask}] *= {w.one(['2', '0.5', '0'])}")
    elif kind == 7:
        w.add(f"{out}.masked_fill_({mask}, {w.one(FILLS)})")
    elif kind == 8:
        w.add(f"{out}[{mask}] = {out}[{mask}] * 2")
    else:
        w.against.add("an index that is no slice, integer or mask of its shape")
        w.add(w.one([f"{out}[x.flatten()[0] > 0] = 0", f"{out}[[0]] = 1", f"{out}[torch.arange(1)] = 2", f"{out}[x.sum().long() * 0] = 1"]))  # fmt: skip
    w.between(out)
    return out


def whole(w: Writer) -> str:
    """Everything at once, in place."""
    out = _like(w)
    forms = ["{0}.copy_({1})", "{0}.fill_(0.5)", "{0}.zero_()", "{0}[:] = {1}", "{0}[...] = {1}", "{0} += {1}", "{0}.mul_(2).add_({1})", "{0}.add_({1})", "{0}.clamp_(0, 1)", "{0} *= 2"]  # fmt: skip
    for _ in range(w.number(1, 2)):
        w.add(w.one(forms).format(out, w.source()))
        w.between(out)
    return out


def halves(w: Writer) -> str:
    """Into one half of a chunk; the whole is not used again, or it is."""
    if w.rank == 1:
        return whole(w)
    axis = w.number(1, w.rank - 1)
    w.add(f"base = {w.made([w.size(a) for a in range(w.rank)], like=True)}")
    w.add(f"p, q = base.chunk(2, {w.one([f'dim={axis}', str(axis)])})")
    part = w.one(["p", "q"])
    index = w.on(w.number(0, w.rank - 1), w.one([":1", "0", "-1:"]))
    w.add(
        w.one(
            [
                f"{part}[{index}] = {w.one(FILLS)}",
                f"{part}.mul_(2)",
                f"{part} += 1",
                f"{part}[{index}] *= 2",
            ]
        )
    )
    if w.chance(2):
        w.against.add("another name sees the storage")
        w.add("out = base + 1")
    else:
        w.add(f"out = torch.cat((p, q), {axis})")
    return "out"


def loop(w: Writer) -> str:
    """Along an axis, one index a round."""
    axis = w.number(0, w.rank - 1)
    size = w.size(axis)
    w.add(f"out = {w.made([w.size(a) for a in range(w.rank)], like=True)}")
    here, there = w.on(axis, "i"), w.on(axis, f"{size} - 1 - i")
    s = w.source()
    row = [":"] * axis + ["0"]
    bodies = [
        f"out[{here}] = {s}[{here}]", f"out[{here}] = {s}[{here}] * i", f"out[{here}] = {s}[{there}]", f"out[{here}] += {s}[{here}]",
        f"out[{here}] = 0.5", f"t = {s}[{here}] * 2\nout[{here}] = t + i", f"acc = acc + {s}[{here}]\nout[{here}] = acc",
        f"acc += {s}[{here}]\nout[{here}] = acc", f"if i > 0:\n    out[{here}] = {s}[{w.on(axis, 'i - 1')}]\nelse:\n    out[{here}] = {s}[{w.on(axis, '0')}]",
        f"if i > 0:\n    out[{here}] = {s}[{w.on(axis, 'i - 1')}]", f"out[{here}] = out[{here}] + {s}[{here}]",
        f"z += 1\nout[{here}] = z[{here}]", f"out[{here}] = acc\nacc += {s}[{here}]", f"out[{here}] = {s}[{here}]\nif i == 1:\n    break",
        f"if i == 1:\n    continue\nout[{here}] = {s}[{here}]", f"row = {s}[{here}] * 1\nout[{here}] = row\nrow += 1",
    ]  # fmt: skip
    body = w.one(bodies)
    if "break" in body or "continue" in body:
        w.against.add("a loop that does not run through")
    ranges = [f"range({size})", f"range({size})", f"range(0, {size})"]
    if w.known(axis) or w.chance(6):
        ranges += [
            f"reversed(range({size}))",
            f"list(range({size}))",
            "(0, 1)",
            "range(2)",
            f"range(1, {size})",
            f"range({size} - 1, -1, -1)",
            f"range(0, {size}, 2)",
        ]
    chosen = w.one(ranges)
    if not w.known(axis) and chosen not in ranges[:3]:
        w.against.add("a loop along a part of an axis whose size is not known")
    w.add(f"acc = {s}[{', '.join(row)}] * 1")
    if w.chance(5):
        w.add(
            f"for i, row in enumerate({s}.unbind({axis})):\n    out[{here}] = {w.one(['row', 'row * 2', 'row + i'])}"
        )
    else:
        w.add(f"for i in {chosen}:\n{indent(body)}")
    return "out"


def volume(w: Writer) -> str:
    """Rounds of a literal number: shifted copies, stacked; or what a list holds, one a round."""
    if w.rank < 3:
        return loop(w)
    rounds = w.number(2, 3)
    sizes = [w.size(a) for a in range(w.rank)]
    sizes.insert(2, str(rounds))
    w.add(f"out = {w.made(sizes, like=False)}")
    dots = ", ".join([":"] * (w.rank - 3))
    dots = f"{dots}, " if dots else ""
    kind = w.number(0, 4)
    last = sizes[-1]
    if kind == 0:
        w.add(
            f"for i in range({rounds}):\n    if i > 0:\n        out[:, :, i, {dots}i:] = x[:, :, {dots}i:]\n    else:\n        out[:, :, i] = x"
        )
    elif kind == 1:
        w.add(
            f"for i in range({rounds}):\n    out[:, :, i, {dots}i:] = x[:, :, {dots}i:] * y[:, :, {dots}:{last} - i]"
        )
    elif kind == 2:
        w.add(
            f"for i in range({rounds}):\n    out[:, :, i] = {w.one(['x * i', 'x + y', 'F.relu(z)', 'i'])}"
        )
    elif kind == 3:
        given = ", ".join(w.one(["x", "y", "z", "x * 2"]) for _ in range(rounds))
        w.add(
            f"for i, t in enumerate([{given}]):\n    out[:, :, i] = {w.one(['t', 't * 2', 't + i'])}"
        )
    else:
        first, second = (", ".join(w.one(["x", "y", "z"]) for _ in range(rounds)) for _ in range(2))
        w.add(
            f"for i, (s, t) in enumerate(zip([{first}], [{second}])):\n    out[:, :, i] = {w.one(['s + t', 's - t', 's'])}"
        )
    return "out"


def nested(w: Writer) -> str:
    """Two loops: sub-pixels, or rows and columns."""
    if w.rank < 3:
        return loop(w)
    sizes = [w.size(a) for a in range(w.rank)]
    sizes[-1], sizes[-2] = f"{sizes[-1]} * 2", f"{sizes[-2]} * 2"
    w.add(f"out = {w.made(sizes, like=False)}")
    value = w.one(["x", "x * (i * 2 + j)", "x + i - j", "y if i > j else x", "z"])
    w.add(f"for i in range(2):\n    for j in range(2):\n        out[..., i::2, j::2] = {value}")
    return "out"


def swapped(w: Writer) -> str:
    """Two regions by one statement, or one value into two."""
    w.against.add("one statement that writes twice")
    out = _like(w)
    axis = w.number(0, w.rank - 1)
    first, second = w.on(axis, "0"), w.on(axis, "-1")
    s = w.source()
    forms = [f"{out}[{first}], {out}[{second}] = {s}[{second}], {s}[{first}]", f"{out}[{first}] = {out}[{second}] = {s}[{first}]",
             f"{out}[{first}], q = {s}[{second}], 1", f"{out}[{first}], {out}[{second}] = {out}[{second}], {out}[{first}]",
             f"{out}[{first}] = 0; {out}[{second}] = {s}[{second}]", f"for {out}[{first}] in (0, 1):\n    pass", f"q = [{out}[{first}].fill_(i) for i in (1, 2)]"]  # fmt: skip
    w.add(w.one(forms))
    return out


def block(w: Writer) -> None:
    """The last statement, somewhere else than in the body of forward."""
    w.against.add("a statement in a block that is no loop of a known number of rounds")
    forms = ["if x.shape[0] > 1:\n{0}", "with torch.no_grad():\n{0}", "try:\n{0}\nexcept IndexError:\n    pass", "with contextlib.nullcontext():\n{0}",
             "k = 0\nwhile k < 2:\n    k += 1\n{0}", "if x.shape[0] > 1:\n    q = 1\nelse:\n{0}", "for k in range(2):\n{0}", "for k in x:\n{0}"]  # fmt: skip
    w.lines[-1] = w.one(forms).format(indent(w.lines[-1]))


def returned(w: Writer, out: str) -> str:
    """What forward returns."""
    if "another name sees the storage" in w.against:
        return w.one(
            [
                f"{out}, view, x",
                f"{out}, z, other",
                f"{out}, x, y, z",
                out,
                f"{out}, view, f() if f else x",
            ]
        )
    return w.one(
        [
            out,
            out,
            out,
            f"{out}, z",
            f"({out}, x, y)",
            f"{out}.flatten(0)",
            f"{out}.reshape(-1) * 1",
            f"{out}.view(-1)",
            f"{out}.sum(), {out}",
            f"{{'out': {out}, 'z': z}}",
        ]
    )


FAMILIES: tuple[Family, ...] = (
    anywhere, anywhere, anywhere, partition, partition, every, interleaved, interleaved, pasted,
    masked, whole, halves, loop, loop, volume, nested, swapped,
)  # fmt: skip
