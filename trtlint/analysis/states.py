"""The variables of a function: merging them, and what becomes known of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import libcst as cst

from trtlint.analysis import dtypes
from trtlint.analysis.arguments import Args
from trtlint.analysis.layers import module_child
from trtlint.analysis.shapes import Rest, Shape
from trtlint.analysis.sizes import Atom, DimAtom, Size, at_least, atom
from trtlint.analysis.trees import Pairs, Tree
from trtlint.analysis.values import (
    UNKNOWN,
    Function,
    Int,
    Items,
    Mapping,
    Module,
    NdArray,
    Number,
    Range,
    Tensor,
    Text,
    Unknown,
    Value,
    aliases,
    element_of,
    join,
    row_of,
)

Env = dict[str, Value]


@dataclass
class Evaluation:
    """What evaluating a function yields.

    Attributes:
        values: the value of each expression, by node identity.
        before: the variables before each statement, by node identity.
        returns: the joined value of all ``return`` statements.
        dead: identities of statements that never run when exported in eval mode.
        calls: the calls of project functions, by the token of each.
    """

    values: dict[int, Value] = field(default_factory=dict)
    before: dict[int, Env] = field(default_factory=dict)
    returns: Value | None = None
    dead: set[int] = field(default_factory=set)
    calls: dict[str, tuple[Function, Args]] = field(default_factory=dict)


def carried(known: Evaluation, tree: Tree, pairs: Pairs) -> Evaluation:
    """An evaluation of one tree for another of the same code.

    Args:
        known: the evaluation.
        tree: the other tree.
        pairs: its nodes, each with the one that was evaluated.
    """
    found = Evaluation(returns=known.returns, calls=known.calls)
    for node, evaluated in pairs:
        there = id(evaluated)
        if there in known.values:
            found.values[id(node)] = known.values[there]
        elif there in known.before:
            found.before[id(node)] = known.before[there]
        if there in known.dead:
            found.dead.update(map(id, tree.below(node)))  # pairs do not look into strings
    return found


def registered(args: Args) -> Env:
    """What ``register_buffer(name, tensor)`` binds."""
    name, tensor = args.get(0, "name"), args.get(1, "tensor")
    if not isinstance(name, Text) or name.value is None:
        return {}
    value = model_tensor(tensor) if isinstance(tensor, Tensor) else UNKNOWN
    return {name.value: placed(value, f"self.{name.value}")}


def placed(value: Value, path: str) -> Value:
    """A value that lives in an attribute: its storage is named after it."""
    match value:
        case Tensor():
            return replace(
                value,
                storage=frozenset({path}),
                creation=None,
                parameter=None,
                varies=False,
                view=None,
            )
        case Module():
            return replace(value, path=path)
        case Items() | Mapping() | Unknown():
            return value if aliases(value) == frozenset() else Unknown(frozenset({path}))
        case _:
            return value


def joined(left: Env, right: Env) -> Env:
    """The variables after two paths meet; one bound on a single path only is unknown."""
    return {
        name: join(left[name], right[name])
        if name in left and name in right
        else Unknown(aliases(left.get(name, UNKNOWN)) | aliases(right.get(name, UNKNOWN)))
        for name in left.keys() | right.keys()
    }


def of_any_iteration(value: Value) -> Value:
    """A value made inside a loop, seen from outside: each iteration has sizes of its own."""
    match value:
        case Tensor(shape=Shape() as shape):
            atoms = [one.name for size in (*shape.dims, *shape.last) for one in size.atoms()]
            varies = any("@" in name for name in (*atoms, shape.rest.tensor if shape.rest else ""))
            return replace(value, shape=None, exact=False) if varies else value
        case Items(items=tuple() as items):
            return Items(value.kind, tuple(map(of_any_iteration, items)))
        case Items():
            return Items(value.kind, None, of_any_iteration(value.element))
        case Int(size=size) if any("@" in one.name for one in size.atoms()):
            return Number("int")
        case _:
            return value


def closed(value: Value, tensor: str, rank: int) -> Value:
    """``value`` with the rank of the input ``tensor`` known."""
    if not isinstance(value, Tensor) or value.shape is None or value.shape.rest is None:
        return value
    rest: Rest = value.shape.rest
    if rest.tensor != tensor:
        return value
    middle: list[Size] = [
        atom(DimAtom.of(tensor, axis)) for axis in range(rest.front, rank - rest.back)
    ]
    shape = Shape((*value.shape.dims, *middle, *value.shape.last))
    return replace(value, shape=shape)


def number_parameter(name: str, kind: str, default: int | None) -> Value:
    """A parameter that is a Python number, by its annotation or default.

    An integer whose default is not negative is taken never to be: sizes, strides, counts. (An axis
    is not used as a size.)
    """
    if kind == "int":
        low = None if default is None or default < 0 else min(default, 1)
        return Int(atom(Atom(name, low)))
    return Number("float" if kind == "float" else "bool")


def model_tensor(data: Tensor) -> Tensor:
    """A tensor that became a parameter or buffer: it follows the model's dtype and device."""
    follows = data.dtype in (dtypes.DEFAULT, dtypes.FLOAT32)
    dtype = dtypes.MODEL if follows else data.dtype
    return Tensor(data.shape, data.exact, dtype, "model", data.storage, varies=False)


def refine(test: cst.BaseExpression, env: Env) -> str | None:
    """``if i > 0``: the variable is at least 1 inside. Returns its name."""
    match test:
        case cst.Comparison(
            left=cst.Name(value=name),
            comparisons=[
                cst.ComparisonTarget(
                    operator=cst.GreaterThan() | cst.GreaterThanEqual() as operator,
                    comparator=cst.Integer() as bound,
                )
            ],
        ):
            low = int(bound.evaluated_value) + isinstance(operator, cst.GreaterThan)
        case cst.Name(value=name):
            low = 1
        case _:
            return None
    value = env.get(name)
    if isinstance(value, Int) and len(value.size.terms) == 1:
        ((mono, coef),) = value.size.terms
        if coef == 1 and len(mono) == 1 and type(mono[0]) is Atom:
            if isinstance(test, cst.Name) and (mono[0].low is None or mono[0].low < 0):
                return None
            env[name] = Int(atom(Atom(mono[0].name, low)))
            return name
    return None


def element_while_iterating(over: Value, token: str) -> Value:
    """What a loop variable may be when iterating over ``over``."""
    match over:
        case Range(start=start, stop=stop, step=step):
            low = start.constant if at_least(step, 1) else None
            if stop.constant is not None and at_least(-step, 1):
                low = stop.constant + 1
            return Int(atom(Atom(f"loop {token}", low)))
        case Items(counted=True, element=Items(items=(_, element))):
            return Items("tuple", (Int(atom(Atom(f"loop {token}", 0))), element))
        case Items():
            return element_of(over)
        case Tensor():
            return row_of(over, token)
        case NdArray():
            return over
        case Module():
            return module_child(over, None)
        case _:
            return Unknown(aliases(over))
