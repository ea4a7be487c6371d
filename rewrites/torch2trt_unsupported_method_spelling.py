"""torch2trt-unsupported-method: another spelling of the same operation, one with a converter."""

from __future__ import annotations

from collections.abc import Mapping

from trtlint.api import (
    Change,
    Composer,
    Decline,
    Rewrite,
    Safety,
    Torch2trtMatch,
    TracedCode,
)
from trtlint.rules.torch2trt_unsupported_method import Torch2trtUnsupportedMethod

_OPERATORS: Mapping[str, str] = {
    **dict.fromkeys(("add",), "+"),
    **dict.fromkeys(("sub", "subtract"), "-"),
    **dict.fromkeys(("mul", "multiply"), "*"),
    **dict.fromkeys(("div", "divide", "true_divide"), "/"),
    **dict.fromkeys(("matmul", "bmm", "mm"), "@"),
    **dict.fromkeys(("gt", "greater"), ">"),
    **dict.fromkeys(("lt", "less"), "<"),
    "eq": "==",
    **dict.fromkeys(("ne", "not_equal"), "!="),
    "pow": "**",
    "remainder": "%",
    "floor_divide": "//",
}
_NONE = "nothing that torch2trt converts is the same operation"
_SECOND = {"bmm": "mat2", "mm": "mat2", "pow": "exponent"}
# What follows the operand instead, the arguments being the same.
_RENAMED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "clip": ("clamp", ("min", "max")),
    "swapaxes": ("transpose", ("axis0", "axis1")),
    "swapdims": ("transpose", ("dim0", "dim1")),
    "softmax": ("softmax", ("dim",)),
    "expand_as": ("expand", ("other",)),
    "reshape_as": ("reshape", ("other",)),
    "view_as": ("view", ("other",)),
    "t": ("transpose", ()),
    "T": ("transpose", ()),
    "mT": ("transpose", ()),
}
_FUNCTIONS = {
    "maximum": ("torch.max", ("input", "other")),
    "minimum": ("torch.min", ("input", "other")),
    "tanh": ("torch.tanh", ("input",)),
    "log_softmax": ("torch.nn.functional.log_softmax", ("input", "dim")),
    "concat": ("torch.cat", ("tensors", "dim")),
    "concatenate": ("torch.cat", ("tensors", "dim")),
}


class Torch2trtUnsupportedMethodToSpelling(Rewrite[Torch2trtMatch]):
    """Write the same operation as torch2trt has a converter for: ``a @ b`` for ``torch.bmm``.

    Why safe: PyTorch runs the same kernel for both.
    """

    rule = Torch2trtUnsupportedMethod
    title = "spell it as torch2trt converts it"
    safety = Safety.SAFE

    def rewrite(self, found: Torch2trtMatch, code: TracedCode) -> Change | Decline:
        """For operations that have such a spelling."""
        use = next((use for use in code.uses() if use.node is found.node), None)
        if use is None or use.form == "layer" or use.name.endswith("_"):
            return Decline(_NONE, beside=True)
        name = use.name
        if name in _OPERATORS and use.form != "operator":
            new = Composer.of(code, use, "input", _SECOND.get(name, "other"))
            new.tensor("input")
            sign, second = _OPERATORS[name], _SECOND.get(name, "other")
            return new.change(f"{new.factor('input')} {sign} {new.factor(second)}")
        if name == "square":
            return (new := Composer.of(code, use, "input")).change(f"{new.factor('input')} ** 2")
        if name in _FUNCTIONS:
            function, signature = _FUNCTIONS[name]
            new = Composer.of(code, use, *signature)
            given = ", ".join(map(new.source, new.operands))
            return new.change(f"{new.torch(function)}({given})")
        if name in _RENAMED:
            return _renamed(Composer.of(code, use, "input", *_RENAMED[name][1]), name)
        return Decline(_NONE, beside=True)


def _renamed(new: Composer, name: str) -> Change | Decline:
    method, names = _RENAMED[name]
    new.tensor("input")
    args = [new.source(given) for given in new.operands if given != "input"]
    if name.endswith("_as"):
        args = [f"{new.once('other')}.shape"]
    if name == "clip":
        args = [f"{given}={new.source(given)}" for given in names if given in new.operands]
    if name == "mT":
        args = ["-2", "-1"]
    if name in ("t", "T"):
        if new.rank("input") != 2:
            return Decline("it has not two dimensions")
        args = ["0", "1"]
    return new.change(f"{new.once('input')}.{method}({', '.join(args)})")
