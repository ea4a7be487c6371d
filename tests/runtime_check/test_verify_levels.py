"""Verification in this process, with the real exporters, ONNX Runtime and TensorRT-RTX."""

import copy
import warnings
from pathlib import Path

import pytest
import torch
import verify_models as models
from torch import nn
from verify_support import ALL_PASSED, NOT_EXPORTED, SOURCE, check, line, statuses

from trtlint.errors import BackendMissing, BuildFailed, LoadFailed, ParseFailed, UsageError
from trtlint.runtime_check import failures as structured
from trtlint.runtime_check.api import VerifyOptions, build_counts, require_accepted, verify
from trtlint.runtime_check.options import DimSpec


@pytest.mark.parametrize("exporter", ["dynamo", "torchscript"])
def test_a_model_that_converts_passes(exporter):
    result = check(models.Shifted(), 2, 3, 8, 8, exporter=exporter)
    assert statuses(result) == ALL_PASSED
    assert (result.passed, result.exit_code, result.failures) == (True, 0, ())
    assert result.backend.name == "tensorrt-rtx"
    assert [(i.name, i.shape, i.dtype) for i in result.inputs] == [("x", (2, 3, 8, 8), "float32")]
    cases = result.levels["onnx"].cases
    assert [case.values for case in cases] == ["given", "other"]
    for case in cases:
        assert [o.name for o in case.outputs] == ["second", "first.0", "first.2.0"]
        assert all(o.passed and o.elements for o in case.outputs)
        assert all(o.max_abs < 1e-5 for o in case.outputs)
    build = result.levels["build"].build
    assert build.engine_bytes > 1000
    assert build.layer_kinds["CONVOLUTION"] == 1
    assert build.layer_kinds["SCATTER"] == 1
    assert sum(build.layer_kinds.values()) == build.layers
    written = next(cost for cost in result.lines if cost.at.line == line("# the write"))
    assert written.costly["SCATTER"] == 1
    assert written.layers > 5
    assert written.at.path.endswith("verify_models.py")
    assert written.at.source == SOURCE[line("# the write") - 1].strip()
    assert build.unattributed == 0
    assert sum(cost.layers for cost in result.lines) == build.layers


def test_numbers_that_differ_fail_and_name_the_line():
    result = check(models.Divisor(), 2, 3, 8, 8)
    assert statuses(result) == {**ALL_PASSED, "onnx": "failed"}
    assert (result.passed, result.exit_code) == (False, 1)
    failure, other = result.failures
    assert failure.stage == other.stage == "onnx"
    assert failure.at == other.at
    assert failure.at.line == line("divisor_override=3)")
    (output,) = result.levels["onnx"].cases[0].outputs
    assert output.max_rel == pytest.approx(0.25, rel=1e-4)  # a sum over 4, not over 3
    assert not output.passed


@pytest.mark.parametrize(
    ("model", "shape", "source", "message"),
    [
        (models.Branch, (2, 3), "if y.sum() > 0", "data-dependent"),
        (models.Kth, (2, 8), "torch.kthvalue(y, 2)", "aten.kthvalue"),
    ],
)
def test_what_the_exporter_refuses_names_the_line(model, shape, source, message):
    result = check(model(), *shape)
    assert statuses(result) == NOT_EXPORTED
    (failure,) = result.failures
    assert failure.stage == "export"
    assert message in failure.message
    assert failure.at.line == line(source)
    assert "export failed" in result.levels["onnx"].reason
    assert result.exit_code == 1


def test_what_the_torchscript_exporter_refuses_names_the_line():
    (failure,) = check(models.Kth(), 2, 8, exporter="torchscript").failures
    assert "aten::kthvalue" in failure.message
    assert failure.at.line == line("torch.kthvalue(y, 2)")


@pytest.mark.parametrize(
    ("model", "shape", "source", "message"),
    [
        (models.Det, (2, 3, 3), "torch.linalg.det(y)", "Det: not supported"),
        (models.ScatterAdd, (2, 3), "scatter_add(1, index, x)", "Unsupported reduction type"),
    ],
)
def test_what_the_parser_refuses_names_the_line(model, shape, source, message):
    result = check(model(), *shape)
    assert statuses(result) == {**ALL_PASSED, "build": "failed"}
    (failure,) = result.failures
    assert (failure.stage, failure.at.line) == ("build", line(source))
    assert message in failure.message
    assert failure.node


