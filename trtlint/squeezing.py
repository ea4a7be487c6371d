"""Which dimensions ``squeeze()`` drops."""

from __future__ import annotations

import libcst as cst

from trtlint.analysis.operator_uses import OperatorUse
from trtlint.analysis.sizes import at_least
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.undecided import Undecided
from trtlint.codegen import primary


def squeezed(code: TracedCode, use: OperatorUse, *, strict: bool = True) -> str:
    """The source of ``x.squeeze()`` with the dimensions named.

    ``x.flatten(1)`` where all that follow the first one are 1, which every exporter follows.

    Args:
        code: the function.
        use: the call.
        strict: whether the other dimensions must be known to be more than 1 at every call.

    Raises:
        Undecided: which dimensions go is not known.
    """
    call, tensor = use.node, use.tensor
    if use.name != "squeeze" or not isinstance(call, cst.Call) or tensor is None:
        raise Undecided("it changes the tensor itself")
    if use.form == "method":
        assert isinstance(call.func, cst.Attribute)
        operand = call.func.value
    elif use.form == "function" and len(call.args) == 1 and call.args[0].keyword is None:
        operand = call.args[0].value
    else:
        raise Undecided("the tensor is not seen")
    shape = tensor.shape if tensor.exact else None
    if shape is None or shape.rank is None:
        raise Undecided("which dimensions the tensor has is not known")
    ones = [i for i, size in enumerate(shape.dims) if size.constant == 1]
    for i, size in enumerate(shape.dims):
        if i not in ones and strict and not at_least(size, 2):
            raise Undecided(f"dimension {i} may be 1 at some calls, and be dropped then")
    if not ones:
        raise Undecided("no dimension is known to be 1")
    source = primary(code.source(operand), operand)
    last = list(range(len(shape.dims) - len(ones), len(shape.dims)))
    if ones == last and ones[0] > 0:
        return f"{source}.flatten({ones[0] - 1})"
    return source + "".join(f".squeeze({i})" for i in reversed(ones))
