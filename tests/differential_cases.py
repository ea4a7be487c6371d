# ruff: noqa: E501 (models as their authors write them)
"""Models that once came out of the fix changed, or that look as if they might: one trap each.

``test_differential.py`` fixes and runs them. Bodies are of ``forward(self, x, y)``; ``x`` and ``y``
have four channels.
"""

import textwrap

IMPORTS = """\
import torch
import torch.nn as nn
import torch.nn.functional as F
"""


def net(body: str, init: str = "", methods: str = "", above: str = "") -> str:
    """A module of that ``forward``; with statements for ``__init__``, methods, code above it."""
    parts = [
        IMPORTS,
        textwrap.dedent(above),
        "\n\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n",
        "        self.conv = nn.Conv2d(4, 4, 3, padding=1)\n",
        textwrap.indent(textwrap.dedent(init), " " * 8),
        "\n    def forward(self, x, y):\n",
        textwrap.indent(textwrap.dedent(body).strip("\n"), " " * 8),
        "\n",
        textwrap.indent(textwrap.dedent(methods), " " * 4),
    ]
    return "".join(parts)


def known(body: str, init: str = "", methods: str = "", above: str = "") -> str:
    """The same where x and y are of one shape and dtype as far as anybody can tell."""
    return net("x = self.conv(x)\ny = x * 3 + 1\n" + textwrap.dedent(body), init, methods, above)


CASES = {}

CASES["continue-env"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h, w)
    z = x[:, :, :, :]
    for i in range(3):
        if i > 0:
            z = x[:, :, :1, :]
            continue
    out[:, :, :, :] = z
    return out
""")

CASES["elements-of-a-loop"] = net("""
    x = x.flatten()
    n, = x.size()
    out, there = torch.zeros_like(x), torch.zeros_like(x)
    for i in range(n):
        out[i] = x[n - 1 - i]
    for i in range(n):
        there[i] = x[torch.arange(1) + i]
    return out, there
""")

CASES["pool-of-one"] = known("""
    z = F.max_pool2d(x, 1, 1, dilation=2)
    z += 1
    return z, x
""")

CASES["shuffle-of-single-channels"] = known("""
    z = F.channel_shuffle(x, 4)
    z += 1
    return z, x
""")

CASES["repeated-once"] = known("""
    z = x.repeat_interleave(1, 1)
    z += 1
    return z, x.repeat_interleave(2, dim=-1), x[:, :1].repeat_interleave(3, dim=1)
""")

CASES["operand-used-twice"] = known("""
    value = 3
    z = (x + value).fmax(y) if x.sum() > 0 else (y + 1).fmin(x)
    w = lambda t: (t + 1).fmax(t)
    z = [(t * 2).fmax(y) for t in (x, z)][0]
    x[0:1] = (x + 1).fmax(y)[0:1]
    for i in range(2): x = (x + i).fmax(y)
    return x, z, w(x)
""")

CASES["einsum-order"] = known("""
    return torch.einsum("bCij,bCkj->bCik", x, y), torch.einsum("ZaYb,ZaYc", x, y), torch.einsum("bChw,bChw", x, x)
""")

CASES["positions"] = known("""
    a, b, c, d = x.unbind(1)
    a += 1
    z = x.mean(1, keepdim=True).squeeze(1)
    z += 1
    return a, x, z, x.unsqueeze(-1).sum(-1), x.select(-1, 0), x.repeat(1, 1, 2, 1), x.amax((-1, 1)), x.amax((-1, -3)), x.sum((-1, -2))
""")

CASES["break-env"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h, w)
    z = x * 2
    for i in range(3):
        if i > 0:
            z = x[:, :, :1] * 2
            break
    out[:, :, :, :] = z
    return out
""")

CASES["chain-loop"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h, w)
    p = x * 2
    q = x * 3
    r = x * 4
    for i in range(3):
        p = q
        q = r
        r = x[:, :, :1] * 2
    out[:, :, :, :] = p
    return out
""")

CASES["match-stmt"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h, w)
    z = x * 2
    match c:
        case 4:
            z = x[:, :, :1] * 2
        case _:
            pass
    out[:, :, :, :] = z
    return out
""")

CASES["nonlocal"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h, w)
    z = x * 2
    def change():
        nonlocal z
        z = x[:, :, :1] * 2
    change()
    out[:, :, :, :] = z
    return out
""")

CASES["walrus-while"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h, w)
    z = x * 2
    n = 0
    while (z := x[:, :, :1] * 2) is None:
        n += 1
    out[:, :, :, :] = z
    return out
""")

CASES["closure-alias"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h, w)
    def get():
        return out
    f = lambda: out.sum()
    s0 = f()
    out[:, :, :1, :] = x[:, :, :1, :]
    out[:, :, 1:, :] = y[:, :, 1:, :]
    return out, f(), get()
""")

CASES["closure-alias2"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h, w)
    keep = {"a": out}
    out[:, :, :1, :] = x[:, :, :1, :]
    out[:, :, 1:, :] = y[:, :, 1:, :]
    return out, keep["a"]
""")

CASES["list-alias"] = known("""
    out = torch.zeros_like(x)
    keep = []
    keep.append(out)
    out[:, :, :1, :] = x[:, :, :1, :]
    out[:, :, 1:, :] = y[:, :, 1:, :]
    return keep[0]
""")

CASES["list-alias3"] = known("""
    out = torch.zeros_like(x)
    keep = [None, None]
    keep[0] = out
    out[:, :, :1, :] = x[:, :, :1, :]
    out[:, :, 1:, :] = y[:, :, 1:, :]
    return keep[0], out
""")

CASES["dict-alias"] = known("""
    out = torch.zeros_like(x)
    keep = {}
    keep["o"] = out
    out[:, :, :1, :] = x[:, :, :1, :]
    out[:, :, 1:, :] = y[:, :, 1:, :]
    return keep
""")

CASES["attr-alias"] = known("""
    out = torch.zeros_like(x)
    self.keep = out
    out[:, :, :1, :] = x[:, :, :1, :]
    out[:, :, 1:, :] = y[:, :, 1:, :]
    return self.keep, out
""")

CASES["setattr-alias"] = known("""
    out = torch.zeros_like(x)
    setattr(self, "keep", out)
    out[:, :, :1, :] = x[:, :, :1, :]
    out[:, :, 1:, :] = y[:, :, 1:, :]
    return self.keep
""")

CASES["view-alias-unbind"] = known("""
    out = torch.zeros_like(x)
    parts = out.unbind(0)
    out[:, :, :1, :] = x[:, :, :1, :]
    out[:, :, 1:, :] = y[:, :, 1:, :]
    return parts[0]
""")

CASES["dictcomp-alias"] = known("""
    out = torch.zeros_like(x)
    vs = {k: v for k, v in [("a", out)]}
    out[:, :, :1, :] = x[:, :, :1, :]
    out[:, :, 1:, :] = y[:, :, 1:, :]
    return vs["a"]
""")

CASES["dictcall-alias"] = known("""
    out = torch.zeros_like(x)
    vs = dict(a=out)
    out[:, :, :1, :] = x[:, :, :1, :]
    out[:, :, 1:, :] = y[:, :, 1:, :]
    return vs["a"]
""")

CASES["dict-update-alias"] = known("""
    out = torch.zeros_like(x)
    vs = {}
    vs.update(a=out)
    out[:, :, :1, :] = x[:, :, :1, :]
    out[:, :, 1:, :] = y[:, :, 1:, :]
    return vs["a"]
""")

CASES["with-alias"] = known("""
    import contextlib
    out = torch.zeros_like(x)
    with contextlib.nullcontext(out) as z:
        pass
    out[:, :, :1, :] = x[:, :, :1, :]
    out[:, :, 1:, :] = y[:, :, 1:, :]
    return z
""")

CASES["ifexp-alias"] = known("""
    out = torch.zeros_like(x)
    z = out if x.shape[0] == 1 else x
    out[:, :, :1, :] = x[:, :, :1, :]
    out[:, :, 1:, :] = y[:, :, 1:, :]
    return z
""")

