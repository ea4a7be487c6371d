"""The child process: crashes, time limits, and what cannot be loaded."""

import shutil
import sys
import time
from pathlib import Path

import pytest

from trtlint.errors import LoadFailed, UsageError
from trtlint.runtime_check.api import Limits, VerifyOptions, verify_spec
from trtlint.runtime_check.load import load
from trtlint.runtime_check.options import ModelSpec

HERE = Path(__file__).parent


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A user's project that holds verify_models.py as net.py."""
    shutil.copy(HERE / "verify_models.py", tmp_path / "net.py")
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:  # what `load` imported in this process
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def line(folder, text):
    source = (folder / "net.py").read_text().splitlines()
    return next(i for i, entry in enumerate(source, 1) if text in entry)


def test_a_model_by_its_file_with_the_example_of_the_file(folder):
    stages = []
    result = verify_spec("net.py:Fp8", options=VerifyOptions(build=False), on_stage=stages.append)
    assert result.model == "net.py:Fp8"
    assert result.inputs[0].shape == (2, 3)
    assert result.levels["eager"].status == "passed"
    assert stages[0] in ("", "load")
    assert "export" in stages


def test_a_crash_of_the_exporter_is_a_failed_level(folder):
    result = verify_spec("net.py:Crash")
    statuses = {name: level.status for name, level in result.levels.items()}
    assert statuses["eager"] == "passed"
    assert statuses["export"] == "failed"
    assert set(statuses.values()) == {"passed", "failed", "skipped"}
    (failure,) = result.failures
    assert (failure.stage, failure.message) == ("export", "the exporter crashed (SIGSEGV)")
    assert "x.data" in result.notes[0]
    assert result.exit_code == 1


def test_an_endless_model_runs_into_the_time_limit_and_names_its_line(folder):
    start = time.monotonic()
    with pytest.raises(
        LoadFailed, match=r"running net.py:Endless ran into the time limit"
    ) as caught:
        verify_spec("net.py:Endless", limits=Limits(seconds=6))
    assert time.monotonic() - start < 20
    assert "--time-limit" in caught.value.hint
    assert f"net.py:{line(folder, 'time.sleep(0.01)')}: time.sleep" in str(caught.value)


def test_a_memory_limit_ends_the_child_and_not_us(folder):
    with pytest.raises(LoadFailed) as caught:
        verify_spec("net.py:Divisor", ["1x1x4x4"], limits=Limits(memory_gib=0.05))
    assert "the memory limit of 0.05 GiB may be too low" in caught.value.hint


def test_a_model_without_inputs_says_what_to_do(folder):
    (folder / "bare.py").write_text("from net import Divisor\n")
    with pytest.raises(UsageError, match=r"there are no inputs for bare\.py:Divisor") as caught:
        verify_spec("bare.py:Divisor")
    assert "--input" in caught.value.hint
    assert "EXAMPLE" in caught.value.hint


def test_another_root_than_the_current_folder(folder, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    result = verify_spec("net:Matrix", ["2x3", "right=4x3"], root=folder)
    assert result.passed
    assert [entry.name for entry in result.inputs] == ["left", "right"]


# Loading needs no child.


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        ("Divisr", "has no attribute 'Divisr'"),
        ("Needy", "needs arguments: width"),
        ("NUMBER", "is a int, not a module"),
        ("Path", "has no attribute 'Path'"),
        ("Broken", "NameError: name 'width' is not defined"),
        ("Divisor.missing", "has no attribute"),
    ],
)
def test_what_cannot_be_made_is_said(folder, attribute, message):
    with pytest.raises(LoadFailed) as caught:
        load(ModelSpec.parse(f"net.py:{attribute}"))
    assert message in caught.value.message


def test_hints_of_what_to_write_instead(folder):
    with pytest.raises(LoadFailed) as near:
        load(ModelSpec.parse("net.py:Divisr"))
    assert "did you mean 'Divisor'?" in near.value.hint
    with pytest.raises(LoadFailed) as needy:
        load(ModelSpec.parse("net.py:Needy"))
    assert "net.py:make" in needy.value.hint
    with pytest.raises(LoadFailed) as broken:
        load(ModelSpec.parse("net.py:Broken"))
    assert f"net.py:{line(folder, 'nn.Linear(3, width)')}: self.layer" in broken.value.message


@pytest.mark.parametrize("attribute", ["Divisor", "make_divisor", "INSTANCE"])
def test_classes_factories_and_instances(folder, attribute):
    loaded = load(ModelSpec.parse(f"net.py:{attribute}"))
    assert type(loaded.module).__name__ == "Divisor"
    assert not loaded.module.training
    assert loaded.example[0].shape == (2, 3)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import nothing_of_that_name", "ModuleNotFoundError"),
        ("x = (", "SyntaxError"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("def f():\n    return 1 / 0\nf()", "ZeroDivisionError"),
    ],
)
def test_a_file_that_cannot_be_imported_names_its_line(folder, source, message):
    (folder / "bad.py").write_text(source + "\n")
    with pytest.raises(LoadFailed, match=r"bad.py cannot be imported") as caught:
        load(ModelSpec.parse("bad.py:Net"))
    assert message in caught.value.message
    assert "at bad.py:" in caught.value.message


def test_a_file_in_a_package_may_import_its_neighbours(folder):
    package = folder / "package_of_models"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "parts.py").write_text("from torch import nn\n\nclass Part(nn.ReLU): ...\n")
    (package / "whole.py").write_text(
        "from .parts import Part\n\nclass Whole(Part): ...\n\n"
        "def example():\n    import torch\n    return (torch.ones(2),)\n"
    )
    loaded = load(ModelSpec.parse("package_of_models/whole.py:Whole"))
    assert type(loaded.module).__module__ == "package_of_models.whole"
    assert loaded.example[0].tolist() == [1.0, 1.0]


def test_a_file_with_dots_in_its_name(folder):
    shutil.copy("net.py", "plain.before.py")
    assert load(ModelSpec.parse("plain.before.py:Divisor")).module is not None


def test_a_file_named_like_a_module_of_python_takes_no_place(folder):
    import select

    import onnx

    shutil.copy("net.py", "select.py")
    shutil.copy("net.py", "onnx.py")
    for name in ("select", "onnx"):
        loaded = load(ModelSpec.parse(f"{name}.py:Divisor"))
        assert type(loaded.module).__module__ == f"model_in_{name}"
    assert (sys.modules["select"], sys.modules["onnx"]) == (select, onnx)


@pytest.mark.parametrize(
    "error",
    ["AssertionError('Torch not compiled with CUDA enabled')", "RuntimeError('No CUDA GPUs')"],
)
def test_a_model_that_wants_a_gpu_is_told_what_to_write(folder, error):
    (folder / "gpu.py").write_text(f"def make():\n    raise {error}\n")
    with pytest.raises(LoadFailed, match="CUDA") as caught:
        load(ModelSpec.parse("gpu.py:make"))
    assert "device" in caught.value.hint
