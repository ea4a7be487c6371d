"""Tensors that stay tensors, where Python reads their elements only to compute with tensors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from trtlint.analysis import dtypes
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.trees import variables
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.values import Int, Number, Ref, Tensor
from trtlint.changes import Change
from trtlint.codegen import primary
from trtlint.composing import in_place_of
from trtlint.element_reads import tensor_read

_EXACT = (cst.Add, cst.Subtract, cst.Multiply)


def kept_tensor(code: TracedCode, call: cst.Call, *, strict: bool = True) -> Change:
    """``t.detach()`` in place of ``t.item()``, where the number meets tensors of that dtype only.

    Args:
        code: the function.
        call: ``t.item()``, ``float(t)`` or ``int(t)``.
        strict: whether every digit must stay, on every device.

    Raises:
        Undecided: a tensor in its place would be something else.
    """
    read = tensor_read(code, call, guess=not strict)
    if read is None:
        raise Undecided("it is not known to be the one number that the tensor holds")
    tensor = code.value(read)
    assert isinstance(tensor, Tensor)
    for use in _uses(code, call):
        _takes_tensor(code, use, tensor, strict)
    text = f"{primary(code.source(read), read)}.detach()"
    return Change((in_place_of(code, call, text),))


def _uses(code: TracedCode, call: cst.Call) -> Sequence[cst.BaseExpression]:
    """The call, or where the variable that it is assigned to is read."""
    match code.parent(call):
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as target)]):
            pass
        case _:
            return (call,)
    if any(p.name == target.value for p in code.code.facts.parameters):
        raise Undecided(f"`{target.value}` holds something else as well")
    reads = [
        name
        for name in variables(code.code.node.body)
        if name.value == target.value and name is not target
    ]
    if not reads:
        raise Undecided(f"`{target.value}` is not used")
    return reads


def _takes_tensor(code: TracedCode, use: cst.BaseExpression, tensor: Tensor, strict: bool) -> None:
    """That a tensor of no dimensions does where the number stands.

    Raises:
        Undecided: it may not.
    """
    parent = code.parent(use)
    other: cst.BaseExpression | None = None
    match parent:
        case cst.BinaryOperation(left=left, operator=operator, right=right):
            other = left if right is use else right
            if not isinstance(operator, (*_EXACT, cst.Divide)):
                raise Undecided("the operator rounds otherwise with a number than with a tensor")
            if strict and isinstance(operator, cst.Divide):
                raise Undecided("by a number, PyTorch may divide with its reciprocal")
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget() as only]):
            other = only.comparator if left is use else left
        case cst.ComparisonTarget():
            outer = code.parent(parent)
            if isinstance(outer, cst.Comparison) and len(outer.comparisons) == 1:
                other = outer.left
        case cst.Arg(keyword=None, star=""):
            outer = code.parent(parent)
            filled = isinstance(outer, cst.Call) and code.tensor_method(outer) == "masked_fill"
            if filled and isinstance(outer, cst.Call) and isinstance(outer.func, cst.Attribute):
                last = len(outer.args) == 2 and outer.args[1] is parent
                other = outer.func.value if last else None
    met = code.value(other) if other is not None else None
    if not isinstance(met, Tensor):
        raise Undecided(f"`{code.source(use)}` is used where a tensor is something else")
    known = met.dtype is not None and tensor.dtype is not None
    if not dtypes.joinable(met.dtype, tensor.dtype) and (strict or known):
        raise Undecided("the tensor that it meets is not known to be of its dtype")


# Functions of NumPy that PyTorch has as well. These give the same numbers:
_UNARY = {
    **{name: name for name in ("abs", "ceil", "floor", "negative", "square", "trunc")},
    **dict.fromkeys(("rint", "round", "around"), "round"),
    **dict.fromkeys(("absolute", "fabs"), "abs"),
}
_BOUNDED = {"clip": "clamp"}
# and these may differ in the last digit, the square root too.
_ROUNDING = frozenset("sqrt exp expm1 log log1p log2 log10 sin cos tan sinh cosh tanh".split())
_BACK = ("torch.from_numpy", "torch.tensor", "torch.as_tensor", "torch.asarray")
# Methods whose result is floating wherever they work, and those that keep that.
_FLOATS = frozenset("mean std var softmax sigmoid norm logsumexp sqrt exp log".split())
_KEEPING = frozenset("abs neg clamp detach cpu contiguous clone squeeze unsqueeze flatten".split())


def without_numpy(code: TracedCode, call: cst.Call, *, strict: bool = True) -> Change:
    """``t * 2`` in place of ``torch.from_numpy(t.numpy() * 2)``.

    Args:
        code: the function.
        call: the call that makes an array of a tensor.
        strict: whether every digit must stay, and the tensor must be known to be floating for
            functions that make something else of integers.

    Raises:
        Undecided: something else is done to the array.
    """
    if code.tensor_method(call) != "numpy" or call.args:
        raise Undecided("a function of NumPy may round otherwise than PyTorch's")
    assert isinstance(call.func, cst.Attribute)
    tensor = code.value(call.func.value)
    assert isinstance(tensor, Tensor)
    floats = not strict or _is_floating(code, call.func.value)
    text, node = code.source(call.func.value), call.func.value
    imports: set[str] = set()
    done: cst.BaseExpression = call
    plain = True
    while True:
        outer = code.parent(done)
        around = code.parent(outer) if isinstance(outer, cst.Arg) else None
        if isinstance(outer, cst.BinaryOperation):
            other = outer.left if outer.right is done else outer.right
            exact = isinstance(outer.operator, _EXACT)
            divided = not strict and isinstance(outer.operator, cst.Divide)
            if not (exact or divided) or not isinstance(code.value(other), Int):
                raise Undecided("NumPy may round or promote otherwise than PyTorch")
            # A number and an array of no dimensions may become a double.
            _not_alone(tensor)
            new = outer.visit(_Replaced(done, text, node))
            assert isinstance(new, cst.BinaryOperation)
            text, node, done = code.source(new), new, outer
        elif isinstance(around, cst.Call) and code.torch_function(around) in _BACK:
            break
        elif isinstance(around, cst.Call) and around.args and around.args[0] is outer:
            name = _torch_name(code, around, tensor, strict)
            if not floats:
                raise Undecided(f"integers are not known to be the same to `{name}` and to NumPy")
            spelled, more = code.spelling(f"torch.{name}")
            given = ", ".join([text, *_bounds(code, around.args[1:])])
            imports.update(more)
            text, node, done = f"{spelled}({given})", around, around
        else:
            raise Undecided("the array does not go straight back into a tensor")
        plain = False
    assert isinstance(around, cst.Call)
    if len(around.args) != 1:
        raise Undecided("the array is cast on its way back")
    if plain and code.torch_function(around) == "torch.tensor":
        text, node = f"{primary(text, node)}.clone()", around
    return Change((in_place_of(code, around, text),), imports=tuple(sorted(imports)))


def _torch_name(code: TracedCode, call: cst.Call, tensor: Tensor, strict: bool) -> str:
    """The function of torch that does what a function of NumPy does.

    Raises:
        Undecided: there is none that is known to round alike.
    """
    function = code.value(call.func)
    name = function.name.removeprefix("numpy.") if isinstance(function, Ref) else ""
    numpy = isinstance(function, Ref) and function.name == f"numpy.{name}"
    others = call.args[1:]
    numbers = all(arg.keyword is None and arg.star == "" for arg in call.args) and all(
        isinstance(code.value(arg.value), Int | Number) for arg in others
    )
    if numpy and name in _UNARY and not others:
        return _UNARY[name]
    if numpy and name in _ROUNDING and not others and not strict:
        return name
    if numpy and name in _BOUNDED and numbers and len(others) == 2:
        _not_alone(tensor)
        return _BOUNDED[name]
    raise Undecided("a function of NumPy may round otherwise than PyTorch's")


def _bounds(code: TracedCode, args: Sequence[cst.Arg]) -> Iterator[str]:
    """The numbers as written, all floats where one is: the dynamo exporter takes no other pair."""
    floats = any(isinstance(code.value(arg.value), Number) for arg in args)
    for arg in args:
        source = code.source(arg.value)
        if floats and isinstance(code.value(arg.value), Int):
            source = f"{source}.0" if isinstance(arg.value, cst.Integer) else f"float({source})"
        yield source


def _not_alone(tensor: Tensor) -> None:
    """That a tensor has dimensions, so that a number does not widen the array that it becomes.

    Raises:
        Undecided: it has none.
    """
    if tensor.rank == 0:
        raise Undecided("NumPy may round or promote otherwise than PyTorch")


def _is_floating(code: TracedCode, node: cst.BaseExpression) -> bool:
    """Whether a tensor is floating, also where its dtype has no name."""
    value = code.value(node)
    if isinstance(value, Tensor) and value.dtype is not None and value.dtype.floating is not None:
        return value.dtype.floating
    match node:
        case cst.Call(func=cst.Attribute(value=owner)):
            name = code.tensor_method(node)
            return name in _FLOATS or (name in _KEEPING and _is_floating(code, owner))
        case _:
            return False


class _Replaced(cst.CSTTransformer):
    """Puts the source of a tensor where an array stands."""

    def __init__(self, meant: cst.BaseExpression, text: str, node: cst.BaseExpression) -> None:
        super().__init__()
        self._meant = meant
        self._new = cst.parse_expression(primary(text, node))

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode:
        """As ``CSTTransformer`` asks for it."""
        return self._new if original_node is self._meant else updated_node
