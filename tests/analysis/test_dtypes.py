"""What is said of two dtypes of which only the input is known that they come from."""

from __future__ import annotations

from trtlint.analysis import dtypes


def test_dtypes_of_one_input_are_one_if_it_is_floating() -> None:
    x, y = dtypes.of_input("x"), dtypes.of_input("y")
    counted, divided = dtypes.with_scalar(x, "int"), dtypes.as_floating(x)
    assert dtypes.same_of_floats(x, counted)
    assert dtypes.same_of_floats(counted, divided)
    assert not dtypes.same_of_floats(x, y)
    assert not dtypes.same_of_floats(x, dtypes.FLOAT32)
    assert not dtypes.same_of_floats(x, None)


def test_an_input_promotes_with_what_is_computed_from_it() -> None:
    x = dtypes.of_input("x")
    counted, divided = dtypes.with_scalar(x, "int"), dtypes.as_floating(x)
    assert dtypes.promote(x, divided) == divided
    assert dtypes.promote(divided, counted) == divided
    assert dtypes.promote(counted, x) == counted
    assert dtypes.promote(x, dtypes.of_input("y")) is None


def test_two_dtypes_may_be_one_floating_dtype_unless_one_is_known_to_be_none() -> None:
    x = dtypes.of_input("x")
    assert dtypes.may_be_one_float(x, dtypes.DEFAULT)
    assert dtypes.may_be_one_float(None, dtypes.spelled("half"))
    assert not dtypes.may_be_one_float(x, dtypes.INT64)
    assert not dtypes.may_be_one_float(dtypes.FLOAT32, dtypes.spelled("half"))
