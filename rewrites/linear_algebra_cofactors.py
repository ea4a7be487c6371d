"""linear-algebra: inverses and determinants of small matrices in closed form."""

from __future__ import annotations

import libcst as cst

from trtlint.api import (
    Change,
    Composer,
    Decline,
    OperatorMatch,
    Rewrite,
    Safety,
    TracedCode,
    size_along,
)
from trtlint.rules.linear_algebra import LinearAlgebra

_INVERSES = frozenset({"inv", "inverse"})


class LinearAlgebraToCofactors(Rewrite[OperatorMatch]):
    """Write the inverse and the determinant of two or three rows with cofactors, and ``multi_dot``
    from the left to the right.

    Why unsafe: PyTorch decomposes the matrix, and rounds otherwise; it raises an error for a
    singular matrix, where the closed form has infinities.
    """

    rule = LinearAlgebra
    title = "write out the closed form"
    safety = Safety.UNSAFE
    routes = frozenset({"onnx", "torch-tensorrt"})
    order = 10

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For known sizes."""
        use = found.use
        if use.name == "multi_dot":
            return _chain(Composer.of(code, use, "tensors"))
        if use.name not in _INVERSES | {"det"}:
            return Decline("there is no closed form of it that is short", beside=True)
        new = Composer.of(code, use, "input")
        tensor = new.tensor("input")
        size = size_along(tensor, -1)
        if tensor.rank is None or tensor.rank < 2 or size not in (2, 3):
            return Decline("the matrix is not known to have two or three rows")
        if size_along(tensor, -2) != size:
            return Decline("the matrix is not known to be square")
        if size == 2:
            return _of_two(new, use.name in _INVERSES)
        return _of_three(new, use.name in _INVERSES)


def _chain(new: Composer) -> Change | Decline:
    """``a @ b @ c``; the first and the last may be vectors, of which the same holds."""
    node = new.operands["tensors"]
    if not isinstance(node, cst.List | cst.Tuple):
        return Decline("the matrices are not written out")
    parts = [element.value for element in node.elements]
    if len(parts) < 2 or any(isinstance(element, cst.StarredElement) for element in node.elements):
        return Decline("the matrices are not written out")
    factors = []
    for part in parts:
        source = new.code.source(part)
        plain = isinstance(part, cst.Name | cst.Attribute | cst.Call | cst.Subscript) or part.lpar
        factors.append(source if plain else f"({source})")
    return new.change(" @ ".join(factors))


def _of_two(new: Composer, inverse: bool) -> Change:
    m = new.often("input")
    det = f"{m}[..., 0, 0] * {m}[..., 1, 1] - {m}[..., 0, 1] * {m}[..., 1, 0]"
    if not inverse:
        return new.change(det)
    stack, det = new.torch("torch.stack"), new.let("det", det)
    rows = [f"({m}[..., 1, 1], -{m}[..., 0, 1])", f"(-{m}[..., 1, 0], {m}[..., 0, 0])"]
    adjugate = ", ".join(f"{stack}({row}, -1)" for row in rows)
    return new.change(f"{stack}(({adjugate}), -2) / {det}[..., None, None]")


def _of_three(new: Composer, inverse: bool) -> Change:
    """The columns of the inverse are cross products of rows over the determinant."""
    m = new.often("input")

    def cross(a: int, b: int) -> str:
        return (
            f"{m}[..., {a}, [1, 2, 0]] * {m}[..., {b}, [2, 0, 1]]"
            f" - {m}[..., {a}, [2, 0, 1]] * {m}[..., {b}, [1, 2, 0]]"
        )

    first = new.let("cofactors", cross(1, 2))
    det = f"({m}[..., 0, :] * {first}).sum(-1)"
    if not inverse:
        return new.change(det)
    stack = new.torch("torch.stack")
    columns = f"{stack}(({first}, {cross(2, 0)}, {cross(0, 1)}), -1)"
    return new.change(f"{columns} / {det}[..., None, None]")
