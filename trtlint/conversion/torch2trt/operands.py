"""A call as the converters see it: operands with what is known of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import libcst as cst

from trtlint.analysis.layers import argument
from trtlint.analysis.values import UNKNOWN as ANYTHING
from trtlint.analysis.values import Int, Items, Module, Nothing, Number, Tensor, Text, Value
from trtlint.conversion.torch2trt.status import (
    UNKNOWN,
    Constant,
    Group,
    Inputs,
    Scalar,
    Status,
    is_tensor,
    leaves,
)

# Python operators by the method of Tensor that they call.
BINARY: dict[type[cst.CSTNode], str] = {
    cst.Add: "add", cst.Subtract: "sub", cst.Multiply: "mul", cst.Divide: "truediv",
    cst.FloorDivide: "floordiv", cst.Modulo: "mod", cst.Power: "pow",
    cst.MatrixMultiply: "matmul", cst.BitAnd: "and", cst.BitOr: "or", cst.BitXor: "xor",
    cst.LeftShift: "lshift", cst.RightShift: "rshift",
    cst.AddAssign: "iadd", cst.SubtractAssign: "isub", cst.MultiplyAssign: "imul",
    cst.DivideAssign: "itruediv", cst.FloorDivideAssign: "ifloordiv", cst.ModuloAssign: "imod",
    cst.PowerAssign: "ipow", cst.MatrixMultiplyAssign: "imatmul", cst.BitAndAssign: "iand",
    cst.BitOrAssign: "ior", cst.BitXorAssign: "ixor", cst.LeftShiftAssign: "ilshift",
    cst.RightShiftAssign: "irshift",
}  # fmt: skip
COMPARE: dict[type[cst.CSTNode], str] = {
    cst.Equal: "eq", cst.NotEqual: "ne", cst.LessThan: "lt", cst.LessThanEqual: "le",
    cst.GreaterThan: "gt", cst.GreaterThanEqual: "ge",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Operand:
    """One argument.

    Attributes:
        status: what it is to torch2trt.
        value: what the analysis knows of it.
        node: its source, where it has one.
    """

    status: Status = UNKNOWN
    value: Value = ANYTHING
    node: cst.CSTNode | None = None

    @property
    def tensor(self) -> bool:
        """Whether it is a tensor."""
        return is_tensor(self.status) or (
            isinstance(self.value, Tensor) and not isinstance(self.status, Scalar | Group)
        )

    def tensors(self) -> list[Status]:
        """Everything in it that is a tensor or may be one."""
        found = [s for s in leaves(self.status) if is_tensor(s) or isinstance(s, Inputs)]
        if type(self.status) is Status and isinstance(self.value, Tensor):
            found.append(self.status)
        return found

    @property
    def rank(self) -> int | None:
        """Its number of dimensions, if known."""
        return self.value.rank if isinstance(self.value, Tensor) else None

    @property
    def integer(self) -> int | None:
        """The integer that it is, if that is known."""
        return self.value.size.constant if isinstance(self.value, Int) else None

    @property
    def numbers(self) -> tuple[int | None, ...] | None:
        """The integers of a sequence, or of one integer."""
        if isinstance(self.value, Int):
            return (self.integer,)
        if isinstance(self.value, Items) and self.value.items is not None:
            return tuple(
                item.size.constant if isinstance(item, Int) else None for item in self.value.items
            )
        return None

    @property
    def text(self) -> str | None:
        """The string that it is, if that is known."""
        return self.value.value if isinstance(self.value, Text) else None

    @property
    def is_none(self) -> bool:
        """Whether it is ``None``."""
        return isinstance(self.value, Nothing)

    @property
    def truth(self) -> bool | None:
        """The boolean that it is, if that is known."""
        value = self.value
        return value.value if isinstance(value, Number) and isinstance(value.value, bool) else None


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a torch function, Tensor method, Python operator or layer.

    Attributes:
        name: the qualified name of what torch2trt hooks: ``torch.Tensor.view``.
        node: the expression.
        args, kwargs: the operands; a method's tensor comes first.
        form: ``function``, ``method``, ``operator`` or ``layer``.
        hidden: whether ``*args`` or ``**kwargs`` hide some.
        layer: the layer that is called.
    """

    name: str
    node: cst.CSTNode
    args: tuple[Operand, ...]
    kwargs: Mapping[str, Operand] = field(default_factory=dict)
    form: str = "function"
    hidden: bool = False
    layer: Module | None = None

    @property
    def last(self) -> str:
        """The name without its module."""
        return self.name.rpartition(".")[2]

    @property
    def shown(self) -> str:
        """How a message names it."""
        if self.layer is not None:
            return self.layer.type.replace("torch.nn.", "nn.")
        if self.form == "operator":
            return _SIGNS.get(self.last.strip("_").removeprefix("i"), self.last)
        if self.form == "method":
            return f".{self.last}()"
        return self.name.replace("torch.nn.functional.", "F.")

    def all(self) -> Iterator[Operand]:
        """Every operand."""
        yield from self.args
        yield from self.kwargs.values()

    def get(self, position: int, name: str) -> Operand | None:
        """The operand at a position or of a name."""
        if position < len(self.args):
            return self.args[position]
        return self.kwargs.get(name)

    def option(self, position: int, name: str, layer_at: int = 99) -> Operand | None:
        """The same, of the layer's constructor if it is a layer."""
        if self.layer is None:
            return self.get(position, name)
        value = argument(self.layer, layer_at, name)
        return Operand(UNKNOWN, value) if value is not None else None

    def operands(self) -> Iterator[Operand]:
        """Every operand that is read."""
        yield from self.args
        yield from (one for name, one in self.kwargs.items() if name != "out")

    def tensors(self) -> list[Status]:
        """Everything in the operands that is a tensor or may be one."""
        return [status for one in self.operands() for status in one.tensors()]

    def scalars(self) -> list[Scalar]:
        """Every Python number in the operands."""
        return [
            leaf
            for operand in self.all()
            for leaf in leaves(operand.status)
            if isinstance(leaf, Scalar)
        ]


_SIGNS = {
    "and": "&", "or": "|", "xor": "^", "nvert": "~", "lshift": "<<", "rshift": ">>", "ge": ">=",
    "le": "<=", "matmul": "@", "add": "+", "sub": "-", "mul": "*", "truediv": "/",
    "floordiv": "//", "mod": "%", "pow": "**", "eq": "==", "ne": "!=", "lt": "<", "gt": ">",
}  # fmt: skip


def weight() -> Operand:
    """A parameter of a layer."""
    return Operand(Constant(), Tensor())
