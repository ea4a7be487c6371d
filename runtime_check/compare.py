"""Compare arrays of another level with eager's tensors."""

from __future__ import annotations

from typing import Any

from trtlint.runtime_check.result import OutputComparison, SourceLine
from trtlint.runtime_check.tensors import dtype_name

# (atol, rtol) by the dtype of eager's output, where the user gives none. ONNX Runtime sums in
# another order than PyTorch: float32 networks of some hundred layers agree to about 1e-5.
TOLERANCES: dict[str, tuple[float, float]] = {
    "float64": (1e-6, 1e-5),
    "float32": (1e-4, 1e-3),
    "float16": (1e-2, 1e-2),
    "bfloat16": (5e-2, 5e-2),
    "complex64": (1e-4, 1e-3),
    "complex128": (1e-6, 1e-5),
}


def compare_output(
    name: str,
    expected: Any,
    actual: Any,
    *,
    atol: float | None,
    rtol: float | None,
    at: SourceLine | None = None,
) -> OutputComparison:
    """Compare one output.

    An element passes where ``|actual - expected| <= atol + rtol * |expected|``. NaN passes where
    eager has NaN, infinity where eager has the same infinity. Integers and booleans must be equal.

    Args:
        name: of the output.
        expected: eager's tensor.
        actual: the other level's numpy array.
        atol: absolute tolerance, None for the dtype's own.
        rtol: relative tolerance, None for the dtype's own.
        at: the source line that computes the output.
    """
    import numpy as np

    wanted, found = dtype_name(expected), str(actual.dtype)
    reference = _as_array(expected)
    if wanted != found and not (wanted == "bfloat16" and found == "float32"):
        return _refused(name, at, f"dtype is {found}, eager has {wanted}")
    if reference.shape != actual.shape:
        shapes = f"shape is {list(actual.shape)}, eager has {list(reference.shape)}"
        return _refused(name, at, shapes)
    if reference.size == 0:
        return OutputComparison(name, passed=True, equal=True, at=at)
    both_nan = np.isnan(reference) & np.isnan(actual)
    same = (reference == actual) | both_nan
    equal = bool(same.all())
    wide = "complex128" if np.iscomplexobj(reference) else "float64"
    left, right = actual.astype(wide), reference.astype(wide)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        difference = np.where(same, 0.0, np.abs(left - right))
        difference = np.where(np.isnan(difference), np.inf, difference)
        size = np.abs(right)
        relative = np.where((size > 0) & ~same, difference / size, 0.0)
        relative = np.where(np.isnan(relative), np.inf, relative)
        exact = wanted not in TOLERANCES
        default_atol, default_rtol = TOLERANCES.get(wanted, (0.0, 0.0))
        atol = 0.0 if exact else default_atol if atol is None else atol
        rtol = 0.0 if exact else default_rtol if rtol is None else rtol
        allowed = np.where(np.isfinite(size), atol + rtol * size, 0.0)
        bad = ~same & ~(difference <= allowed)
    worst = np.unravel_index(int(np.argmax(difference)), difference.shape)
    count = int(bad.sum())
    message = ""
    if count:
        message = f"{count} of {bad.size} elements differ by more than "
        message += "nothing" if exact else f"atol {atol:g} + rtol {rtol:g} * |eager|"
    return OutputComparison(
        name,
        passed=count == 0,
        equal=equal,
        max_abs=float(difference.max()),
        max_rel=float(relative.max()),
        index=tuple(int(i) for i in worst),
        message=message,
        elements=int(bad.size),
        at=at,
    )


def _as_array(tensor: Any) -> Any:
    tensor = tensor.detach().cpu()
    return (tensor.float() if dtype_name(tensor) == "bfloat16" else tensor).numpy()


def _refused(name: str, at: SourceLine | None, message: str) -> OutputComparison:
    infinite = float("inf")
    return OutputComparison(
        name, passed=False, equal=False, max_abs=infinite, max_rel=infinite, message=message, at=at
    )