CASES["small-bounds2"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h, w)
    out[:, :, :5, :] = y[:, :, :5, :]
    out[:, :, 5:, :] = x[:, :, 5:, :]
    return out
""")

CASES["small-bounds3"] = known("""
    out = torch.zeros_like(x)
    out[:, :, 2:-2, 1:-1] = y[:, :, 2:-2, 1:-1]
    return out
""")

CASES["neg-overlap"] = known("""
    out = torch.zeros_like(x)
    out[:, :, :3] = y[:, :, :3]
    out[:, :, -3:] = x[:, :, -3:]
    return out
""")

CASES["swap-reads"] = known("""
    out = x.clone()
    out[:, 0] = out[:, 1]
    out[:, 1] = out[:, 0]
    return out
""")

CASES["view-read2"] = known("""
    out = x.clone()
    v = out[:, 1:]
    out[:, :1] = v[:, :1] * 2
    out[:, 1:] = v * 3
    return out, v
""")

CASES["value-rebound"] = known("""
    out = torch.zeros_like(x)
    z = x * 2
    out[:, :1] = z[:, :1]
    z = y * 3
    out[:, 1:] = z[:, 1:]
    return out
""")

CASES["value-mutated-call"] = known("""
    out = torch.zeros_like(x)
    z = x * 2
    out[:, :1] = z[:, :1]
    q = torch.add(z, 1, out=z)
    out[:, 1:] = z[:, 1:]
    return out
""")

CASES["value-mutated-helper"] = known(
    """
    out = torch.zeros_like(x)
    z = x * 2
    out[:, :1] = z[:, :1]
    q = bump(z)
    out[:, 1:] = z[:, 1:]
    return out
""",
    above="""

    def bump(t):
        t += 1
        return t
""",
)

CASES["value-mutated-method"] = known(
    """
    out = torch.zeros_like(x)
    z = x * 2
    out[:, :1] = z[:, :1]
    q = self.relu(z)
    out[:, 1:] = z[:, 1:]
    return out
""",
    init="""
    self.relu = nn.ReLU(inplace=True)
""",
)

CASES["value-mutated-F"] = known("""
    out = torch.zeros_like(x)
    z = x * 2
    out[:, :1] = z[:, :1]
    q = F.relu(z, inplace=True)
    out[:, 1:] = z[:, 1:]
    return out
""")

CASES["state-value2"] = known(
    """
    out = torch.zeros_like(x)
    out[:, :1] = self.next(x)[:, :1]
    out[:, 1:] = self.next(x)[:, 1:]
    return out
""",
    methods="""

    def next(self, x):
        self.k = getattr(self, 'k', 0) + 1
        return x * self.k
""",
)

CASES["order-eval"] = known(
    """
    out = torch.zeros_like(x)
    out[:, 1:] = self.next(x)[:, 1:]
    out[:, :1] = self.next(x)[:, :1]
    return out
""",
    methods="""

    def next(self, x):
        self.k = getattr(self, 'k', 0) + 1
        return x * self.k
""",
)

CASES["order-eval-inplace2"] = known("""
    out = torch.zeros_like(x)
    z = x * 1
    out[:, 1:] = z[:, 1:]
    out[:, :1] = z.add_(1)[:, :1]
    return out
""")

CASES["order-inplace-layer"] = known(
    """
    out = torch.zeros_like(x)
    z = x * 1
    out[:, 1:] = z[:, 1:]
    out[:, :1] = self.relu(z)[:, :1]
    return out
""",
    init="""
    self.relu = nn.ReLU(inplace=True)
""",
)

CASES["order-inplace-seq"] = known(
    """
    out = torch.zeros_like(x)
    z = x * 1
    out[:, 1:] = z[:, 1:]
    out[:, :1] = self.seq(z)[:, :1]
    return out
""",
    init="""
    self.seq = nn.Sequential(nn.ReLU(True))
""",
)

CASES["order-inplace-F"] = known("""
    out = torch.zeros_like(x)
    z = x * 1
    out[:, 1:] = z[:, 1:]
    out[:, :1] = F.relu_(z)[:, :1]
    return out
""")

CASES["rng"] = known("""
    out = torch.zeros_like(x)
    out[:, 1:] = (x + torch.rand_like(x))[:, 1:]
    out[:, :1] = (x + torch.rand_like(x))[:, :1]
    return out
""")

CASES["loop-after-var"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h, w)
    for i in range(h):
        out[:, :, i] = x[:, :, i] * i
    out[:, :, i] = y[:, :, 0]
    return out
""")

CASES["loop-rebind"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h, w)
    for i in range(c):
        i = c - 1 - i
        out[:, i] = x[:, i] * 2
    return out
""")

CASES["loop-rebind-n"] = known("""
    b, c, h, w = x.shape
    n = c
    out = torch.zeros(b, c, h, w)
    for i in range(n):
        n = n - 1
        out[:, i] = x[:, n] * 2
    return out
""")

CASES["loop-shift"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, 4, h, w)
    for i in range(4):
        if i > 0:
            out[:, :, i, :, i:] = x[:, :, :, :-i]
        else:
            out[:, :, i] = x
    return out
""")

CASES["loop-prev"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h, w)
    k = 0
    for i in range(c):
        out[:, k] = x[:, i]
        k = i
    return out
""")

CASES["loop-mut"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h, w)
    s = torch.zeros(b, h, w)
    for i in range(c):
        s += x[:, i]
        out[:, i] = s
    return out
""")

CASES["loop-mut2"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h, w)
    s = x[:, 0] * 0
    for i in range(c):
        s.add_(x[:, i])
        out[:, i] = s
    return out
""")

CASES["loop-mut4"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h, w)
    s = x[:, 0] * 0
    for i in range(c):
        out[:, i] = s
        s += x[:, i]
    return out
""")

CASES["loop-mut5"] = known(
    """
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h, w)
    s = x * 1
    for i in range(c):
        out[:, i] = s[:, i]
        self.relu(s)
    return out
""",
    init="""
    self.relu = nn.ReLU(inplace=True)
""",
)

CASES["loop-mut6"] = known(
    """
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h, w)
    s = x * 1
    for i in range(c):
        out[:, i] = s[:, i]
        bump(s)
    return out
""",
    above="""

    def bump(t):
        t += 1
""",
)

CASES["write-then-mutate-value"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h, w)
    z = x * 2
    out[:, :, :, :] = z
    z += 1
    return out, z
""")

CASES["write-then-mutate-out"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h, w)
    z = x * 2
    out[:, :, :, :] = z
    out += 1
    return out, z
""")

CASES["write-then-mutate-out2"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h, w)
    out[:, :, :, :] = x
    out += 1
    return out
""")

CASES["write-whole-alias"] = known("""
    out = torch.zeros_like(x)
    out[:] = x
    return out
""")

CASES["expand-write"] = known("""
    z = x[:, :1].clone().expand(x.shape)
    z[:, :1] = y[:, :1]
    return z
""")

CASES["F-shadow"] = known("""
    F = x.shape[0]
    out = torch.zeros_like(x)
    out[:, :1] = y[:, :1]
    return out * F
""")

CASES["F-shadow-loop"] = known("""
    out = torch.zeros_like(x)
    for F in range(2):
        pass
    out[:, :1] = y[:, :1]
    return out * F
""")

CASES["torch-shadow-tuple"] = known("""
    F, G = 2, 3
    out = torch.zeros_like(x)
    out[:, :1] = y[:, :1]
    return out * F
""")

CASES["F-shadow-with"] = known("""
    import contextlib
    with contextlib.nullcontext(3) as F:
        out = torch.zeros_like(x)
        out[:, :1] = y[:, :1]
    return out * F
""")

CASES["F-shadow-import"] = known("""
    import math as F
    out = torch.zeros_like(x)
    out[:, :1] = y[:, :1]
    return out * F.pi
""")

CASES["interleave"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h * 2, w * 2)
    out[:, :, 0::2, 0::2] = x
    out[:, :, 1::2, 0::2] = y
    out[:, :, 0::2, 1::2] = x + y
    out[:, :, 1::2, 1::2] = x - y
    return out
""")

