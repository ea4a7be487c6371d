from collections import namedtuple
from dataclasses import dataclass

import pytest
import torch
from torch import nn

from trtlint.errors import UsageError
from trtlint.runtime_check.options import InputSpec
from trtlint.runtime_check.tensors import bind_inputs, flatten, make_inputs, other_leaves

ONE, TWO, THREE = torch.ones(1), torch.ones(2), torch.ones(3)
Pair = namedtuple("Pair", "left right")


@dataclass
class Detections:
    boxes: torch.Tensor
    scores: torch.Tensor


class TwoArguments(nn.Module):
    def forward(self, image, mask=None, *, scale=1.0):
        return image


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (ONE, ["output"]),
        ((ONE, TWO), ["0", "1"]),
        ([ONE, None, TWO], ["0", "2"]),
        ({"logits": ONE, "aux": TWO}, ["logits", "aux"]),
        ({"pair": (ONE, [TWO, THREE])}, ["pair.0", "pair.1.0", "pair.1.1"]),
        (Pair(ONE, TWO), ["left", "right"]),
        (Detections(ONE, TWO), ["boxes", "scores"]),
        (None, []),
        ((1, "text"), []),
    ],
)
def test_nested_values_are_flattened_with_names(value, names):
    assert [name for name, _ in flatten(value)] == names


def test_leaves_that_no_level_compares():
    assert other_leaves((ONE, None, {"n": 3, "s": ["x"]})) == ["int", "str"]
    assert other_leaves({"y": [ONE]}) == []


def test_inputs_are_bound_to_the_names_of_forward():
    bound = bind_inputs(TwoArguments(), (ONE, TWO))
    assert bound.shapes() == {"image": (1,), "mask": (2,)}
    assert bind_inputs(TwoArguments(), ONE).names == ("image",)
    swapped = bind_inputs(TwoArguments(), {"mask": TWO, "image": ONE})
    assert [tuple(arg.shape) for arg in swapped.args] == [(1,), (2,)]
    assert swapped.kwargs == {}
    assert bind_inputs(TwoArguments(), {"image": ONE, "scale": 2.0}).kwargs == {"scale": 2.0}


def test_inputs_that_do_not_fit_name_the_signature():
    with pytest.raises(UsageError, match=r"TwoArguments.forward\(image, mask=None"):
        bind_inputs(TwoArguments(), (ONE, TWO, THREE))
    with pytest.raises(UsageError, match="picture"):
        make_inputs(TwoArguments(), [InputSpec((1,), name="picture")], 0)


def test_made_inputs_are_seeded():
    specs = [InputSpec((2, 3)), InputSpec((50,), "int64", "mask", high=7)]
    first, again = (make_inputs(TwoArguments(), specs, 0) for _ in range(2))
    other = make_inputs(TwoArguments(), specs, 1)
    assert torch.equal(first.args[0], again.args[0])
    assert not torch.equal(first.args[0], other.args[0])
    assert set(first.args[1].tolist()) == set(range(7))


def test_a_named_input_comes_last():
    with pytest.raises(UsageError, match="without a name"):
        make_inputs(TwoArguments(), [InputSpec((1,), name="image"), InputSpec((1,))], 0)


def test_another_size_keeps_the_rows_and_adds_different_ones():
    rows = torch.arange(12.0).reshape(2, 6)
    bound = bind_inputs(TwoArguments(), rows)
    larger = bound.at_size(5, seed=0).args[0]
    assert larger.shape == (5, 6)
    assert torch.equal(larger[:2], rows)
    assert torch.equal(larger[2].sort().values, rows[0])
    assert not torch.equal(larger[2], rows[0])
    assert torch.equal(bound.at_size(1, seed=0).args[0], rows[:1])
    assert torch.equal(bound.args[0], rows)


def test_a_clone_shares_no_memory():
    bound = bind_inputs(TwoArguments(), {"image": ONE})
    bound.clone().args[0].zero_()
    assert ONE.item() == 1.0


def test_other_values_keep_shape_dtype_and_range():
    class Any(nn.Module):
        def forward(self, *inputs):
            return inputs

    signed, positive = torch.randn(50) + 0.5, torch.rand(50) + 1
    indices, flags = torch.arange(50), torch.arange(50) > 10
    constant, empty = torch.full((), 2.0), torch.ones(0, 3)
    given = (signed, positive, indices, flags, constant, empty)
    bound = bind_inputs(Any(), given)
    other = bound.with_other_values(0).args
    assert [(x.shape, x.dtype) for x in other] == [(x.shape, x.dtype) for x in given]
    assert other[0].sum() < 0 < signed.sum()
    assert torch.allclose(other[0].sort().values, (-signed).sort().values)
    assert positive.min() - 1e-6 <= other[1].min() <= other[1].max() <= positive.max() + 1e-6
    assert torch.equal(other[2].sort().values, indices)
    assert not torch.equal(other[2], indices)
    assert other[3].sum() == flags.sum()
    assert other[4] == 1.5
    assert all(torch.equal(a, b) for a, b in zip(bound.args, given, strict=True))
