"""Conditions whose outcome is settled when a network is exported for inference.

Three things settle a condition. The model is in eval mode. It is called with its inputs only, as
the exporters call it, so that a parameter for labels keeps its default None. And the exporter
answers the questions of ``torch.jit``, ``torch.onnx`` and ``torch.compiler`` about itself. Measured
with torch 2.13, inside a ``forward`` that was being exported:

=========================  ======  ===========  ==============  =========
question                   dynamo  torchscript  torch-tensorrt  torch2trt
=========================  ======  ===========  ==============  =========
is_scripting               False   False        False           False
is_tracing                 False   True         False           False
is_in_onnx_export          True    True         False           False
is_compiling               True    False        True            False
is_exporting               True    False        True            False
has_torch_function         both    False        both            False
=========================  ======  ===========  ==============  =========

torch2trt runs the model as it is and hooks the functions it meets; torch-tensorrt's column is that
of ``torch.export``. ``is_dynamo_compiling`` is True in torch.export's strict mode only. Under
``torch.export``, ``has_torch_function`` is True at first; the handler then calls the same function
again and is told False, so what runs is the code that computes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from trtlint.analysis.names import dotted, with_defaults

EXPORTERS = frozenset({"dynamo", "torchscript", "torch-tensorrt", "torch2trt"})

_EXPORT = frozenset({"dynamo", "torch-tensorrt"})
_COMPILING = (
    "is_compiling",
    "is_exporting",
    "is_torchdynamo_compiling",
    "is_torchdynamo_exporting",
)
# Question -> the exporters that answer True.
_QUESTIONS: dict[str, frozenset[str]] = {
    "is_scripting": frozenset(),
    "is_tracing": frozenset({"torchscript"}),
    "is_in_onnx_export": frozenset({"dynamo", "torchscript"}),
    **dict.fromkeys(_COMPILING, _EXPORT),
    **dict.fromkeys(
        (
            "has_torch_function",
            "has_torch_function_unary",
            "has_torch_function_variadic",
        ),
        frozenset(),
    ),
}
# transformers' own of these names ask several of torch's (utils/import_utils.py of 5.23).
_OF_TRANSFORMERS: dict[str, frozenset[str]] = {
    "is_tracing": _EXPORT | {"torchscript"},
    "is_jit_tracing": frozenset({"torchscript"}),
}
_TRANSFORMERS = re.compile(r"transformers\b|(.*\.)?utils\.import_utils\.")
# Where those questions live; transformers' two say what torch.compiler says.
_ASKED_OF = re.compile(r"torch\b|transformers\b|.*\bis_torchdynamo_(compiling|exporting)$")

# Attributes of modules and configurations. Those after the first two trade memory for time in the
# backward pass and do not change what is computed; without a backward pass they are off.
_OFF = frozenset(
    """training is_training gradient_checkpointing grad_checkpointing use_checkpoint
    use_checkpointing with_cp use_gradient_checkpointing""".split()
)
# Parameters that carry what only training or evaluation has. With a default of None (or False)
# they keep it when a model is called with its inputs.
_LABELS = re.compile(
    r"labels?|.*_labels?|targets?|.*_targets?|gts?|gt_.+|ground_truth|return_loss|"
    r"start_positions|end_positions|next_sentence_label"
)
_CONDITIONS = frozenset({"class_labels"})  # diffusion models take them as inputs

# What a condition must mention to be settled by more than constants and labels.
_NAMES = [*_OFF, *_QUESTIONS, *_OF_TRANSFORMERS, "TYPE_CHECKING", "True", "False", "0", "1"]
_WORTH = re.compile(rf"\b(?:{'|'.join(_NAMES)})\b")


@dataclass(frozen=True)
class Scope:
    """Where a condition stands.

    Attributes:
        imports: local names of the file and what they stand for.
        absent: parameters of the function that are None or False in inference.
        exporters: the exporters that matter.
        settled: conditions whose outcome the file tells, as text; see `givens`.
    """

    imports: Mapping[str, str] = field(default_factory=dict)
    absent: Collection[str] = ()
    exporters: frozenset[str] = EXPORTERS
    settled: Mapping[str, bool] = field(default_factory=dict)


def absent_parameters(args: ast.arguments) -> frozenset[str]:
    """Parameters that inference leaves at their default None or False.

    Callers hand ``self.training`` to a parameter called ``training``.
    """
    found: set[str] = set()
    for arg, default in with_defaults(args):
        off = isinstance(default, ast.Constant) and default.value in (None, False)
        if arg.arg == "training":
            if off or default is None:
                found.add(arg.arg)
        elif off and _LABELS.fullmatch(arg.arg) and arg.arg not in _CONDITIONS:
            found.add(arg.arg)
    return frozenset(found)


def outcome(test: ast.expr, scope: Scope) -> bool | None:
    """What the condition is in inference; None if it is open, or depends on the exporter."""
    if scope.settled and isinstance(test, ast.Compare | ast.Call | ast.Name):
        known = scope.settled.get(ast.unparse(test))
        if known is not None:
            return known
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=ast.Name(id=name)) if name in scope.settled:
            return None  # a complaint that an optional package is missing settles nothing
        case ast.Constant(value=value):
            return bool(value)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = outcome(operand, scope)
            return None if inner is None else not inner
        case ast.BoolOp(op=operator, values=values):
            ending = isinstance(operator, ast.Or)
            found = [outcome(value, scope) for value in values]
            return ending if ending in found else None if None in found else not ending
        case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[ast.Constant(value=None)]):
            if name in scope.absent:
                return isinstance(op, ast.Is | ast.Eq)
        case ast.Compare(left=left, ops=[op], comparators=[ast.Constant(value=bool() as value)]):
            inner = outcome(left, scope)
            if inner is not None and isinstance(op, ast.Is | ast.Eq):
                return inner is value
        case ast.Name(id=name):
            return False if name in scope.absent or name == "TYPE_CHECKING" else None
        case ast.Attribute(attr=name):
            return False if name in _OFF or name == "TYPE_CHECKING" else None
        case ast.Call(func=function):
            return _answer(dotted(function), scope)
    return None


def _answer(name: str, scope: Scope) -> bool | None:
    """What a function that asks about the exporter returns."""
    last = name.rpartition(".")[2]
    head, _, tail = name.partition(".")
    origin = scope.imports.get(head, head)
    yes = _QUESTIONS.get(last)
    asked = f"{origin}.{tail}" if tail else origin
    if _TRANSFORMERS.match(asked):
        yes = _OF_TRANSFORMERS.get(last, yes)
    elif not _ASKED_OF.match(asked):
        return None
    if yes is None:
        return None
    answers = {exporter in yes for exporter in scope.exporters}
    return answers.pop() if len(answers) == 1 else None


def depends_on_exporter(test: ast.expr, scope: Scope) -> bool:
    """Whether exporters that matter disagree about the condition."""
    return any(
        isinstance(node, ast.Call)
        and node.func is not None
        and dotted(node.func).rpartition(".")[2] in {*_QUESTIONS, *_OF_TRANSFORMERS}
        and _answer(dotted(node.func), scope) is None
        for node in ast.walk(test)
    )


def outcome_of_text(text: str, scope: Scope) -> bool | None:
    """The same for source text."""
    worth = scope.settled or _WORTH.search(text) or any(name in text for name in scope.absent)
    if not worth:
        return None
    test = _parsed(text.strip())
    return None if test is None else outcome(test, scope)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(f"({text}\n)", mode="eval").body
    except (SyntaxError, ValueError):
        return None