CASES["interleave-bc2"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h * 2, w * 2)
    out[:, :, 0::2, 0::2] = x
    out[:, :, 1::2, 0::2] = x * x.mean()
    out[:, :, 0::2, 1::2] = x + self.conv.bias.mean()
    out[:, :, 1::2, 1::2] = x.mean((2, 3), keepdim=True)
    return out
""")

CASES["interleave-int"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h * 2, w * 2, dtype=torch.long)
    z = x.long()
    out[:, :, 0::2, 0::2] = z
    out[:, :, 1::2, 0::2] = z + 1
    out[:, :, 0::2, 1::2] = z + 2
    out[:, :, 1::2, 1::2] = z + 3
    return out
""")

CASES["lower-rank"] = known("""
    out = torch.zeros_like(x)
    out[:, :, :1] = y[0, :, :1]
    out[:, :, 1:] = y[0, :, 1:]
    return out
""")

CASES["leading-ones"] = known("""
    out = torch.zeros_like(x)
    out[:, :, :1] = y[None, :, :, :1]
    out[:, :, 1:] = y[None, :, :, 1:]
    return out
""")

CASES["try-mid"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h, w)
    z = x * 2
    try:
        z = x[:, :, :1] * 2
        q = [][0]
        z = x * 2
    except IndexError:
        pass
    out[:, :, :, :] = z
    return out
""")

CASES["try-write"] = known("""
    out = torch.zeros_like(x)
    try:
        out[:, :1] = y[:, :1]
        q = [][0]
        out[:, 1:] = y[:, 1:]
    except IndexError:
        pass
    return out
""")

CASES["cond-return-between"] = known("""
    out = torch.zeros_like(x)
    out[:, :1] = y[:, :1]
    if x.shape[0] == 1:
        return None
    out[:, 1:] = y[:, 1:]
    return out
""")

CASES["idx-sym3"] = known("""
    b, c, h, w = x.shape
    k = c // 3
    out = torch.zeros_like(x)
    out[:, :k] = y[:, :k]
    out[:, k:k * 2] = x[:, k:2 * k]
    return out
""")

CASES["idx-sym-shift"] = known("""
    b, c, h, w = x.shape
    fold = c // 3
    out = torch.zeros_like(x)
    out[:-1, :fold] = x[1:, :fold]
    out[1:, fold:2 * fold] = x[:-1, fold:2 * fold]
    out[:, 2 * fold:] = x[:, 2 * fold:]
    return out
""")

CASES["idx-rebound-k"] = known("""
    b, c, h, w = x.shape
    k = c // 2
    out = torch.zeros_like(x)
    out[:, :k] = y[:, :k]
    k = 1
    out[:, k:] = x[:, k:]
    return out
""")

CASES["pad-full-val"] = known("""
    b, c, h, w = x.shape
    out = torch.full((b, c, h + 2, w + 2), float("-inf"))
    out[:, :, 1:-1, 1:-1] = x
    return out
""")

CASES["pad-int"] = known("""
    b, c, h, w = x.shape
    out = torch.full((b, c, h + 2, w + 2), 2**53 + 1)
    out[:, :, 1:-1, 1:-1] = x.long()
    return out
""")

CASES["stride-obs"] = known("""
    out = torch.zeros_like(x.permute(0, 2, 3, 1))
    out[..., :1] = y.permute(0, 2, 3, 1)[..., :1]
    return out.view(-1) if out.is_contiguous() else out
""")

CASES["view-after"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h, w)
    out[:, :, :, :] = x.permute(0, 1, 3, 2).permute(0, 1, 3, 2)
    return out.view(b, -1)
""")

CASES["view-after2"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h, w)
    z = x.transpose(2, 3).contiguous().transpose(2, 3)
    out[:, :, :, :] = z
    return out.view(b, c * h * w)
""")

CASES["view-after-cl"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h, w)
    z = x.contiguous(memory_format=torch.channels_last)
    out[:, :1] = z[:, :1]
    out[:, 1:] = z[:, 1:]
    return out.view(b, c * h * w)
""")

CASES["view-after-pad"] = known("""
    b, c, h, w = x.shape
    out = torch.zeros(b, c, h + 1, w)
    z = x.contiguous(memory_format=torch.channels_last)
    out[:, :, :-1] = z
    return out.view(b, -1)
""")

CASES["view-after-like"] = known("""
    z = x.contiguous(memory_format=torch.channels_last)
    out = torch.zeros_like(x)
    out[:, :1] = z[:, :1]
    return out.view(x.shape[0], -1)
""")

CASES["cast-same-alias"] = net(
    """
    z = x * 1.0
    w = self.lin(z.reshape(-1)[:4])
    v = w.float()
    v[0] = 5
    return v, w
""",
    init="""
    self.lin = nn.Linear(4, 4)
""",
)

CASES["cast-byte-rt"] = net("""
    m = (x.abs() * 10).byte()
    return m.char().byte(), m.short().byte(), m.int().float().byte(), m.bfloat16().byte(), m.half().byte()
""")

CASES["cast-promo"] = net("""
    h = x.half()
    d = x.double()
    f = x.float()
    i = x.long()
    return (h + d).double(), (h + f).float(), (h + 1.0).half(), (h + i).half(), (i + f).float(), (d * f.sum()).double(), (h * d.sum()).half(), (f + d.sum()).float(), (i + d.sum()).double(), (i * f.sum()).float(), (h + x.bfloat16()).float()
""")

CASES["cast-promo-0dim"] = net("""
    s = x.sum().double()
    i = x.long()
    f = x.float()
    return (s + f).float(), (s * i).double(), (f * s).float(), (i.sum() + f.half()).half(), (s + i.sum()).double(), (f.sum() + s).double(), torch.maximum(f, s).float(), torch.where(f > 0, f, s).float(), torch.where(f > 0, f, 0.0).float(), torch.where(f > 0, 1, 0).long(), torch.where(f > 0, 1.0, 0.0).float()
""")

CASES["cast-int-scalar"] = net("""
    m = x > 0
    return (m + 1).long(), (m * 2).long(), (m + 1.0).float(), (m + True).bool(), (m * m).bool(), (m + m).bool(), (m / 2).float(), (m | m).bool(), m.sum().long(), m.cumsum(1).long(), m.float().sum(1).float(), (m.int() + 1).int(), (m.int() * 1.0).float(), (m.int() / 2).float(), (1 - m.float()).float(), (2 ** m.int()).int(), m.int().sum().int()
""")

CASES["cast-bool-reduce"] = net("""
    m = x > 0
    return m.any(1).bool(), m.all().bool(), m.amax(1).bool(), m.float().amax(1).bool(), torch.any(m.int(), 1).bool(), m.byte().all(1).bool(), m.byte().any().bool(), torch.isfinite(x).bool(), x.abs().byte().all().byte(), torch.logical_not(x).bool(), x.eq(0).bool(), (x == 0).logical_or(m).bool(), (m ^ m).bool(), (~m).bool()
""")

CASES["cast-clamp-int"] = net("""
    i = x.long()
    return i.clamp(0, 2).long(), i.clamp(0.5, 2).long(), i.clamp(min=0.5).float(), torch.clamp(i, 0.5).float(), i.abs().long(), F.relu(i).long(), i.pow(2).long(), i.pow(2.0).float(), i.pow(0.5).float(), torch.pow(i, 2.0).float(), i.masked_fill(i > 0, 2.5).long(), i.round().long(), F.leaky_relu(i.float()).float(), torch.maximum(i, i).long(), i.sign().long(), i.square().long(), i.fmod(2).long(), i.fmod(2.5).float(), i.remainder(2.5).float(), torch.mul(i, 2.5).float(), torch.add(i, 1, alpha=2).long(), torch.sub(i, 0.5).float(), torch.div(i, 2, rounding_mode="floor").long(), i.div(2.5, rounding_mode="floor").float(), torch.div(i, 2).float()
""")

