"""What the fix makes of a `Writing`, and whether anything that can be seen of it differs."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from write_grammar import Writing

from trtlint import catalogue, engine
from trtlint.engine import EngineSettings
from trtlint.findings import FileReport
from trtlint.source import Source

PATH = Path("project/net.py")
# The rules whose findings are writes; what others say of the same lines is none of these tests'.
WRITES = ("slice-assign", "mask-assign", "inplace-", "write-through-view", "torch2trt-lost-write")
_UNSAFE = "its fix is unsafe"


@dataclass(frozen=True)
class Verdict:
    """What became of one module.

    Attributes:
        kind: ``rewritten`` (no write is left), ``partly``, ``declined``, ``silent`` (no rule minds
            a write), or ``invalid`` (it does not run as it is).
        reasons: why findings are left.
        problem: what differs; empty if nothing does.
        new: the new text, where there is one.
    """

    kind: str
    reasons: tuple[str, ...] = ()
    problem: str = ""
    new: str = ""


def examine(writing: Writing) -> Verdict:
    """Fix a module; run it before and after."""
    try:
        expected = [observed(writing.text, shape) for shape in writing.shapes]
    except Exception:
        return Verdict("invalid")
    report = fixed(writing.text, writing)
    left = [f for f in report.findings if f.rule.startswith(WRITES) and not f.fixed]
    reasons = tuple(f"{f.rule}: {_general(f.declined or _UNSAFE)}" for f in left)
    new = report.new_text
    if report.errors:
        return Verdict("declined", reasons, f"{report.errors}")
    if new is None:
        repaired = any(f.fixed for f in report.findings)
        problem = "a fix is reported and the text is the old one" if repaired else ""
        return Verdict("declined" if left else "silent", reasons, problem)
    kind = "partly" if writes(new) else "rewritten"
    return Verdict(kind, reasons, _problem(writing, new, expected), new)


def fixed(text: str, writing: Writing) -> FileReport:
    """The report of the fix of one file by all rules."""
    wanted = EngineSettings(catalogue.rule_names(), writing.targets, root=PATH.parent)
    (report,) = engine.fix([Source(PATH, text)], [], wanted)
    return report


def _general(reason: str) -> str:
    """A reason without the names and numbers of its module."""
    return re.sub(r"-?\d+", "N", re.sub(r"`[^`]*`", "`...`", reason))


def writes(text: str) -> int:
    """How many statements of ``forward`` still write into a tensor."""
    forward = next(
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.name == "forward"
    )
    found = 0
    for node in ast.walk(forward):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            found += 1
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            found += node.func.attr.endswith("_") and not node.func.attr.endswith("__")
    return found


def _problem(writing: Writing, new: str, expected: list[Mapping[str, Any]]) -> str:
    try:
        ast.parse(new)
    except SyntaxError as error:
        return f"the output does not parse: {error}"
    if comments(writing.text) - comments(new):
        return "a comment is lost"
    for shape, wanted in zip(writing.shapes, expected, strict=True):
        try:
            seen = observed(new, shape)
        except Exception as error:
            return f"raises {error!r} at {shape}"
        for what, value in wanted.items():
            if said := difference(value, seen[what]):
                return f"{what}: {said} at {shape}"
    again = fixed(new, writing)
    if again.new_text is not None:
        return f"it changes its own output:\n{again.new_text}"
    return ""


def comments(text: str) -> Counter[str]:
    """Every comment, and how often it stands there."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


# -- running --------------------------------------------------------------------------------------


def inputs(shape: tuple[int, ...]) -> list[torch.Tensor]:
    """Random numbers, NaN and both infinities among them."""
    torch.manual_seed(sum(shape))
    given = [torch.randn(shape), torch.randn(shape)]
    for number, tensor in enumerate(given):
        flat = tensor.view(-1)
        for i, special in enumerate((float("nan"), float("inf"), float("-inf"), -0.0)):
            flat[(5 * i + number) % flat.numel()] = special
    return given


def observed(text: str, shape: tuple[int, ...]) -> dict[str, Any]:
    """Everything that a caller of the module can see, of two calls in a row."""
    names: dict[str, Any] = {"__name__": "net"}
    exec(compile(text, "net.py", "exec"), names)
    given = inputs(shape)
    torch.manual_seed(0)
    model = names["Net"]().eval()
    seen: dict[str, Any] = {}
    torch.use_deterministic_algorithms(True)  # what torch.empty() returns is then the same, too
    try:
        for call in ("first", "second"):
            with torch.no_grad():
                results = leaves(model(*given))
            seen[f"{call} call's output"] = [_copy(value) for value in results]
            seen[f"{call} call's inputs"] = [tensor.clone() for tensor in given]
            seen["shared storage"] = shared([*results, *given])
    finally:
        torch.use_deterministic_algorithms(False)
    state = model.state_dict()
    seen["state_dict"] = [list(state), *(tensor.clone() for tensor in state.values())]
    return seen


def _copy(value: Any) -> Any:
    return value.clone() if isinstance(value, torch.Tensor) else value


def leaves(value: Any) -> list[Any]:
    """The values inside lists, tuples and dicts."""
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in leaves(item)]
    if isinstance(value, dict):
        return [leaf for key in value for leaf in (key, *leaves(value[key]))]
    return [value]


def shared(values: list[Any]) -> list[tuple[int, int]]:
    """Which of the values are tensors over the same memory."""
    memory = [
        v.untyped_storage().data_ptr() if isinstance(v, torch.Tensor) and v.numel() else None
        for v in values
    ]
    return [
        (i, j)
        for i, one in enumerate(memory)
        for j in range(i)
        if one is not None and one == memory[j]
    ]


def difference(old: list[Any], new: list[Any]) -> str:
    """How two lists of values differ; empty if they do not."""
    if len(old) != len(new):
        return f"{len(old)} values before, {len(new)} after"
    for i, (a, b) in enumerate(zip(old, new, strict=True)):
        if not isinstance(a, torch.Tensor) or not isinstance(b, torch.Tensor):
            if type(a) is not type(b) or (a != b and a == a):
                return f"value {i}: {a!r} before, {b!r} after"
        elif a.dtype != b.dtype or a.shape != b.shape:
            return f"value {i}: {a.dtype} {list(a.shape)} before, {b.dtype} {list(b.shape)} after"
        elif not bool(((a == b) | (a.isnan() & b.isnan())).all()):
            return f"value {i}: the numbers differ"
    return ""
