"""What expressions are said to be, against what torch makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from abstract import evaluate, returned, shown

from trtlint.analysis.values import (
    Int,
    Items,
    Method,
    Number,
    Tensor,
    Unknown,
    Value,
    aliases,
    join,
)

INIT = """
self.conv = nn.Conv2d(4, 5, 3, padding=1)
self.down = nn.Conv2d(4, 5, 3, stride=2)
self.up = nn.ConvTranspose2d(4, 5, 2, stride=2)
self.fc = nn.Linear(8, 3)
self.wide = nn.Linear(8, 3, dtype=torch.float64)
self.relu = nn.ReLU()
self.relu_in = nn.ReLU(True)
self.relu_kw = nn.ReLU(inplace=True)
self.leaky = nn.LeakyReLU(0.1, True)
self.hard = nn.Hardtanh(-1, 1, True)
self.drop = nn.Dropout(0.5)
self.same = nn.Identity()
self.norm = nn.BatchNorm2d(4)
self.layer = nn.LayerNorm(8)
self.pool = nn.MaxPool2d(2)
self.flat = nn.Flatten()
self.shuffle = nn.PixelShuffle(2)
self.table = nn.Embedding(9, 3)
self.both = nn.Sequential(nn.Conv2d(4, 6, 1), nn.ReLU())
self.none = nn.Sequential(nn.Identity(), nn.Dropout())
self.soft = nn.Softmax(1)
self.gain = nn.Parameter(torch.ones(8))
self.register_buffer("grid", torch.ones(4, 1, 1))
self.register_buffer("steps", torch.arange(8))
self.register_buffer("exact", torch.ones(8, dtype=torch.float64))
"""
EXPRESSIONS = """
x
x.argmax(1)
torch.argmin(x, dim=-1, keepdim=True)
x.argmax()
x.max(1).values
x.max(1)[1]
x.min()
torch.max(x, x * 2)
torch.min(x, x[:, :1])
x.max(other=x.mean(1, keepdim=True))
x.topk(2, 1)[1]
x.topk(2, dim=-1).values
x.sort(1).indices
torch.argsort(x, 1)
x.median()
x.kthvalue(2, 1).values
x.cumsum(1)
(x > 0).cumsum(1)
(x > 0).long().topk(1, 1).values
x.cummax(1)[1]
torch.isin(x, x)
torch.polar(x, x)
torch.complex(x, x)
torch.view_as_real(torch.complex(x, x) * 2)
torch.view_as_complex(x.unflatten(-1, (-1, 2)))
torch.count_nonzero(x)
torch.bmm(x[0], x[0].transpose(1, 2))
torch.matmul(x, x.transpose(2, 3))
torch.einsum("bchw->bwhc", x)
F.one_hot(x.argmax(1), 16)
x.gather(1, x.argmax(1, keepdim=True))
x.diff()
x.lgamma()
torch.searchsorted(x, x)
(x > 0).signbit()
torch.logaddexp(x, x)
x + 1
x * 2.0
x / 2
-x
~(x > 0)
x > 0
(x > 0) & (x < 1)
x[0]
x[:, 0]
x[..., 0]
x[:, None]
x[:, 1:, ::2]
x[:, :, 1:-1, -3:]
x[:, -1]
x[None, ..., 1:, 0]
x[x > 0]
x[:, [0, 0]]
x.view(b, c, h * w)
x.view(b, -1)
x.view(-1)
x.view(x.shape)
x.view(b * c, -1, w)
x.view(torch.int32)
x.reshape(b, c * h, w)
x.reshape(-1, w)
x.permute(0, 2, 3, 1)
x.permute((0, 3, 1, 2))
x.transpose(1, 2)
x.transpose(-1, -2)
x.swapaxes(0, 3)
x.flatten(1)
x.flatten()
x.flatten(-2)
x.flatten(1, 2)
x.unflatten(3, (2, 4))
x.unflatten(1, (-1, c))
x.unsqueeze(1)
x.unsqueeze(-1)
x.unsqueeze(0).squeeze(0)
x.squeeze()
x.squeeze(1)
x[:, :1].squeeze(1)
x.expand(b, c, h, w)
x.expand(2, -1, -1, -1, -1)
x[:, :1].expand_as(x)
x[:, :1].expand(-1, c, -1, -1)
x.repeat(1, 2, 1, 1)
x.repeat(2, 1, 1, 1, 1)
x.contiguous()
x.clone()
x.detach()
x.data
x.mT
x.to(x.device)
x.to(torch.float32)
x.to(torch.float64)
x.float()
x.double()
x.half()
x.long()
x.bool()
x.type_as(x)
x.type(torch.float64)
x.cpu()
x.sum()
x.sum(1)
x.sum((1, 2))
x.sum(-1, keepdim=True)
x.sum(1, True)
x.sum(dim=1, dtype=torch.float64)
x.mean(1)
x.mean((2, 3), keepdim=True)
x.mean(dim=(1,))
x.amax(1)
x.amin((0, 1), keepdim=True)
x.mean((0, 2, 3))
x.sum((-1, -3))
x.sum((0, -1))
x.sum(())
x.mean((-1, -2), keepdim=True)
x.argmax(-1)
x.argmax(2, keepdim=True)
x.std(1)
x.std(1, True)
x.std(1, keepdim=True)
x.var(1, False, True)
x.var(dim=1, unbiased=False)
x.norm()
x.norm(2)
x.norm(2, 1)
x.norm(dim=1)
x.norm(2, dim=1, keepdim=True)
x.logsumexp(1)
x.prod(1)
x.prod()
(x > 0).all()
(x > 0).any(1)
(x > 0).sum(1)
x.argmax(1)
x.argmax()
x.max(1)[0]
x.max(1).values
x.max()
x.min(1)[1]
x.cumsum(1)
x.softmax(1)
x.softmax(1, torch.float64)
torch.softmax(x, dim=1)
x.sigmoid()
x.exp()
x.abs()
x.clamp(0, 1)
x.relu()
x.pow(2)
x ** 2
2 ** x
x // 2
x % 2
x @ x.transpose(2, 3)
torch.matmul(x, x.mT)
torch.where(x > 0, x, x[:, :1])
torch.where(x > 0, x, 0.0)
torch.where(x > 0, 1, 0)
torch.where(x > 0)
torch.where(x > 0)[0]
torch.nonzero(x > 0, as_tuple=True)
(x > 0).nonzero()
torch.greater(x, 0)
torch.less_equal(x, x[:, :1])
x.not_equal(0)
torch.maximum(x, x[:, :1])
torch.cat((x, x), 1)
torch.cat([x, x[:, :1]], dim=1)
torch.cat((x, x.double()))
torch.stack((x, x), 1)
torch.stack([x, x], dim=-1)
torch.stack((x, x))
x.chunk(2, 3)[0]
x.chunk(3, 3)[0]
x.chunk(2, dim=2)[1]
torch.chunk(x, 2)[0]
x.split(2, 1)[0]
x.split([1, 3], dim=1)[1]
torch.split(x, (3, 1), 1)[0]
x.unbind(1)[0]
x.narrow(1, 0, 2)
x.select(1, 0)
x.flip(1)
x.roll(1, 1)
x.masked_fill(x > 0, 0.0)
x.tril()
F.pad(x, (1, 2))
F.pad(x, (0, 0, 1, 1))
F.pad(x, (-1, 0, 2, 1))
F.pad(x, (1, 1), value=2.0)
F.relu(x)
F.relu(x, inplace=True)
F.relu(x, True)
F.leaky_relu(x, 0.1, True)
F.dropout(x, 0.5, self.training)
F.dropout(x, training=False)
F.softmax(x, 1)
F.normalize(x, dim=1)
F.pixel_shuffle(x, 2)
F.pixel_unshuffle(x, 2)
F.interpolate(x, scale_factor=2)
F.avg_pool2d(x, 2)
F.max_pool2d(x, 2)
F.adaptive_avg_pool2d(x, 1)
F.conv2d(x, torch.ones(2, 4, 1, 1))
F.one_hot(x.argmax(1), 4)
F.layer_norm(x, (8,))
F.linear(x, torch.ones(3, 8))
F.unfold(x, 2)
F.silu(x, inplace=True)
torch.flatten(x, 1)
torch.reshape(x, (b, -1))
torch.permute(x, (0, 2, 3, 1))
torch.transpose(x, 1, 2)
torch.unsqueeze(x, 0)
torch.squeeze(x[:1], 0)
torch.add(x, 1)
torch.mul(x, x[:, :1])
torch.div(x, 2)
torch.div(x, 2, rounding_mode="floor")
torch.atan2(x, x)
torch.clone(x)
torch.abs(x)
torch.sum(x, 1)
torch.mean(x, dim=1, keepdim=True)
torch.norm(x, dim=1)
torch.norm(x, 2, 1)
torch.max(x, 1)[0]
torch.clamp(x, min=x[:, :1])
torch.clamp(x.argmax(1), min=0.5)
x.argmax(1).clamp(0.5)
torch.zeros(b, c)
torch.zeros((b, 3))
torch.zeros(x.shape)
torch.zeros(*x.shape)
torch.zeros(2, 3, dtype=torch.int64)
torch.ones(b, dtype=x.dtype)
torch.full((b, c), 1)
torch.full((b, c), 1.0)
torch.full((b, c), True)
torch.full((2,), 1, dtype=torch.float64)
torch.empty(c)
torch.arange(5)
torch.arange(w)
torch.arange(1, w)
torch.arange(0, w, 2)
torch.arange(4.0)
torch.arange(0, 1, 0.25)
torch.linspace(0, 1, 5)
torch.eye(3)
torch.eye(h, w)
torch.tensor([1, 2])
torch.tensor([[1.0, 2.0]])
torch.tensor(3)
torch.tensor([True, False])
torch.tensor([1, 2.5])
torch.zeros_like(x)
torch.ones_like(x, dtype=torch.bool)
torch.full_like(x, 2)
torch.rand_like(x)
x.new_zeros(b, 3)
x.new_ones((2, 2))
x.new_full((b,), 1.0)
x.new_tensor([1, 2])
x.new_zeros(b, dtype=torch.int64)
self.conv(x)
self.down(x)
self.up(x)
self.fc(x)
self.wide(x.double())
self.relu(x)
self.relu_in(x)
self.relu_kw(x)
self.leaky(x)
self.hard(x)
self.drop(x)
self.same(x)
self.norm(x)
self.layer(x)
self.pool(x)
self.flat(x)
self.shuffle(x)
self.table(x.argmax(1))
self.both(x)
self.none(x)
self.soft(x)
self.gain
self.grid
self.steps
self.exact
self.exact * 1
self.gain + self.exact
self.conv.weight
x * self.gain
x + self.steps
x * self.exact
self.grid.type_as(self.exact)
x.argmax(1) + 1
x.argmax(1) + 0.5
x.argmax(1) / 2
x.argmax(1) // 2
(x > 0) + (x > 1)
(x > 0) * 1
(x > 0) * 1.5
(x > 0) * x
(x > 0).byte() + (x > 0).char()
x.half() + x
x.half() + x.bfloat16()
x + torch.tensor(2.0, dtype=torch.float64)
x.argmax(1) + x.sum()
x.argmax(1) + torch.tensor(1.5)
x.argmax(1).int() + x.argmax(1)
x.add_(0)
x.mul_(1.0)
x.requires_grad_(False)
x.index_select(1, torch.tensor([0]))
x.gather(1, x.argmax(1, keepdim=True))
x.diagonal()
x.real
x.unfold(3, 2, 1)
x.movedim(1, 2)
x.view_as(x)
x.reshape_as(x)
x.tile(2)
x.broadcast_to(2, b, c, h, w)
torch.atleast_1d(x)
torch.atleast_2d(x)
torch.broadcast_tensors(x, x)[0]
torch.einsum("bchw->bc", x)
torch.einsum("bchw->bwhc", x)
x.squeeze(0).squeeze(0)
x.ravel()
x.positive()
x.to(x)
x.to("cpu")
x.to("cpu", torch.float64)
x.resolve_conj()
x.hsplit(2)[0]
x.tensor_split(2, 1)[0]
x.nan_to_num()
x.where(x > 0, x)
x.expand(b, -1, h, w)
x.view(b, c, 2, -1, w)
x.size(), x.shape[1:], x.size(1), x.dim(), x.numel(), len(x)
x.shape[0] * 2, x.shape[-1] // 3, -x.shape[1], x.shape[1] % 3, h - w
int(c / 2), max(h, 3), min(w, h)
[x, x[0]], (x.long(),)
""".strip().splitlines()
SHAPES = [(2, 4, 6, 8), (1, 4, 5, 8), (3, 4, 1, 8), (4, 4, 2, 8)]


def mismatches(said: Value, is_: Any, values: Mapping[str, int], x: Any) -> Iterator[str]:
    """Where the abstract value is not true of the real one."""
    torch = pytest.importorskip("torch")
    match said:
        case Tensor():
            if not isinstance(is_, torch.Tensor):
                yield f"a tensor, but it is {type(is_).__name__}"
                return
            yield from _tensor_mismatches(said, is_, values, x)
        case Int(size=size):
            try:
                if evaluate(size, values) != is_:
                    yield f"{size} but {is_}"
            except KeyError:
                pass
        case Number(kind=kind):
            if type(is_).__name__ != kind:
                yield f"a Python {kind}, but it is {type(is_).__name__}"
        case Items(items=tuple() as items):
            if len(items) != len(is_):
                yield f"{len(items)} items, but {len(is_)}"
            else:
                for one, other in zip(items, is_, strict=True):
                    yield from mismatches(one, other, values, x)
        case Unknown() if isinstance(is_, torch.Tensor) and _shares(is_, x):
            if "parameter x" not in aliases(said):
                yield "unknown, but it shares the input's storage"


def _shares(tensor: Any, x: Any) -> bool:
    return bool(tensor.numel()) and (
        tensor.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
    )


def _tensor_mismatches(said: Tensor, is_: Any, values: Mapping[str, int], x: Any) -> Iterator[str]:
    if _shares(is_, x) and "parameter x" not in said.storage:
        yield "storage of its own, but it shares the input's"
    dtype = str(is_.dtype).removeprefix("torch.")
    if said.dtype is not None:
        if said.dtype.spelled and said.dtype.name != dtype:
            yield f"dtype {said.dtype}, but {dtype}"
        if said.dtype.name == "x.dtype" and is_.dtype != x.dtype:
            yield f"dtype {said.dtype}, but {dtype}"
        if not said.dtype.spelled and said.dtype.floating and dtype != "float32":
            yield f"the model's floating dtype, but {dtype}"
        if said.dtype.floating is False and is_.dtype.is_floating_point:
            yield f"dtype {said.dtype}, but {dtype}"
    if said.shape is None:
        return
    if said.shape.rest is not None:
        if said.exact and is_.dim() < said.shape.min_rank:
            yield f"shape {said.shape}, but {list(is_.shape)}"
        return
    if said.exact and len(said.shape.dims) != is_.dim():
        yield f"shape {said.shape}, but {list(is_.shape)}"
        return
    for size, number in zip(said.shape.dims, is_.shape, strict=False):
        try:
            wanted = evaluate(size, values)
        except KeyError:
            continue
        if wanted != number if said.exact else wanted > number:
            yield f"shape {said.shape}, but {list(is_.shape)}"
            return


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_against_torch(expression: str) -> None:
    torch = pytest.importorskip("torch")
    import torch.nn.functional as functional
    from torch import nn

    body = f"x = x.view_as(x)\nb, c, h, w = x.shape\nreturn {expression}"
    said = returned(body, init=INIT)
    scope = {"torch": torch, "nn": nn, "F": functional}
    text = "class Model(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    text += "".join(f"        {line}\n" for line in INIT.strip().splitlines())
    text += (
        f"    def forward(self, x):\n        b, c, h, w = x.shape\n        return {expression}\n"
    )
    exec(text, scope)
    model = scope["Model"]().eval()  # type: ignore[operator]
    ran = 0
    for shape in SHAPES:
        torch.manual_seed(0)
        x = torch.randn(shape)
        try:
            with torch.no_grad():
                is_ = model(x)
        except (RuntimeError, IndexError, ValueError, TypeError):
            continue  # not for this shape
        ran += 1
        values = {f"x.shape[{axis}]": size for axis, size in enumerate(shape)}
        found = list(mismatches(said, is_, values, x))
        assert not found, f"{expression} is said to be {shown(said)}: {found[0]}"
    assert ran, "runs for none of the shapes"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return x.shape[1]", "x.shape[1]"),
        ("b, c, *_ = x.shape\nreturn c", "?"),
        (
            "b, c, h, w = x.shape\nreturn x",
            "x.dtype (x.shape[0], x.shape[1], x.shape[2], x.shape[3])",
        ),
        ("b, c, h, w = x.shape\nreturn x[..., ::2].shape[-1]", "(1 + x.shape[3]) // 2"),
        ("k = 1\nif self.training:\n    k = 2\nreturn k", "1"),
        ("k = 1\nif not self.training:\n    k = 2\nreturn k", "2"),
        ("k = 1\nif x.sum() > 0:\n    k = 2\nreturn k", "?"),
        ("k = 1\nfor i in range(3):\n    k = k + 1\nreturn k", "?"),
        ("k = 1\nfor i in range(3):\n    if i == 1:\n        k = 2\n        break\nreturn k", "?"),
        (
            "k = 1\nfor i in (1, 2):\n    if i:\n        k = 2\n        continue\nreturn k",
            "?",
        ),
        ("k = 1\nwhile True:\n    k = 2\n    break\nreturn k", "?"),
        ("k = 1\nwhile x.sum() > 0:\n    pass\nelse:\n    k = 2\nreturn k", "2"),
        ("k = 1\nmatch x.dim():\n    case 4:\n        k = 2\nreturn k", "?"),
        (
            "k = 1\ntry:\n    k = 2\n    f()\n    k = 1\nexcept OSError:\n    pass\nreturn k",
            "?",
        ),
        ("k = 1\n(k := 2)\nreturn k", "2"),
        ("k, j = 1, 2\nk, j = j, k\nreturn k, j", "[2, 1]"),
        ("k = 1\nk += 2\nreturn k", "3"),
        ("a = b = c = 1\nfor _ in range(4):\n    a = b\n    b = c\n    c = 2\nreturn a", "?"),
        ("k = [1, 2, 3]\nreturn k[1], k[-1], len(k)", "[2, 3, 3]"),
        ("k = {'a': 2}\nreturn k['a']", "2"),
        ("k = {'a': 2}\nk['a'] = 3\nreturn k['a']", "3"),
        ("k = [1, 2]\nk[0] = 3\nreturn k[0]", "3"),
        ("del x\nreturn 1", "1"),
        ("return 7 // 2, -7 // 2, 7 % 3, 2 ** 3, int(7 / 2), min(3, 5)", "[3, -4, 1, 8, 3, 3]"),
    ],
)
def test_python(body: str, expected: str) -> None:
    """Plain Python; ``?`` may also be the exact answer, never a wrong one."""
    found = shown(returned(body, signature="self, x: torch.Tensor"))
    assert found in (expected, "?")
    if "?" not in expected and "[0]" not in body and "['a'] = " not in body:
        assert found == expected


@pytest.mark.parametrize(
    ("init", "expected"),
    [
        ("self.k = 4", "4"),
        ("self.k = width", "Model.width"),
        ("self.k = width * 2", "2 * Model.width"),
        ("self.k = 1\nif flag:\n    self.k = 2", "?"),
        ("if flag:\n    self.k = 2\nelse:\n    self.k = 1", "?"),
        ("self.k = 2\nself.k += 1", "3"),
        ("self.k, self.j = 1, 2", "1"),
    ],
)
def test_attributes(init: str, expected: str) -> None:
    found = shown(returned("return self.k", init=init, signature="self, x: torch.Tensor"))
    assert found in (expected, "?")


def test_constants() -> None:
    assert shown(returned("return K", top="K = 4", signature="self, x: torch.Tensor")) == "4"
    for top in (
        "K = 4\nK = 5\nif K > 4:\n    K = 6",
        "try:\n    K = 4\nexcept ImportError:\n    K = 5",
        "K = 4\nK += 1",
        "K = 4\ndef change():\n    global K\n    K = 5",
        "for K in range(3):\n    pass\nK = 4\nfor K in range(3):\n    pass",
    ):
        assert shown(returned("return K", top=top, signature="self, x: torch.Tensor")) == "?", top


def test_what_a_forward_calculates_with_is_a_tensor() -> None:
    assert isinstance(returned("return x > 0"), Tensor)
    assert isinstance(returned("return -x"), Tensor)
    assert isinstance(returned("return 2 * x"), Tensor)
    assert not isinstance(returned("return k * 2", signature="self, x, k"), Tensor)
    assert not isinstance(returned("return x + [1]"), Tensor)


def test_results_of_which_only_the_kind_is_known() -> None:
    for expression in (
        "x.max()",
        "x.argmax(1)",
        "torch.einsum('bc->b', x)",
        "x @ x",
        "x.cumsum(1)",
    ):
        assert isinstance(returned(f"b = x.shape[0]\nreturn {expression}"), Tensor), expression
    pair = returned("b = x.shape[0]\nreturn x.max(1)")
    assert isinstance(pair, Items)
    assert pair.items is not None
    assert len(pair.items) == 2
    assert isinstance(returned("b = x.shape[0]\nreturn x.max()"), Tensor)
    assert isinstance(returned("return torch.max(x, x + 1)"), Tensor)


def test_what_makes_tensors_does_not_take_them() -> None:
    for call in ("torch.arange(n)", "torch.zeros(n, 2)", "torch.Tensor(n)", "nn.Conv2d(n, 2, 1)"):
        assert not isinstance(returned(f"y = {call}\nreturn n", signature="self, x, n"), Tensor)


def test_membership_and_identity_are_no_elements() -> None:
    for test in ("x in (1, 2)", "x not in (1, 2)", "x is None", "x is not None"):
        assert returned(f"b = x.shape[0]\nreturn {test}") == Number("bool")


def test_functions_of_torch_make_tensors_of_whatever_they_are_given() -> None:
    signature = "self, x, k"
    for expression in (
        "torch.sqrt(k[0])",
        "torch.greater(k.a, 0)",
        "torch.argsort(k[0])",
        "torch.sum(k[0])",
        "torch.zeros_like(k[0])",
        "torch.where(k[0] > 0)[0]",
        "F.softmax(k[0], 1)",
        "k[0].new_zeros((2, 3))",
        "k[0].new_full((2,), 1.0)",
    ):
        assert isinstance(returned(f"return {expression}", signature=signature), Tensor), expression
    for expression in ("torch.max(k[0], 1)", "torch.sqrt(*k)", "k[0].sum()", "k[0].clone()"):
        said = returned(f"return {expression}", signature=signature)
        assert not isinstance(said, Tensor), expression
    shared = returned("return F.relu(k, True)", signature="self, x, k")
    assert "parameter k" in aliases(shared)


def test_a_method_of_what_a_loop_changes_is_the_method_still() -> None:
    one = Method(Tensor(varies=False), "index_add_")
    other = Method(Tensor(varies=True), "index_add_")
    assert join(one, other) == Method(join(one.owner, other.owner), "index_add_")
    assert not isinstance(join(one, Method(other.owner, "add_")), Method)


@pytest.mark.parametrize(
    ("body", "length", "row"),
    [
        ("return x.unbind(1)", "x.shape[1]", "(x.shape[0], *x.shape[2:])"),
        ("return x.unbind()", "x.shape[0]", "(*x.shape[1:])"),
        ("b, c, w = x.shape\nreturn x.unbind(-1)", "x.shape[2]", "(x.shape[0], x.shape[1])"),
        (
            "b, c, w = x.shape\nreturn torch.unbind(x, dim=-2)",
            "x.shape[1]",
            "(x.shape[0], x.shape[2])",
        ),
        ("b, c, w = x.shape\nreturn x.unbind(3)", "None", "None"),
        ("return x.unbind(n)", "None", "None"),
    ],
)
def test_unbound(body: str, length: str, row: str) -> None:
    """As many rows as the axis is long, whether or not that is a number."""
    found = returned(body, signature="self, x, n")
    assert isinstance(found, Items)
    assert isinstance(found.element, Tensor)
    assert (str(found.length), str(found.element.shape)) == (length, row)


@pytest.mark.parametrize(
    ("body", "rank"),
    [
        ("return x.view(2, n, 4)", 3),
        ("return x.reshape((2, n))", 2),
        ("return x.view(n)", None),  # may be a size or a sequence of sizes
        ("return x.view(2, *n)", None),
        ("q, k = x.view(2, 3, n, 5).unbind(0)\nreturn q", 3),
        ("q, k = x.view(2, 3, n, 5).permute(1, 0, 2, 3).unbind(1)\nreturn k", 3),
        ("q, k = x.view(2, 3, n, 5)\nreturn q", 3),
    ],
)
def test_rank_without_sizes(body: str, rank: int | None) -> None:
    """Sizes that are given one by one say how many there are."""
    found = returned(body, signature="self, x, n")
    assert isinstance(found, Tensor)
    assert found.rank == rank


def test_a_pooling_that_tells_places_returns_no_tensor() -> None:
    for made, is_tensor in (
        ("nn.MaxPool2d(2)", True),
        ("nn.MaxPool2d(2, 2, 0, 1, False)", True),
        ("nn.MaxPool2d(2, return_indices=True)", False),
        ("nn.AdaptiveMaxPool2d(2, True)", False),
    ):
        found = returned("b = x.shape[0]\nreturn self.pool(x)", init=f"self.pool = {made}")
        assert isinstance(found, Tensor) is is_tensor, made