CASES["cast-mutated-via-alias"] = net("""
    m = x > 0
    k = m.float().bool()
    v = k.view(-1)
    v[0] = True
    v2 = k[0]
    v2.fill_(False)
    return k, m
""")

CASES["cast-src-mutated"] = net("""
    m = x > 0
    k = m.float().bool()
    m[:, :1] = False
    return k, m
""")

CASES["cast-break"] = net("""
    z = x > 0
    for i in range(3):
        if i == 1:
            z = x * 2
            break
    return z.bool()
""")

CASES["const-mut-view"] = net("""
    t = torch.ones(4)
    v = t.view(2, 2)
    v[0] = 7
    return t * x.sum()
""")

CASES["const-mut-dict2"] = net("""
    d = dict(a=torch.ones(4))
    d["a"] += 1
    return d["a"] * x.sum()
""")

CASES["const-mut-zip"] = net("""
    t = torch.ones(4)
    for a, b in zip([t], [1]):
        a += b
    return t * x.sum()
""")

CASES["const-mut-helper"] = net(
    """
    t = torch.ones(4)
    bump(t)
    return t * x.sum()
""",
    above="""

    def bump(t):
        t += 1
""",
)

CASES["const-mut-helper2"] = net(
    """
    t = torch.ones(4)
    u = bump(t)
    return u * x.sum()
""",
    above="""

    def bump(t):
        t += 1
        return t
""",
)

CASES["const-mut-layer"] = net(
    """
    t = -torch.ones(4)
    u = self.relu(torch.tensor([-1.0, 2.0]))
    v = self.relu(torch.full((2,), -3.0))
    return u * x.sum(), (v * 2)
""",
    init="""
    self.relu = nn.ReLU(inplace=True)
""",
)

CASES["const-mut-setitem"] = net("""
    t = torch.ones(4)
    t.__setitem__(0, 5.0)
    t.__iadd__(1)
    return t * x.sum()
""")

CASES["const-mut-nested-fn"] = net("""
    t = torch.ones(4)
    def go():
        t.add_(1)
    go()
    return t * x.sum()
""")

CASES["const-mut-tuple-assign"] = net("""
    t, u = torch.ones(4), torch.zeros(4)
    t[0], u[1] = 3, 4
    return t * x.sum() + u
""")

CASES["const-mut-unbind"] = net("""
    t = torch.zeros(4)
    a, b, c, d = t.unbind()
    a += 1
    b.fill_(2)
    e = torch.zeros(2, 2)
    for r in e:
        r += 1
    f = torch.zeros(4)
    g, h = f.chunk(2)
    g += 1
    k = torch.zeros(4)
    k1, k2 = torch.split(k, 2)
    k1 += 1
    m = torch.zeros(4)
    (m1, m2), (m3, m4) = m.view(2, 2)
    m1 += 1
    return t * x.sum(), e * x.sum(), f * x.sum(), k * x.sum(), m * x.sum()
""")

CASES["const-self-attr2"] = net("""
    t = torch.ones(4)
    self.cache = t
    r = self.cache * x.sum()
    self.cache += 1
    return r
""")

CASES["const-ret-container"] = net(
    """
    t = self.make(x)["k"]
    t[0] += 1
    return t
""",
    methods="""

    def make(self, x):
        return dict(k=torch.ones(4))
""",
)

CASES["const-ret-append"] = net(
    """
    t = self.make(x)[0]
    t[0] += 1
    return t
""",
    methods="""

    def make(self, x):
        l = []
        l.append(torch.ones(4))
        l += [torch.zeros(2)]
        return l
""",
)

CASES["const-grad"] = net("""
    t = torch.ones(4, requires_grad=True)
    u = torch.ones(4)
    return t.requires_grad, (x.sum() * u).sum()
""")

CASES["const-name-clash"] = net(
    """
    weight = torch.arange(4.0)
    conv = torch.arange(4.0)
    forward = torch.arange(4.0)
    training = torch.arange(2.0)
    name = torch.arange(2.0)
    return weight * x.sum() + conv + forward, training * name
""",
    init="""
    self.name = 'abc'
""",
)

CASES["const-global"] = net(
    """
    k = torch.arange(N)
    k2 = torch.zeros(N, 2)
    k3 = torch.full((2,), VAL)
    return k + x.long().sum(), k2 * 2, k3 * 3
""",
    above="""

    N = 4
    VAL = 2.5
""",
)

CASES["const-global-changed"] = net(
    """
    k = torch.arange(N)
    bump()
    return k + x.long().sum()
""",
    above="""

    N = 4


    def bump():
        global N
        N += 1
""",
)

CASES["const-in-loop"] = net("""
    r = 0
    for i in range(3):
        t = torch.full((2,), float(i))
        k = torch.zeros(2)
        u = torch.tensor([i, 2])
        r = r + t.sum() + u.sum() + k.sum()
    return r * x.sum()
""")

CASES["const-comp-var"] = net("""
    ts = [torch.tensor([i, 1]) for i in range(3)]
    us = [torch.full((2,), i) for i in (1, 2)]
    return torch.stack(ts) * x.long().sum(), us[0] + us[1] + x.long().sum()
""")

CASES["const-nested-def"] = net("""
    def inner(q):
        t = torch.ones(4)
        return t * q.sum()
    k = 3
    def inner2(q, k):
        t = torch.tensor([1, 2, k])
        return t * q.long().sum()
    return inner(x), inner2(x, 5)
""")

CASES["const-default-arg"] = net(
    """
    return self.f(x)
""",
    methods="""

    def f(self, x, t=torch.ones(4)):
        t += 1
        return t * x.sum()
""",
)

CASES["const-static"] = net(
    """
    return self.f(x) + self.g(x)
""",
    methods="""

    @staticmethod
    def f(x):
        t = torch.ones(4)
        return t * x.sum()
    @classmethod
    def g(cls, x):
        t = torch.ones(4)
        return t * x.sum()
""",
)

CASES["const-self-renamed"] = net("""
    me = self
    self = 3
    t = torch.ones(4)
    return t * x.sum() * self
""")

CASES["const-init-nosuper"] = """\
import torch
import torch.nn as nn


class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = self.forward(torch.zeros(1, 1), None)

class Net(Base):
    def __init__(self):
        super().__init__()

    def forward(self, x, y):
        t = torch.ones(4)
        return t * x.sum()
"""

CASES["const-init-calls-forward"] = """\
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = self.forward(torch.zeros(1, 1), None)

    def forward(self, x, y):
        t = torch.ones(4)
        return t * x.sum()
"""

CASES["const-subclass-init-args"] = """\
import torch
import torch.nn as nn


class Base(nn.Module):
    def forward(self, x, y):
        t = torch.ones(4)
        return t * x.sum()


class Net(Base):
    def __init__(self, k=3):
        nn.Module.__init__(self)
        self.k = k
"""

CASES["const-init-local-shadow"] = """\
import torch
import torch.nn as nn
N = 4


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        N = 7
        torch_ = torch

    def forward(self, x, y):
        t = torch.ones(N)
        return t * x.sum()
"""

CASES["const-init-del-self"] = """\
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(this):
        super().__init__()

    def forward(self, x, y):
        t = torch.ones(4)
        return t * x.sum()
"""

CASES["const-init-end-with"] = """\
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        for i in range(2):
            self.a = 1
            # trailing comment

    # between
    def forward(self, x, y):
        t = torch.ones(4)
        return t * x.sum()
"""

CASES["sized-like"] = net("""
    b, c, h, w = x.shape
    z = torch.zeros(b, c, h, w)
    o = torch.ones(x.shape)
    e = torch.full(x.shape, 2.0)
    f = torch.full((b,), 2)
    g = torch.zeros(b, dtype=torch.long)
    k = torch.zeros(b, c, dtype=torch.bool)
    l = torch.ones(x.size(0), 1).long()
    m = torch.zeros(b).half()
    n = torch.full(size=(b, 2), fill_value=1.5)
    p = torch.full((b,), True)
    q = torch.zeros(size=(b, 2))
    r = torch.zeros((b, 2), dtype=None)
    s = torch.ones(b, c, requires_grad=False)
    return z, o, e, f, g, k, l, m, n, p, q, r, s
""")

