from pathlib import Path

import pytest

from trtlint.errors import UsageError
from trtlint.runtime_check.options import DimSpec, InputSpec, ModelSpec, VerifyOptions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1x3x224x224", InputSpec((1, 3, 224, 224))),
        ("7", InputSpec((7,))),
        ("2x5:int64", InputSpec((2, 5), "int64")),
        ("2x5:int64:1000", InputSpec((2, 5), "int64", high=1000)),
        ("image=1x3x8x8:fp16", InputSpec((1, 3, 8, 8), "float16", "image")),
        ("mask=4:bool", InputSpec((4,), "bool", "mask")),
        ("0x3", InputSpec((0, 3))),
    ],
)
def test_an_input_is_read(text, expected):
    assert InputSpec.parse(text) == expected


@pytest.mark.parametrize(
    "text", ["", "x", "1x", "1xN", "1,3", "1x3:", "-1x3", "a b=1", "1x3:i:0:1"]
)
def test_an_input_that_is_no_shape_is_refused(text):
    with pytest.raises(UsageError, match="is no shape") as caught:
        InputSpec.parse(text)
    assert "1x3x224x224" in caught.value.hint


def test_an_unknown_dtype_is_refused_with_the_known_ones():
    with pytest.raises(UsageError, match="unknown dtype 'float9'") as caught:
        InputSpec.parse("1x3:float9")
    assert "bfloat16" in caught.value.hint


def test_integers_need_room():
    with pytest.raises(UsageError):
        InputSpec.parse("1x3:int64:0")


def test_a_dim_is_read():
    dim = DimSpec.parse("batch=1:4:8")
    assert dim == DimSpec("batch", 1, 4, 8)
    assert dim.sizes == (4, 1, 8)
    assert DimSpec.parse("n=2:2:2").sizes == (2,)


@pytest.mark.parametrize(
    "text", ["batch", "batch=1:2", "batch=4:1:8", "batch=0:1:2", "batch=a:b:c"]
)
def test_a_dim_that_is_no_range_is_refused(text):
    with pytest.raises(UsageError, match="is no range"):
        DimSpec.parse(text)


@pytest.mark.parametrize("text", ["net.py", ":Net", "net.py:", "net.py:1Net", "a:b c"])
def test_a_spec_without_an_attribute_is_refused(text):
    with pytest.raises(UsageError, match="names no model"):
        ModelSpec.parse(text)


def test_a_spec_of_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        ModelSpec.parse(f"{tmp_path / 'net.py'}:Net")


def test_specs_of_files_and_modules(tmp_path):
    (tmp_path / "net.py").touch()
    file = ModelSpec.parse(f"{tmp_path / 'net.py'}:Net.small")
    assert file.is_file
    assert (Path(file.location), file.attribute) == (tmp_path / "net.py", "Net.small")
    module = ModelSpec.parse("package.module:Net")
    assert not module.is_file
    assert str(module) == "package.module:Net"
    assert ModelSpec.parse("net.py:Net", tmp_path).is_file


@pytest.mark.parametrize(
    "setting",
    [
        {"exporter": "dynamite"},
        {"backend": "onnx"},
        {"atol": -1.0},
        {"rtol": float("nan")},
        {"compute_capability": "sm89"},
    ],
)
def test_settings_that_do_not_fit_are_refused(setting):
    with pytest.raises(UsageError):
        VerifyOptions(**setting)
