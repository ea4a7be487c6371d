"""Which LibCST node stands for which of ``ast``, where the kind alone says it."""

from __future__ import annotations

import ast

import libcst as cst

from trtlint.analysis.bare_nodes import making

_displays: dict[type[ast.expr], type[cst.CSTNode]] = {
    ast.Tuple: cst.Tuple,
    ast.List: cst.List,
    ast.Set: cst.Set,
}
DISPLAYS = {kind: making(wanted, "elements") for kind, wanted in _displays.items()}
_comprehensions: dict[type[ast.expr], type[cst.CSTNode]] = {
    ast.ListComp: cst.ListComp, ast.SetComp: cst.SetComp, ast.GeneratorExp: cst.GeneratorExp,
}  # fmt: skip
COMPREHENSIONS = {kind: making(wanted, "elt", "for_in") for kind, wanted in _comprehensions.items()}
PLAIN = {
    ast.Pass: making(cst.Pass),
    ast.Break: making(cst.Break),
    ast.Continue: making(cst.Continue),
}

_signs: dict[type[ast.AST], tuple[type[cst.CSTNode], type[cst.CSTNode]]] = {
    ast.Add: (cst.Add, cst.AddAssign),
    ast.Sub: (cst.Subtract, cst.SubtractAssign),
    ast.Mult: (cst.Multiply, cst.MultiplyAssign),
    ast.Div: (cst.Divide, cst.DivideAssign),
    ast.FloorDiv: (cst.FloorDivide, cst.FloorDivideAssign),
    ast.Mod: (cst.Modulo, cst.ModuloAssign),
    ast.Pow: (cst.Power, cst.PowerAssign),
    ast.MatMult: (cst.MatrixMultiply, cst.MatrixMultiplyAssign),
    ast.BitAnd: (cst.BitAnd, cst.BitAndAssign),
    ast.BitOr: (cst.BitOr, cst.BitOrAssign),
    ast.BitXor: (cst.BitXor, cst.BitXorAssign),
    ast.LShift: (cst.LeftShift, cst.LeftShiftAssign),
    ast.RShift: (cst.RightShift, cst.RightShiftAssign),
}
OPERATORS = {kind: making(plain) for kind, (plain, _) in _signs.items()}
AUGMENTED = {kind: making(augmented) for kind, (_, augmented) in _signs.items()}
_others: dict[type[ast.AST], type[cst.CSTNode]] = {
    ast.And: cst.And, ast.Or: cst.Or, ast.Not: cst.Not, ast.Invert: cst.BitInvert,
    ast.USub: cst.Minus, ast.UAdd: cst.Plus, ast.Eq: cst.Equal, ast.NotEq: cst.NotEqual,
    ast.Lt: cst.LessThan, ast.LtE: cst.LessThanEqual, ast.Gt: cst.GreaterThan,
    ast.GtE: cst.GreaterThanEqual, ast.Is: cst.Is, ast.IsNot: cst.IsNot, ast.In: cst.In,
    ast.NotIn: cst.NotIn,
}  # fmt: skip
OTHERS = {kind: making(wanted) for kind, wanted in _others.items()}