CASES["sized-like-int"] = net("""
    i = x.long()
    b, c, h, w = i.shape
    z = torch.zeros(b, c, h, w)
    o = torch.ones(i.shape)
    e = torch.full(i.shape, 2.0)
    f = torch.full((b,), 2)
    g = torch.zeros(i.shape, dtype=torch.long)
    k = torch.full(i.shape, 2)
    return z, o, e, f, g, k
""")

CASES["sized-layout"] = net("""
    z = torch.zeros(x.transpose(2, 3).shape)
    t = x.transpose(2, 3)
    w = torch.zeros(t.shape)
    u = x.contiguous(memory_format=torch.channels_last)
    v = torch.ones(u.shape)
    return z.view(-1), w.view(-1), v.view(-1)
""")

CASES["sized-layout3"] = net(
    """
    u = self.conv(x[:, :1].repeat(1, 4, 1, 1).contiguous(memory_format=torch.channels_last))
    v = torch.ones(u.shape)
    return v.view(-1), v.is_contiguous()
""",
)

CASES["sized-half-in"] = net("""
    h = x.half()
    z = torch.zeros(h.shape)
    w = torch.zeros(h.shape[0], 2)
    v = torch.zeros(h.shape).to(h)
    u = torch.zeros(h.shape, dtype=h.dtype)
    return z, w, v, u
""")

CASES["view-batch"] = net("""
    b, c, h, w = x.shape
    return x.view(b, -1), x.view(b, c * h * w), x.reshape(b, c, -1), x.view(b, c, h * w), x.view(x.size(0), -1, w), x.reshape(b, h, w, c), x.view(b * c, h, w), x.reshape(b, 1, c, -1, w), x.view(b, -1, h, w)
""")

CASES["view-trans"] = net("""
    b, c, h, w = x.shape
    t = x.transpose(1, 2)
    r = t.reshape(b, -1)
    p = x.permute(0, 2, 3, 1).reshape(b, h * w, c)
    q = x.permute(0, 2, 3, 1).reshape(b, -1, c)
    return r, p, q
""")

CASES["view-prec"] = net("""
    b, c, h, w = x.shape
    return (x + y).view(b, -1), (-x).view(b, -1), torch.reshape(x + y, (b, -1)), torch.reshape(-x, (b, -1)), torch.reshape(x if b > 1 else y, (b, -1)), torch.reshape((x, y)[0], (b, -1)), torch.reshape(x > 0, (b, -1)), (lambda q: q)(x).view(b, -1), torch.reshape(x.mT
        .contiguous(), (b, -1))
""")

CASES["view-walrus"] = net("""
    return x.view((b := x.shape[0]), -1) + b, x.view(b, x.shape[1], (k := x.shape[2] * x.shape[3])) + k
""")

CASES["view-sideeffect"] = net(
    """
    return x.view(self.batch(x), -1), self.n
""",
    init="""
    self.n = 0
""",
    methods="""

    def batch(self, x):
        self.n += 1
        return x.shape[0]
""",
)

CASES["view-loop-rebound"] = net("""
    b, c, h, w = x.shape
    for i in range(2):
        x = x.reshape(b, -1)
        x = x.reshape(b, c, h, w)
        if i:
            b = b * 2
            x = torch.cat([x, x])
    return x
""")

CASES["view-continue"] = net("""
    b, c, h, w = x.shape
    for i in range(3):
        if i >= 0:
            b = c
            continue
    return x.reshape(b, -1)
""")

CASES["view-try"] = net("""
    b, c, h, w = x.shape
    try:
        b = c
        q = [][0]
        b = x.shape[0]
    except IndexError:
        pass
    return x.reshape(b, -1)
""")

CASES["view-comp-shadow"] = net("""
    b = x.shape[0]
    return [x.reshape(b, -1) for b in (1, 2)], (lambda b: x.reshape(b, -1))(1)
""")

CASES["view-aug"] = net("""
    b = x.shape[0]
    b *= 1
    b2 = x.shape[0]
    b2 *= x.shape[1]
    b3 = x.shape[0]
    b3 -= b3 - 1
    b4 = x.shape[0]
    b4 **= 0
    b5 = x.shape[0]
    b5 >>= 5
    b5 |= 1
    return x.reshape(b, -1), x.reshape(b2, -1), x.reshape(b3, -1), x.reshape(b4, -1), x.reshape(b5, -1)
""")

CASES["ff-basic"] = '''\
import torch
import torch.nn as nn
import torch.nn.functional as F


# comment above
def scale(x, k=2):
    """Doc."""
    # inner
    return x.float() * k  # t


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 2

    def forward(self, x, y):
        return scale(x) + 1
'''

CASES["ff-default-global"] = """\
import torch
import torch.nn as nn
import torch.nn.functional as F

K = 2

def scale(x, k=K):
    return x.float() * k

K = 5


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 2

    def forward(self, x, y):
        return scale(x) + 1
"""

CASES["ff-default-changes"] = """\
import torch
import torch.nn as nn
import torch.nn.functional as F

K = 2


def scale(x, k=K):
    return x.float() * k


K = 7


class Other:
    pass



class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 2

    def forward(self, x, y):
        return scale(x) + 1
"""

CASES["ff-default-call"] = """\
import torch
import torch.nn as nn
import torch.nn.functional as F

import itertools
count = itertools.count()

def scale(x, k=next(count)):
    return x.float() * k

second = next(count)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 2

    def forward(self, x, y):
        return scale(x) + second
"""

CASES["ff-annotation-classattr"] = """\
import torch
import torch.nn as nn
import torch.nn.functional as F


def scale(x: torch.Tensor, q: "int" = 3) -> torch.Tensor:
    return x.float() * q


class Net(nn.Module):
    torch = 99
    int = 3
    def __init__(self):
        super().__init__()
        self.k = 2

    def forward(self, x, y):
        return scale(x) + 1
"""

CASES["ff-two-calls-each"] = """\
import torch
import torch.nn as nn
import torch.nn.functional as F


def half(x):
    return x.float() / 2


def scale(x):
    return half(x) * 2


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 2

    def forward(self, x, y):
        return scale(x) + 1
"""

CASES["ff-mutual"] = """\
import torch
import torch.nn as nn
import torch.nn.functional as F


def a(x, n):
    return x.float() if n == 0 else scale(x, n - 1)


def scale(x, n=2):
    return x * 2 if n == 0 else a(x, n - 1)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 2

    def forward(self, x, y):
        return scale(x) + 1
"""

CASES["ff-used-in-class-body"] = """\
import torch
import torch.nn as nn
import torch.nn.functional as F


def scale(x):
    return x.float() * 2



class Net(nn.Module):
    one = scale(torch.ones(1))
    f = staticmethod(scale)
    def __init__(self):
        super().__init__()
        self.k = 2

    def forward(self, x, y):
        return scale(x) + 1
"""

CASES["ff-used-in-default"] = """\
import torch
import torch.nn as nn
import torch.nn.functional as F


def scale(x):
    return x.float() * 2



class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 2

    def forward(self, x, y, f=scale):
        return f(x) + scale(x)
"""

CASES["ff-lambda-use"] = """\
import torch
import torch.nn as nn
import torch.nn.functional as F


def scale(x):
    return x.float() * 2



class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 2

    def forward(self, x, y):
        return (lambda q: scale(q))(x) + sum(scale(q) for q in [x])
"""

CASES["ff-lambda-shadow"] = """\
import torch
import torch.nn as nn
import torch.nn.functional as F


def scale(x):
    return x.float() * 2



class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 2

    def forward(self, x, y):
        return scale(x) + (lambda scale: scale)(3)
"""

CASES["ff-nested-def-self"] = """\
import torch
import torch.nn as nn
import torch.nn.functional as F


def scale(x):
    return x.float() * 2



class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 2

    def forward(self, x, y):
        def inner(self):
            return scale(self)
        return inner(x) + scale(x)
"""