@pytest.mark.parametrize(
    ("model", "shape", "source", "message"),
    [
        (models.Sorted, (1, 4000), "torch.topk(y, 4000)", "3840"),
        (models.Fp8, (2, 3), "y.to(torch.float8_e4m3fn)", "FP8"),
    ],
)
def test_what_the_builder_refuses_names_the_line(model, shape, source, message):
    torch.manual_seed(0)
    result = build_counts(model(), torch.randn(*shape))
    assert not result.accepted
    assert result.parse_errors == ()
    assert result.layers > 0
    assert result.engine_bytes is None
    failure = result.build_errors[0]
    assert message in failure.message
    assert failure.at.line == line(source)


def test_refusals_can_be_raised():
    refused = build_counts(models.Det(), torch.randn(2, 3, 3), build=False)
    with pytest.raises(ParseFailed, match=r"verify_models.py:\d+: .*Det") as parse:
        require_accepted(refused)
    assert parse.value.failures == refused.parse_errors
    assert parse.value.kind == "parse-failed"
    with pytest.raises(BuildFailed) as build:
        require_accepted(build_counts(models.Sorted(), torch.randn(1, 4000)))
    assert isinstance(build.value, structured.BuildFailed)


def test_layers_can_be_counted_without_building():
    result = build_counts(models.Shifted(), torch.randn(1, 3, 8, 8), build=False)
    assert require_accepted(result).layer_kinds["SCATTER"] == 1
    assert result.engine_bytes is None


def test_what_a_branch_costs_is_charged_to_its_line():
    result = build_counts(models.Chosen(), torch.randn(2, 3))
    assert result.accepted
    cost = next(c for c in result.lines if c.at.line == line("torch.cond("))
    assert cost.costly["CONDITION"] == 1
    assert cost.costly["CONDITIONAL_OUTPUT"] == 1


def test_random_numbers_are_noted():
    result = check(models.Noisy(), 2, 3)
    assert any("not repeatable" in note for note in result.notes)
    assert not result.passed


def test_a_model_without_tensor_outputs_is_no_pass():
    result = check(models.NoTensor(), 2, 3)
    assert result.levels["eager"].status == "failed"
    assert "nothing to compare" in result.levels["eager"].reason
    assert not result.passed


class Emptied(nn.Module):
    def forward(self, x):
        return x[:0] * 2


def test_outputs_without_elements_are_no_pass():
    result = check(Emptied(), 2, 3)
    assert result.levels["onnx"].status == "failed"
    assert "nothing was compared" in result.levels["onnx"].reason


def test_forward_that_raises_names_the_line():
    with pytest.raises(LoadFailed, match=r"shape '\[7\]' is invalid") as caught:
        check(models.Wrong(), 2, 3)
    assert f"verify_models.py:{line('x.view(7)')}: return x.view(7)" in str(caught.value)


class Writing(nn.Module):
    def forward(self, x):
        x += 1
        return x * 2


def test_inputs_and_modes_are_left_as_they_were():
    model = nn.Sequential(Writing(), nn.Dropout(0.5), nn.BatchNorm1d(3))
    model[1].eval()
    before = copy.deepcopy(model.state_dict())
    x = torch.zeros(2, 3)
    torch.manual_seed(17)
    expected = torch.rand(3)
    torch.manual_seed(17)
    result = verify(model, x)
    assert torch.equal(torch.rand(3), expected)
    assert result.passed
    assert torch.equal(x, torch.zeros(2, 3))
    assert [part.training for part in model] == [True, False, True]
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())


class Counting(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(1))
        self.register_buffer("seen", torch.zeros(1), persistent=False)

    def forward(self, x):
        self.calls += 1
        self.seen = self.seen + 1
        return x + self.calls


def test_a_counter_starts_alike_in_every_run():
    model = Counting()
    result = verify(model, torch.randn(2, 3))
    assert result.failures == ()
    assert result.notes == ()
    assert (model.calls.item(), model.seen.item()) == (0.0, 0.0)


class Sized(nn.Module):
    def forward(self, x, size):
        height, width = size.tolist()
        return nn.functional.interpolate(x, size=(height, width))


