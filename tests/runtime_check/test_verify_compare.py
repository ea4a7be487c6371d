import numpy as np
import pytest
import torch

from trtlint.runtime_check.compare import compare_output


def compare(expected, actual, atol=None, rtol=None):
    return compare_output("y", expected, np.asarray(actual), atol=atol, rtol=rtol)


def test_the_same_bits_are_equal():
    x = torch.randn(3, 4)
    result = compare(x, x.numpy().copy())
    assert (result.passed, result.equal, result.max_abs, result.max_rel) == (True, True, 0.0, 0.0)
    assert result.elements == 12


def test_a_small_difference_passes_and_is_reported():
    x = torch.tensor([[1.0, 2.0], [4.0, 8.0]])
    y = x.numpy().copy()
    y[1, 0] += 0.001
    result = compare(x, y)
    assert result.passed
    assert not result.equal
    assert result.index == (1, 0)
    assert result.max_abs == pytest.approx(0.001, rel=1e-3)
    assert result.max_rel == pytest.approx(0.00025, rel=1e-3)


def test_a_large_difference_fails_at_its_index():
    x = torch.zeros(2, 3)
    y = x.numpy().copy()
    y[0, 2], y[1, 1] = 0.5, -2.0
    result = compare(x, y)
    assert not result.passed
    assert result.index == (1, 1)
    assert result.max_abs == 2.0
    assert result.max_rel == 0.0  # eager is zero there
    assert result.message.startswith("2 of 6 elements differ")


def test_the_tolerance_decides():
    x, y = torch.tensor([1.0]), [np.float32(1.01)]
    assert not compare(x, y).passed
    assert compare(x, y, rtol=0.1).passed
    assert compare(x, y, atol=0.1).passed
    assert not compare(x, y, atol=0.001, rtol=0.001).passed


def test_nan_equals_nan_in_the_same_place_only():
    nan, inf = float("nan"), float("inf")
    x = torch.tensor([nan, 1.0, inf])
    assert compare(x, np.array([nan, 1.0, inf], "float32")).equal
    for wrong in ([nan, nan, inf], [0.0, 1.0, inf], [nan, 1.0, -inf], [nan, 1.0, 1e30]):
        result = compare(x, np.array(wrong, "float32"))
        assert not result.passed, wrong
        assert result.max_abs == inf


def test_an_infinity_is_never_within_tolerance():
    x = torch.tensor([float("inf")])
    assert not compare(x, np.array([1.0], "float32"), atol=1e9, rtol=1e9).passed


def test_integers_must_be_equal_whatever_the_tolerance():
    x = torch.tensor([1, 2, 3])
    assert compare(x, [1, 2, 3]).equal
    assert not compare(x, [1, 2, 4], atol=10.0).passed
    assert not compare(torch.tensor([True, False]), [True, True], atol=10.0).passed


def test_another_dtype_or_shape_fails_and_says_so():
    x = torch.ones(2, 3)
    assert compare(x, np.ones((2, 3))).message == "dtype is float64, eager has float32"
    wrong = compare(x, np.ones((3, 2), "float32"))
    assert wrong.message == "shape is [3, 2], eager has [2, 3]"
    assert not wrong.passed


def test_a_scalar_has_an_empty_index():
    assert compare(torch.tensor(2.0), np.float32(2.0)).index == ()


def test_an_empty_output_counts_no_elements():
    result = compare(torch.ones(0, 3), np.ones((0, 3), "float32"))
    assert result.passed
    assert result.elements == 0


def test_complex_numbers():
    x = torch.tensor([1 + 2j])
    assert compare(x, np.array([1 + 2j], "complex64")).equal
    assert not compare(x, np.array([1 - 2j], "complex64")).passed