CASES["ff-self-rebound"] = """\
import torch
import torch.nn as nn
import torch.nn.functional as F


def scale(x):
    return x.float() * 2



class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 2

    def forward(self, x, y):
        self = 3
        return scale(x) + self
"""

CASES["ff-reassigned"] = """\
import torch
import torch.nn as nn
import torch.nn.functional as F


def scale(x):
    return x.float() * 2


_old = scale


def scale(x):
    return _old(x) * 3



class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 2

    def forward(self, x, y):
        return scale(x) + 1
"""

CASES["ff-subclass-override"] = """\
import torch
import torch.nn as nn
import torch.nn.functional as F


def scale(x):
    return x.float() * 2


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 2

    def forward(self, x, y):
        return scale(x) + 1


class Model(Net):
    def scale(self, x):
        return x * 100
"""

CASES["ff-all"] = """\
import torch
import torch.nn as nn
import torch.nn.functional as F

__all__ = ["Net", "scale"]


def scale(x):
    return x.float() * 2


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 2

    def forward(self, x, y):
        return scale(x) + 1
"""

CASES["ff-kwargs-star"] = """\
import torch
import torch.nn as nn
import torch.nn.functional as F


def scale(x, *args, k=2, **kw):
    return x.float() * k + len(args) + len(kw)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 2

    def forward(self, x, y):
        return scale(x, 1, 2, k=3, z=4) + 1
"""

CASES["ff-class-cell"] = """\
import torch
import torch.nn as nn
import torch.nn.functional as F

__class__ = "hello"

def scale(x):
    return x.float() * len(__class__)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 2

    def forward(self, x, y):
        return scale(x) + 1
"""

CASES["ff-default-in-other"] = """\
import torch
import torch.nn as nn
import torch.nn.functional as F


def scale(x):
    return x.float() * 2


def other(x, f=scale):
    return f(x)



class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 2

    def forward(self, x, y):
        return scale(x) + other(x)
"""

CASES["ff-deco-on-other"] = """\
import torch
import torch.nn as nn
import torch.nn.functional as F


def scale(x):
    return x.float() * 2 if isinstance(x, torch.Tensor) else x


@scale
def other(x):
    return x



class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 2

    def forward(self, x, y):
        return scale(x) + other(x)
"""

CASES["ff-last-stmt-comment"] = """\
import torch
import torch.nn as nn
import torch.nn.functional as F


def scale(x):
    return x.float() * 2
    # trailing in function

# standalone


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 2

    def forward(self, x, y):
        return scale(x) + 1
"""

CASES["list-annotation-write"] = net(
    """
    return self.go([x, y])
""",
    methods="""

    def go(self, xs: Optional[List[torch.Tensor]] = None):
        out = torch.zeros(len(xs), 3)
        for i in range(len(xs)):
            out[i] = xs[i].mean()
        return out
""",
    above="""

    from typing import Dict, List, Optional
""",
)

CASES["opt-none"] = net(
    """
    return self.go(x), self.go(x, y)
""",
    methods="""

    def go(self, x, m: Optional[torch.Tensor] = None):
        if m is None:
            m = x > 0
        return m.float().bool(), m.bool()
""",
    above="""

    from typing import Optional
""",
)

CASES["int-param-big"] = net(
    """
    x = self.conv(x[:, :1].repeat(1, 4, 1, 1))
    return self.go(x, 2), self.go(x, 99), self.go(x, 0)
""",
    methods="""

    def go(self, x, k: int = 1):
        out = torch.zeros_like(x)
        v = x * 2
        out[:, :, k:] = v[:, :, k:]
        return out
""",
)

CASES["attr-changed-outside"] = """\
import torch
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
        self.k = 1

    def forward(self, x, y):
        x = self.conv(x[:, :1].repeat(1, 4, 1, 1))
        out = torch.zeros_like(x)
        v = x * 2
        k = self.k
        out[:, :k] = v[:, :k]
        out[:, 1:] = v[:, 1:] * 3
        return out


class Model(Net):
    def __init__(self):
        super().__init__()
        self.k = 2
"""

CASES["helper-keeps-list"] = net(
    """
    x = self.conv(x[:, :1].repeat(1, 4, 1, 1))
    z = x * 2
    store = []
    self.keep_(z, store)
    z[:, :1] = x[:, :1]
    return z, store[0]
""",
    methods="""

    def keep_(self, q, store):
        store.append(q)
""",
)

CASES["layer-flatten"] = net(
    """
    x = self.conv(x[:, :1].repeat(1, 4, 1, 1))
    z = x * 2
    t = self.fl(z)
    t[:, :1] = 3 * t[:, :1]
    t[:, 1:] = t[:, 1:] * 2
    return t, z
""",
    init="""
    self.fl = nn.Flatten()
""",
)

CASES["pool-same"] = net(
    """
    x = self.conv(x[:, :1].repeat(1, 4, 1, 1))
    z = x * 2
    t = F.pad(z, (0, 0, 0, 0))
    t[:, :1] = x[:, :1]
    s = F.dropout(z, 0.0)
    s[:, 1:] = x[:, 1:]
    q = F.adaptive_avg_pool2d(z, (None, None))
    q[:, 1:] = x[:, 1:]
    i = F.interpolate(z, scale_factor=1)
    i[:, 1:] = x[:, 1:]
    return t, s, z, q, i
""",
)

CASES["al-pos"] = net(
    """
    x = self.conv(x[:, :1].repeat(1, 4, 1, 1))
    z = x * 2
    p = +z
    z[:, :1] = x[:, :1] * 9
    return p, z
""",
)

CASES["ac-pos"] = net(
    """
    z = torch.ones(2, 4, 4, 4)
    p = +z
    p += 1
    return z * x.sum()
""",
)

CASES["ac-real"] = net(
    """
    z = torch.ones(2, 4, 4, 4)
    p = z.real
    p += 1
    return z * x.sum()
""",
)

CASES["al-T"] = net(
    """
    x = self.conv(x[:, :1].repeat(1, 4, 1, 1))
    z = x * 2
    p = z.mT
    z[:, :1] = x[:, :1] * 9
    return p, z
""",
)

CASES["al-where0"] = net(
    """
    x = self.conv(x[:, :1].repeat(1, 4, 1, 1))
    z = x * 2
    p = torch.as_tensor(z)
    z[:, :1] = x[:, :1] * 9
    return p, z
""",
)

CASES["ac-where0"] = net(
    """
    z = torch.ones(2, 4, 4, 4)
    p = torch.as_tensor(z)
    p += 1
    return z * x.sum()
""",
)

CASES["al-checkpoint"] = net(
    """
    x = self.conv(x[:, :1].repeat(1, 4, 1, 1))
    z = x * 2
    p = torch.utils.checkpoint.checkpoint(lambda q: q, z, use_reentrant=False)
    z[:, :1] = x[:, :1] * 9
    return p, z
""",
)

CASES["al-dropout"] = net(
    """
    x = self.conv(x[:, :1].repeat(1, 4, 1, 1))
    z = x * 2
    p = F.dropout(z, training=self.training)
    z[:, :1] = x[:, :1] * 9
    return p, z
""",
)

CASES["ac-dropout"] = net(
    """
    z = torch.ones(2, 4, 4, 4)
    p = F.dropout(z, training=self.training)
    p += 1
    return z * x.sum()
""",
)

CASES["al-flatmod"] = net(
    """
    x = self.conv(x[:, :1].repeat(1, 4, 1, 1))
    z = x * 2
    p = nn.Flatten(0)(z)
    z[:, :1] = x[:, :1] * 9
    return p, z
""",
)

CASES["ac-flatmod"] = net(
    """
    z = torch.ones(2, 4, 4, 4)
    p = nn.Flatten(0)(z)
    p += 1
    return z * x.sum()
""",
)

CASES["ac-dict2"] = net(
    """
    z = torch.ones(2, 4, 4, 4)
    p = {**{'a': z}}['a']
    p += 1
    return z * x.sum()
""",
)

# -- generators, hooks and decorators: what runs between two lines ----------------------------------

