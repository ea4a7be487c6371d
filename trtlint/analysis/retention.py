"""Whether a function may keep a reference to what it is given or returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from trtlint.analysis.values import Function, Method, Module, Ref, Tensor, Value

if TYPE_CHECKING:
    from trtlint.analysis.core import Analysis
    from trtlint.analysis.project import Symbol

# A storage token of tensors that somebody else may hold as well.
KEPT = "kept elsewhere"
_HARMLESS = frozenset({"staticmethod", "torch.no_grad", "torch.inference_mode", "torch.jit.export"})
_HOOKS = frozenset(
    """register_forward_hook register_forward_pre_hook register_module_forward_hook
    register_module_forward_pre_hook""".split()
)
_TELLING = frozenset(
    {
        cst.Yield, cst.Global, cst.Nonlocal, cst.Lambda, cst.FunctionDef, cst.AssignTarget,
        cst.Call,
    }
)  # fmt: skip
_REFLECTION = frozenset({"locals", "vars", "globals", "eval", "exec"})


def retains(analysis: Analysis, symbol: Symbol) -> bool:
    """Whether a project function may store tensors where they outlive the call."""
    known = analysis.retaining.get(symbol.key)
    if known is None:
        analysis.retaining[symbol.key] = True  # a function that calls itself may
        known = analysis.retaining[symbol.key] = _search(analysis, symbol)
    return known


def _search(analysis: Analysis, symbol: Symbol) -> bool:
    code = analysis.code(symbol)
    facts = code.facts
    if facts.attributes or code.unparsable or not set(facts.decorators) <= _HARMLESS:
        return True
    if any(p.default == "expression" for p in facts.parameters):
        return True
    values = analysis.evaluate(symbol).values
    for node in code.nodes():
        if type(node) not in _TELLING:
            continue
        match node:
            case (
                cst.Yield() | cst.Global() | cst.Nonlocal() | cst.Lambda() | cst.FunctionDef()
            ) | cst.AssignTarget(target=cst.Attribute()):
                return True
            case cst.AssignTarget(target=cst.Subscript(value=holder)):
                if not isinstance(values.get(id(holder)), Tensor):
                    return True
            case cst.Call(func=function):
                if _keeps(analysis, values.get(id(function)), symbol):
                    return True
    return False


def _keeps(analysis: Analysis, function: Value | None, caller: Symbol) -> bool:
    match function:
        case Ref(name=name):
            return not name.startswith(("torch.", "math.", "builtins.")) or (
                name.removeprefix("builtins.") in _REFLECTION
            )
        case Method(owner=Tensor()):
            return False
        case Module(project=False):
            return has_hooks(analysis, caller)
        case Module(type=key):
            owner = analysis.class_symbol(key)
            forward = analysis.project.find_method(owner, "forward") if owner else None
            return forward is None or retains(analysis, forward)
        case Function(key=key):
            target = analysis.function_symbol(key)
            return target is None or retains(analysis, target)
        case _:
            return True


def has_hooks(analysis: Analysis, symbol: Symbol) -> bool:
    """Whether the file registers forward hooks, so that calling a layer runs other code."""
    assert symbol.path is not None
    return bool(_HOOKS & analysis.project.files[symbol.path].names)


def reflects(names: frozenset[str]) -> bool:
    """Whether a function uses ``locals()`` and its kin, which see every variable."""
    return bool(_REFLECTION & names)
