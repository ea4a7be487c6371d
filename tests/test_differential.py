"""Random models, and models known to be hard, before and after the fix: nothing may differ.

Each model is fixed in process and runs beside its original on inputs of several shapes: outputs
must agree in number, dtype and shape, and share storage with one another and with the inputs in the
same way; inputs must be written into alike; the ``state_dict`` must stay; what ran must still run;
the new text must parse, keep its comments, and not change again.

``TRTLINT_FUZZ=2000 pytest tests/test_differential.py`` looks further, at other models each time.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import io
import os
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from differential_cases import CASES
from differential_models import expressions, models
from hypothesis import HealthCheck, assume, event, given, settings

from trtlint import catalogue, engine
from trtlint.engine import EngineSettings
from trtlint.findings import FileReport
from trtlint.source import Source

torch = pytest.importorskip("torch")

TARGETS = (("tensorrt-rtx-1.7", "tensorrt-11.4"), ("torch2trt-0.5",), ("torch2trt-0.1",))
SHAPES = [(1, 4, 6, 8), (3, 4, 5, 7), (1, 4, 2, 2), (2, 4, 1, 1), (3, 4, 9, 4)]
FUZZ = int(os.environ.get("TRTLINT_FUZZ", "0"))


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Small tensors gain nothing from several threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# -- running both ---------------------------------------------------------------------------------


def fixed(
    text: str, rules: Sequence[str], targets: Sequence[str], unsafe: bool = False
) -> FileReport:
    """What the fix makes of one file."""
    wanted = EngineSettings(tuple(rules), tuple(targets), unsafe=unsafe, root=Path("project"))
    (report,) = engine.fix([Source(Path("project/net.py"), text)], [], wanted)
    return report


def executed(text: str) -> dict[str, Any]:
    """The module's names."""
    names: dict[str, Any] = {"__name__": "net"}
    exec(compile(text, "net.py", "exec"), names)
    return names


def run(names: Mapping[str, Any], shape: tuple[int, ...]) -> dict[str, Any]:
    """Everything that a caller of the model can see, of two calls in a row."""
    torch.manual_seed(0)
    inputs = [torch.randn(shape), torch.randn(shape)]
    model = names.get("Model", names["Net"])().eval()
    seen: dict[str, Any] = {}
    torch.use_deterministic_algorithms(True)  # what torch.empty() returns is then the same, too
    try:  # a model that raises leaves no trace in the tests after it
        for call in ("first", "second"):
            torch.manual_seed(1)
            with torch.no_grad():
                result = model(*inputs)
            seen[f"{call} call's output"] = copy.deepcopy(result)
            seen[f"{call} call's inputs"] = copy.deepcopy(inputs)
            seen["shared storage"] = shared([*leaves(result), *leaves(inputs)])
    finally:
        torch.use_deterministic_algorithms(False)
    seen["state"] = {key: value.clone() for key, value in model.state_dict().items()}
    return seen


def leaves(value: Any) -> list[Any]:
    """The values inside lists, tuples and dicts."""
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in leaves(item)]
    if isinstance(value, dict):
        return [leaf for key in value for leaf in leaves(value[key])]
    return [value]


def shared(values: Sequence[Any]) -> list[tuple[int, int]]:
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


def difference(old: Any, new: Any) -> str | None:
    """How two results differ; None if they do not."""
    before, after = leaves(old), leaves(new)
    if len(before) != len(after):
        return f"{len(before)} values before, {len(after)} after"
    for i, (a, b) in enumerate(zip(before, after, strict=True)):
        if not isinstance(a, torch.Tensor) or not isinstance(b, torch.Tensor):
            if type(a) is not type(b) or (a != b and a == a):
                return f"value {i}: {a!r} before, {b!r} after"
        elif a.dtype != b.dtype or a.shape != b.shape:
            return f"value {i}: {a.dtype} {list(a.shape)} before, {b.dtype} {list(b.shape)} after"
        elif not torch.equal(torch.nan_to_num(a, 1e4), torch.nan_to_num(b, 1e4)):
            return f"value {i}: the numbers differ"
    return None


def comments(text: str) -> Counter[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


def compared(text: str, rules: Sequence[str], unsafe: bool = False) -> tuple[bool, bool]:
    """Assert that the fix, for any target, changes nothing that can be seen.

    Returns:
        Whether it repaired something, and whether the original ran on some input.
    """
    results = {}
    for targets in TARGETS:
        report = fixed(text, rules, targets, unsafe)
        assert not report.errors, f"{report.errors}\n{text}"
        if report.new_text is not None:
            results[report.new_text] = targets
    if not results:
        return False, True
    names = executed(text)
    expected = {}
    for shape in SHAPES:
        # Where the original does not take an input, there is nothing to keep.
        with contextlib.suppress(Exception):
            expected[shape] = run(names, shape)
    for new, targets in results.items():
        both = f"\n--- before\n{text}\n--- after, for {targets}\n{new}"
        problem = difference_of_texts(text, new, expected) or ""
        assert not problem, problem + both
        assert fixed(new, rules, targets, unsafe).new_text is None, (
            f"it changes its own output{both}"
        )
    return True, bool(expected)


def difference_of_texts(
    old: str, new: str, expected: Mapping[tuple[int, ...], Mapping[str, Any]]
) -> str | None:
    """What is wrong with the fixed text; None if nothing is."""
    try:
        ast.parse(new)
    except SyntaxError as error:
        return f"the output does not parse: {error}"
    if comments(old) - comments(new):
        return "a comment is lost"
    try:
        names = executed(new)
    except Exception as error:
        return f"the output cannot be imported: {error!r}"
    for shape, wanted in expected.items():
        try:
            seen = run(names, shape)
        except Exception as error:
            return f"raises {error!r} at {shape}"
        for what, value in wanted.items():
            said = difference(value, seen[what])
            if said is not None:
                return f"{what}: {said} at {shape}"
    return None


# -- models known to be hard ----------------------------------------------------------------------


@pytest.mark.parametrize("text", CASES.values(), ids=CASES)
def test_hard_model_stays_the_same(text: str) -> None:
    _, ran = compared(text, catalogue.rule_names())
    assert ran, "the original runs on no input"


# Documented limits of a rewrite, each with its reason; passing turns one red.
LIMITS = {
    "const-explicit-dtype-cast-module": "a buffer follows half(), which is why it is unsafe",
    "const-meta-then-to-empty": "no buffer that is not in the checkpoint survives to_empty()",
}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            text,
            id=name,
            marks=[pytest.mark.xfail(strict=True, reason=LIMITS[name])] if name in LIMITS else [],
        )
        for name, text in CASES.items()
        if name.startswith("const-")
    ],
)
def test_constants_of_a_model_that_keeps_its_dtype(text: str) -> None:
    compared(text, ("tensor-creation",), unsafe=True)


# -- random models --------------------------------------------------------------------------------


def _settings(examples: int) -> settings:
    return settings(
        max_examples=FUZZ or examples,
        derandomize=not FUZZ,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@_settings(120)
@given(text=models())
def test_random_writes_stay_the_same(text: str) -> None:
    try:
        ast.parse(text)
    except SyntaxError:
        assume(False)
    repaired, ran = compared(text, ("slice-assign",))
    event("repaired" if repaired and ran else "nothing to repair" if ran else "does not run")


@_settings(40)
@given(text=expressions())
def test_random_expressions_stay_the_same(text: str) -> None:
    repaired, ran = compared(text, ("dtype-cast", "tensor-creation", "baked-batch"))
    event("repaired" if repaired and ran else "nothing to repair" if ran else "does not run")