CASES["gen-yields-early"] = net(
    """
    return list(self.steps(self.conv(x)))
""",
    methods="""

    def steps(self, x):
        out = torch.zeros_like(x)
        yield out
        out[:, :2] = x[:, :2]
        yield out
        out[:, 2:] = x[:, 2:]
        yield out
""",
)

CASES["gen-context-manager"] = net(
    """
    x = self.conv(x)
    with self.filled(x) as out:
        kept = out
    return kept
""",
    methods="""

    @contextlib.contextmanager
    def filled(self, x):
        out = torch.zeros_like(x)
        yield out
        out[:, :2] = x[:, :2]
        out[:, 2:] = x[:, 2:]
""",
    above="""
    import contextlib
""",
)

CASES["hook-writes-into-input"] = known(
    """
    z = x * 2
    out = torch.zeros_like(x)
    out[:, :2] = z[:, :2]
    a = self.conv(z)
    out[:, 2:] = z[:, 2:]
    return out, a
""",
    init="""

    def hook(module, inputs):
        inputs[0].add_(1)

    self.conv.register_forward_pre_hook(hook)
""",
)

# -- creation options that a buffer or new_zeros() loses --------------------------------------------

CASES["sized-device-parameter"] = net(
    """
    return self.go(x, "meta")
""",
    methods="""

    def go(self, x, dev):
        return torch.zeros(x.shape, device=dev).device.type
""",
)

CASES["sized-requires-grad"] = net("""
    t = torch.zeros(x.shape, requires_grad=True)
    return t.requires_grad
""")

CASES["const-explicit-dtype-cast-module"] = """\
import torch
import torch.nn as nn


class Inner(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(4, 4)

    def forward(self, x):
        t = torch.full((4,), 0.1, dtype=torch.float32)
        return x.float().sum() * t * 1000


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Inner().half()

    def forward(self, x, y):
        return self.inner(x)
"""

CASES["const-meta-then-to-empty"] = """\
import torch
import torch.nn as nn


class Inner(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(4, 4)

    def forward(self, x):
        t = torch.ones(4)
        return self.lin(x.flatten()[:4]) * t


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        state = Inner().state_dict()
        with torch.device("meta"):
            self.inner = Inner()
        self.inner.to_empty(device="cpu")
        self.inner.load_state_dict(state)

    def forward(self, x, y):
        return self.inner(x)
"""

CASES["const-buffers-refilled"] = """\
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("scale", torch.ones(2))
        for buffer in self.buffers():
            buffer.fill_(9)

    def forward(self, x, y):
        t = torch.ones(4)
        return t * x.sum() * self.scale[0]
"""

CASES["const-default-dtype-in-forward"] = """\
import torch
import torch.nn as nn


class Inner(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 1

    def forward(self, x):
        t = torch.tensor([0.1, 0.2])
        return t * x.sum()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Inner()

    def forward(self, x, y):
        torch.set_default_dtype(torch.float64)
        try:
            return self.inner(x)
        finally:
            torch.set_default_dtype(torch.float32)
"""

# -- an __init__ that does not run, or a register_buffer that is another ----------------------------

CASES["const-super-of-base"] = """\
import torch
import torch.nn as nn


class Base(nn.Module):
    def __init__(self):
        super(Base, self).__init__()
        self.k = 5

    def forward(self, x, y):
        t = torch.ones(4)
        return t * x.sum()


class Net(Base):
    def __init__(self):
        super(Base, self).__init__()
"""

CASES["const-super-mentioned-only"] = """\
import torch
import torch.nn as nn


class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 5

    def forward(self, x, y):
        t = torch.ones(4)
        return t * x.sum()


class Net(Base):
    def __init__(self, whole=False):
        if whole:
            super().__init__()
        else:
            nn.Module.__init__(self)
"""

CASES["const-class-decorator-init"] = """\
import torch
import torch.nn as nn


def plain(cls):
    def init(self):
        nn.Module.__init__(self)

    cls.__init__ = init
    return cls


@plain
class Net(nn.Module):
    def forward(self, x, y):
        t = torch.ones(4)
        return t * x.sum()
"""

CASES["const-register-buffer-override"] = """\
import torch
import torch.nn as nn


class Base(nn.Module):
    def register_buffer(self, name, value, persistent=True):
        super().register_buffer(name, value * 2, True)


class Net(Base):
    def __init__(self):
        super().__init__()
        self.k = 1

    def forward(self, x, y):
        t = torch.ones(4)
        return t * x.sum()
"""

CASES["const-getattr-override"] = """\
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 1

    def __getattr__(self, name):
        return 5

    def forward(self, x, y):
        t = torch.ones(4)
        return t * x.sum()
"""

CASES["const-getstate-drops-buffers"] = """\
import copy

import torch
import torch.nn as nn


class Inner(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 1

    def __getstate__(self):
        return {**self.__dict__, "_buffers": {}}

    def forward(self, x):
        t = torch.ones(4)
        return t * x.sum()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = copy.deepcopy(Inner())

    def forward(self, x, y):
        return self.inner(x)
"""

# -- spelling ---------------------------------------------------------------------------------------

CASES["const-ligature-name"] = """\
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 1

    def forward(self, x, y):
        \ufb01t = torch.ones(4)  # \\ufb01t is fit
        return fit * x.sum()
"""

CASES["const-tabs-no-init"] = """\
import torch
import torch.nn as nn


class Net(nn.Module):
\tdef forward(self, x, y):
\t\tt = torch.ones(4)
\t\treturn t * x.sum()
"""

CASES["torch-local-shadow-added-import"] = """\
import torch as th
import torch.nn
import torch.nn.functional as F


class Net(th.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = th.nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x, y):
        x = self.conv(x)
        b, c, h, w = x.shape
        torch = 3
        out = th.zeros(b, c, h * 2, w * 2)
        out[:, :, 0::2, 0::2] = x
        out[:, :, 1::2, 0::2] = x * 2
        out[:, :, 0::2, 1::2] = x * 3
        out[:, :, 1::2, 1::2] = x * 4
        return out, torch
"""

# -- what a callee returns and keeps ----------------------------------------------------------------

CASES["helper-stores-what-it-returns"] = net(
    """
x = self.conv(x)
z = self.prep(x)
z[:, :2] = x[:, :2]
z[:, 2:] = x[:, 2:] * 3
return z, self.cur
""",
    methods="""
def prep(self, x):
    z = x * 2
    self.cur = z
    return z
""",
)

CASES["helper-lists-what-it-returns"] = net(
    """
x = self.conv(x)
z = self.prep(x)
z[:, :2] = x[:, :2]
z[:, 2:] = x[:, 2:] * 3
return z, self.cur['a'], self.lst[0]
""",
    init="self.cur = {}\nself.lst = []\n",
    methods="""
def prep(self, x):
    z = x * 2
    self.cur['a'] = z
    self.lst.clear()
    self.lst.append(z)
    return z
""",
)

CASES["submodule-stores-what-it-returns"] = net(
    """
x = self.conv(x)
z = self.a(x)
z[:, :2] = x[:, :2] * 5
z[:, 2:] = x[:, 2:]
return z, self.b.last
""",
    above="""

class Sub(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = None

    def forward(self, x):
        y = x * 2
        self.last = y
        return y
""",
    init="self.a = Sub()\nself.b = self.a\n",
)

CASES["hook-keeps-output"] = net(
    """
x = self.conv(x)
z = self.c2(x)
z[:, :2] = x[:, :2] * 5
z[:, 2:] = x[:, 2:]
return z, self.kept[-1]
""",
    init="""
self.kept = []
self.c2 = nn.Conv2d(4, 4, 1)
self.c2.register_forward_hook(lambda m, i, o: self.kept.append(o))
""",
)

CASES["cached-property-write"] = net(
    """
z = self.grid
z = z + 0
g = self.grid
g[:, :2] = z[:, 2:] + 1
return self.grid
""",
    methods="""
@functools.cached_property
def grid(self):
    return torch.zeros(4, 4)
""",
    above="import functools\n",
)

