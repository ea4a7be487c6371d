"""What shows only at another batch size, or on other values than the export saw."""

import pytest
import torch
import verify_models as models
from torch import nn
from verify_support import ALL_PASSED, NOT_EXPORTED, check, line, statuses

from trtlint.runtime_check.api import VerifyOptions, verify
from trtlint.runtime_check.export import ExportedGraph, GraphValue, dropped_dimension
from trtlint.runtime_check.options import DimSpec


@pytest.mark.parametrize("exporter", ["dynamo", "torchscript"])
def test_a_dynamic_batch_is_compared_at_every_size(exporter):
    dim = DimSpec.parse("batch=1:2:5")
    result = check(models.Shifted(), 1, 3, 8, 8, dim=dim, exporter=exporter)
    assert statuses(result) == ALL_PASSED
    shapes = [case.shapes["x"] for case in result.levels["onnx"].cases]
    assert shapes == [(2, 3, 8, 8), (2, 3, 8, 8), (1, 3, 8, 8), (5, 3, 8, 8)]


def test_a_batch_that_became_a_constant_is_found():
    dim = DimSpec.parse("batch=8:16:24")
    result = check(models.WindowReverse(), 8, 4, 4, 4, dim=dim)
    assert statuses(result)["onnx"] == "failed"
    assert any("although 'batch' is dynamic" in note for note in result.notes)
    at_usual, _, *others = result.levels["onnx"].cases
    assert all(output.passed for output in at_usual.outputs)
    assert not all(output.passed for case in others for output in case.outputs)


class Ramp(nn.Module):
    """The batch size is read as a Python integer."""

    def forward(self, x):
        return x * torch.linspace(0, 1, len(x)).unsqueeze(1)


def test_a_batch_that_the_exporter_cannot_keep_is_refused():
    result = check(Ramp(), 2, 3, dim=DimSpec.parse("batch=2:4:6"))
    assert statuses(result) == NOT_EXPORTED
    assert "inferred a static shape of 4" in result.failures[0].message


def test_a_batch_that_the_tracer_baked_in_differs_at_other_sizes():
    result = check(Ramp(), 2, 3, dim=DimSpec.parse("batch=2:4:6"), exporter="torchscript")
    assert statuses(result)["onnx"] == "failed"
    at_usual, other_values, *others = result.levels["onnx"].cases
    assert at_usual.outputs[0].passed
    assert other_values.outputs[0].passed
    assert [case.outputs for case in others] == [(), ()]  # ONNX Runtime cannot run them
    assert all("ONNX Runtime cannot run the graph" in f.message for f in result.failures)
    assert {f.at.line for f in result.failures} == {Ramp.forward.__code__.co_firstlineno + 1}


def test_a_dimension_dropped_without_a_word_is_found(tmp_path):
    """As torch.onnx does with a named Dim; we ask with a hint, which it refuses instead."""
    dim = DimSpec.parse("batch=1:4:8")
    fixed = GraphValue("x", (4, 3))
    graph = ExportedGraph(tmp_path, None, (GraphValue("mask", ("s0", 3)), fixed), ())
    failure = dropped_dimension(graph, dim)
    assert "dropped the dynamic dimension 'batch'" in failure.message
    assert "x [4, 3]" in failure.message
    assert "mask" not in failure.message
    assert dropped_dimension(ExportedGraph(tmp_path, None, (GraphValue("n", ()),), ()), dim) is None


def test_a_branch_that_the_tracer_follows_differs_on_other_values():
    result = check(models.Branch(), 2, 3, exporter="torchscript")
    given, other = result.levels["onnx"].cases
    assert given.outputs[0].passed
    assert not other.outputs[0].passed
    (failure,) = result.failures
    assert "with other values than the export saw" in failure.message
    assert f"verify_models.py:{line('if y.sum() > 0')}: Converting a tensor" in result.notes[0]


def test_a_value_that_the_tracer_freezes_differs_on_other_values():
    result = check(models.Crash(), 2, 3, exporter="torchscript")
    given, other = result.levels["onnx"].cases
    assert given.outputs[0].passed
    assert not other.outputs[0].passed


class Particular(nn.Module):
    def forward(self, x):
        if not torch.compiler.is_compiling() and x[0, 0] != 1:
            raise ValueError("made for one input")
        return x * 2


def test_a_model_made_for_one_input_is_compared_on_that():
    x = torch.tensor([[1.0, 2.0, 3.0, 4.0, 5.0]])
    result = verify(Particular(), x)
    assert result.passed
    assert len(result.levels["onnx"].cases) == 1
    assert "does not run on other values" in result.notes[0]


class Difference(nn.Module):
    def forward(self, left, right):
        return left * 2 - right


@pytest.mark.parametrize("exporter", ["dynamo", "torchscript"])
def test_one_tensor_given_twice_is_two_inputs(exporter):
    x = torch.randn(2, 3)
    assert verify(Difference(), (x, x), options=VerifyOptions(exporter=exporter)).passed