def test_an_input_whose_values_are_sizes_is_a_skip():
    result = verify(Sized(), (torch.randn(1, 1, 4, 4), torch.tensor([6, 7])))
    assert statuses(result) == {**ALL_PASSED, "build": "skipped"}
    assert "the values of input size decide on shapes" in result.levels["build"].reason


def test_several_inputs_by_name_and_integers():
    class Pick(nn.Module):
        def forward(self, table, index):
            return table[index]

    inputs = {"index": torch.tensor([2, 0]), "table": torch.randn(4, 3)}
    result = verify(Pick(), inputs)
    assert result.passed
    assert [i.name for i in result.inputs] == ["table", "index"]


class Nested(nn.Module):
    def forward(self, parts, *more):
        return parts["a"] + parts["b"][0] + more[0] * more[1]


class Mapped(nn.Module):
    def forward(self, parts):
        return {"sum": parts["a"] + parts["b"][0], "last": parts["b"][0] * 2}


@pytest.mark.parametrize("dim", [None, DimSpec.parse("batch=1:2:3")])
def test_nested_and_starred_arguments(dim):
    x, y, z, w = torch.randn(4, 2, 3)
    options = VerifyOptions(dim=dim)
    starred = verify(Nested(), ({"a": x, "b": [y]}, z, w), options=options)
    assert starred.failures == ()
    assert [entry.name for entry in starred.inputs] == ["parts.a", "parts.b.0", "more_0", "more_1"]
    mapped = verify(Mapped(), ({"a": x, "b": [y]},), options=options)
    assert mapped.failures == ()  # torch.onnx takes a dict at the end for keyword arguments


def test_bfloat16_has_no_numbers_but_a_reason():
    result = verify(nn.ReLU(), torch.randn(2, 3).bfloat16())
    assert statuses(result) == {**ALL_PASSED, "onnx": "skipped"}
    assert result.levels["onnx"].reason


def test_an_engine_is_saved(tmp_path):
    engine = tmp_path / "net.engine"
    result = check(nn.ReLU(), 2, 3, save_engine=engine)
    assert engine.stat().st_size == result.levels["build"].build.engine_bytes


def test_an_unknown_compute_capability_lists_the_known_ones():
    with pytest.raises(UsageError, match=r"does not build for compute capability 3\.5") as caught:
        check(nn.ReLU(), 2, 3, compute_capability="3.5")
    assert "8.9" in caught.value.hint


def test_a_missing_tensorrt_is_a_skip_with_a_reason(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tensorrt", None)
    result = check(nn.ReLU(), 2, 3, backend="tensorrt")
    assert statuses(result) == {**ALL_PASSED, "build": "skipped"}
    assert "no TensorRT is installed" in result.levels["build"].reason
    assert result.backend is None
    assert result.passed  # the numbers were compared


def test_nothing_checked_is_neither_passed_nor_failed(monkeypatch):
    modules = __import__("sys").modules
    monkeypatch.setitem(modules, "tensorrt", None)
    monkeypatch.setitem(modules, "onnxruntime", None)
    result = check(nn.ReLU(), 2, 3, backend="tensorrt")
    assert (result.passed, result.conclusive, result.exit_code) == (False, False, 2)


def test_a_missing_exporter_package_is_a_skip(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnxscript", None)
    result = check(nn.ReLU(), 2, 3)
    assert statuses(result)["export"] == "skipped"
    assert "onnxscript" in result.levels["export"].reason
    with pytest.raises(BackendMissing):
        build_counts(nn.ReLU(), torch.randn(2, 3))


def test_rules_are_named_by_the_caller():
    result = check(models.Divisor(), 2, 3, 8, 8)
    asked = []

    def rule_for(path, number):
        asked.append((Path(path).name, number))
        return "pool-divisor"

    assert result.with_rules(rule_for).failures[0].rule == "pool-divisor"
    assert asked == [("verify_models.py", line("divisor_override=3)"))] * 2
    assert result.with_rules(None) is result


def test_nothing_is_printed_warned_or_logged(capfd, caplog):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check(models.Branch(), 2, 3)
        check(models.Shifted(), 2, 3, 8, 8, exporter="torchscript")
    assert caught == []
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")