CASES["cached-function-write"] = net(
    """
x = self.conv(x)
g = grid(4)
h = grid(4)
g[:, :2] = h[:, 2:] + 1
return g, h
""",
    above="""
import functools
@functools.cache
def grid(n):
    t = torch.zeros(n, n)
    return t
""",
)

CASES["helper-global-keeps"] = net(
    """
x = self.conv(x)
z = get(x)
z[:, :2] = x[:, :2]
return z, LAST
""",
    above="""
LAST = None
def get(x):
    global LAST
    t = x * 2
    LAST = t
    return t
""",
)

CASES["default-list-keeps"] = net(
    """
x = self.conv(x)
z = self.get(x)
z[:, :2] = x[:, :2]
return z, self.peek()
""",
    methods="""
def peek(self):
    return Net.get.__defaults__[0][-1]
def get(self, x, c=[]):
    t = x * 2
    c.append(t)
    return t
""",
)

CASES["locals-keeps"] = known("""
out = torch.zeros_like(x)
d = dict(locals())
out[:, :2] = x[:, :2]
out[:, 2:] = y[:, 2:]
return d['out'], out
""")

CASES["const-data-rebound"] = net("""
t = torch.ones(4)
t.data = torch.zeros(4)
u = torch.ones(4)
u.data[0] = 5
v = torch.ones(4)
v.data += 1
return t * x.sum(), u * x.sum(), v * x.sum()
""")

CASES["masks-of-rows"] = known("""
    t = y * 2
    k = t.mean((1, 2, 3)) > 0
    t[k] = x[k] * 2 + y[k]
    t[k] = x[0]
    t[~k] = x[~k].abs()
    return t
""")

CASES["mask-written-into"] = known("""
    t = y * 2
    k = t > 0
    t[k] = t[k] * x[k].clamp(-1, 1).abs()
    k &= t > 1
    t[k] -= 1
    return t, k
""")

CASES["masks-and-dtypes"] = known("""
    m = (y * 3).long()
    m[x > 0] = 2.7
    m[x < 0] += 1
    m[m > 2] *= 3
    h = y.half()
    h[x > 0] = 1e6
    h[x < 0] = -1e9
    h[x < -1] *= 2.5
    b = y > 0
    b[x > 0] = 0.5
    d = y.clone()
    d[x > 0] = x.double().mean()
    d[x < 0] += x.long().sum()
    return m, h, b, d
""")

CASES["masks-in-a-loop"] = known("""
    kept = []
    t = y * 2
    for i in range(3):
        t[t > i] = i - 1
        kept.append(t.mean())
        y[y > i] = i
        kept.append(y)
    return t, kept
""")

CASES["masks-behind-slices"] = known("""
    t = y * 2
    k = t.mean((0, 2, 3)) > 0
    t[:, k] = 1
    t[:, k] *= x[:, k]
    t[:, k] = x[:, :, :, :1][:, k]
    w = t.flatten(2) * 2
    w[..., w.mean((0, 1)) > 0] += 2
    return t, w
""")

CASES["mask-of-infinities"] = net("""
    z = x * 1
    z[torch.isinf(z)] = 0
    z[z != z] = 1
    z[z == 0] = x[z == 0] * 2
    v = y[:, 0]
    v[v > 0] = 1
    return z, y
""")

CASES["copies-of-whole-tensors"] = known("""
    z = torch.zeros_like(x)
    z.copy_(x[:, :1])
    w = torch.empty_like(x)
    w.copy_(x)
    w += 1
    n = torch.zeros(x.shape, dtype=torch.int64)
    n.copy_(x * 3)
    v = torch.zeros_like(x)
    v.copy_(x.transpose(2, 3).contiguous().transpose(2, 3))
    s = x * 2
    s.copy_(s[:1])
    t = torch.zeros_like(x)
    u = t
    t.copy_(y)
    return x, z, w, n, v.view(-1), s, u
""")

CASES["masks-combined-in-place"] = net("""
    m = x > 0
    m &= y > 0 if x.shape[0] > 1 else x < 3
    m |= not m.any()
    m &= (y > 0)[:, :1]
    k = m
    k ^= y > x
    i = x.long()
    i &= y > 0
    seen = []
    for step in range(2):
        k |= y > step
        seen.append(k)
    return m, i, seen
""")

CASES["sizes-as-numbers"] = net(
    """
    n = x.shape[0] * x.shape[2]
    half = int(n / x.shape[2])
    return (
        -int(n / 3) % 3, int(n / 2) ** 2, 2 ** int(x.shape[0]) // 3, math.ceil(n / 2) * 2,
        x.long() * float(n), x / float(n), int((x.shape[0] - 5) / 2), int(n / 2).bit_length(),
        [int(n / x.shape[2]), str(int(n / 3))], len(x) - len(y), x[: len(x) // 2], half,
    )
    """,
    above="import math",
)

CASES["choices-by-a-tensor"] = known("""
    if (x > 1).any() and not x.sum() > 9:
        x = x * 2
        y = x + 1
    else:
        y = y - 1
    z = x + 1 if y.max().item() > 0.5 else y
    z += 1
    if y.mean():
        w = torch.zeros_like(y)
    else:
        w = y / y.sum()
    return x, y, z, w * max(x.sum(), y.sum()) + min(x.mean(), -x.mean())
""")

CASES["choices-among-aliases"] = known("""
    k = x
    if x.sum() > 0:
        x = x * 2
    x += 1
    v = x if x.sum() > 0 else y
    seen = []
    for step in range(2):
        if y.sum() > step:
            y = y * 0.5
        seen.append(y)
    return k, x, v, seen
""")

CASES["choices-that-may-fail"] = known("""
    n = (x * 3).long()
    if n.min() > 0:
        n = 7 // n
    i = n.flatten()
    if i.min() >= 0 and i.max() < 4:
        x = self.conv.bias[i].view_as(x)
    if x.sum() > 0:
        return x[:, :1]
    return x
""")

CASES["numbers-out-of-tensors"] = known("""
    n = (x > 0).sum()
    s = x.max().item()
    for i in range(2):
        t = x.min().item()
        x = x * t
    return (
        x * s, s - x, s / x, x / s, y < s, s > y, x.masked_fill(y > 0, s), y.half() * s, y.double() * s,
        x.long() * int(n), x.int() * n.item(), y * n.item(), y ** s, f"{s}",
    )
""")

CASES["numbers-out-of-inputs"] = net("""
    s = float(x.max())
    a = torch.from_numpy(3 - x.detach().cpu().numpy() * 2)
    b = torch.from_numpy(y.detach().numpy())
    b += 1
    return x * s, x * x.max().item(), x.max().item() - y, a, b, y
""")

CASES["squeezed-tables"] = net(
    """
    m = x.mean()
    a = (self.table * m).squeeze()
    b = torch.squeeze(self.scale + m)
    c = (m + self.one).squeeze()
    d = self.table.squeeze()
    return a, b, c, d.t(), x.mean((2, 3), keepdim=True).squeeze(), x[:, :1].squeeze()
    """,
    init="""
    self.table = nn.Parameter(torch.ones(1, 4, 1, 8))
    self.scale = nn.Parameter(torch.ones(4, 1, 1))
    self.one = nn.Parameter(torch.ones(1, 1))
    """,
)

CASES["methods-with-an-underscore"] = known("""
    y.add_(1)
    y.sub_(x, alpha=2)
    z = y
    y.div_(2)
    h = y.half()
    h.add_(x)
    t = torch.zeros(4, 1, 1)
    for i in range(3):
        t += x.mean((0, 2, 3))[:, None, None]
    u = [t]
    t *= 2
    return y, z, (x * y).clamp_(0, 1), x.sigmoid_() + x, self.conv(x).add_(y).relu_(), h, u
""")

CASES["empty-read-in-a-loop"] = net("""
    b, c, h, w = x.shape
    out = torch.empty(b, c, 2, h, w)
    for i in range(2):
        if i > 0:
            out[:, :, i, :, i:] = x[..., i:]
        else:
            out[:, :, i] = x
    return out
""")
