"""LibCST nodes made without their constructors, with the fields that carry meaning only.

Layout fields are left unset: whoever asks for one gets an ``AttributeError``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, get_origin

import libcst as cst

from trtlint.analysis.trees import field_names


def making(kind: type[cst.CSTNode], *names: str) -> Callable[..., Any]:
    """A function that makes a node of these fields; the others that count are empty."""
    setters = [getattr(kind, name).__set__ for name in names]
    empty = [
        (getattr(kind, name).__set__, () if get_origin(field.type) is Sequence else None)
        for field in fields(kind)
        if (name := field.name) in field_names(kind) and name not in names
    ]
    new = object.__new__

    def make(*values: object) -> cst.CSTNode:
        node = new(kind)
        for put, value in zip(setters, values, strict=True):
            put(node, value)
        for put, value in empty:
            put(node, value)
        return node

    return make


name = making(cst.Name, "value")
attribute = making(cst.Attribute, "value", "attr")
arg = making(cst.Arg, "value", "keyword", "star")
call = making(cst.Call, "func", "args")
integer = making(cst.Integer, "value")
float = making(cst.Float, "value")
imaginary = making(cst.Imaginary, "value")
string = making(cst.SimpleString, "value")
formatted = making(cst.FormattedString, "parts")
hole = making(cst.FormattedStringExpression, "expression", "format_spec")
concatenated = making(cst.ConcatenatedString, "left", "right")
ellipsis = making(cst.Ellipsis)
binary = making(cst.BinaryOperation, "left", "operator", "right")
boolean = making(cst.BooleanOperation, "left", "operator", "right")
unary = making(cst.UnaryOperation, "operator", "expression")
comparison = making(cst.Comparison, "left", "comparisons")
compared = making(cst.ComparisonTarget, "operator", "comparator")
conditional = making(cst.IfExp, "test", "body", "orelse")
subscript = making(cst.Subscript, "value", "slice")
index_element = making(cst.SubscriptElement, "slice", "comma")
index = making(cst.Index, "value")
slice = making(cst.Slice, "lower", "upper", "step")
element = making(cst.Element, "value")
starred = making(cst.StarredElement, "value")
dict = making(cst.Dict, "elements")
dict_element = making(cst.DictElement, "key", "value")
starred_dict = making(cst.StarredDictElement, "value")
named = making(cst.NamedExpr, "target", "value")
lambda_ = making(cst.Lambda, "params", "body")
yield_ = making(cst.Yield, "value")
from_ = making(cst.From, "item")
parameters = making(
    cst.Parameters, "params", "star_arg", "kwonly_params", "star_kwarg", "posonly_params"
)
parameter = making(cst.Param, "name", "annotation", "default", "star")
annotation = making(cst.Annotation, "annotation")
decorator = making(cst.Decorator, "decorator")
comp_for = making(cst.CompFor, "target", "iter", "ifs", "inner_for_in")
comp_if = making(cst.CompIf, "test")
dict_comp = making(cst.DictComp, "key", "value", "for_in")
line = making(cst.SimpleStatementLine, "body")
block = making(cst.IndentedBlock, "body")
suite = making(cst.SimpleStatementSuite, "body")
expr = making(cst.Expr, "value")
assign = making(cst.Assign, "targets", "value")
target = making(cst.AssignTarget, "target")
aug_assign = making(cst.AugAssign, "target", "operator", "value")
ann_assign = making(cst.AnnAssign, "target", "annotation", "value")
return_ = making(cst.Return, "value")
raise_ = making(cst.Raise, "exc", "cause")
assertion = making(cst.Assert, "test", "msg")
del_ = making(cst.Del, "target")
import_ = making(cst.Import, "names")
import_from = making(cst.ImportFrom, "module", "names")
alias = making(cst.ImportAlias, "name", "asname")
as_name = making(cst.AsName, "name")
global_ = making(cst.Global, "names")
nonlocal_ = making(cst.Nonlocal, "names")
name_item = making(cst.NameItem, "name")
if_ = making(cst.If, "test", "body", "orelse")
else_ = making(cst.Else, "body")
for_ = making(cst.For, "target", "iter", "body", "orelse")
while_ = making(cst.While, "test", "body", "orelse")
with_ = making(cst.With, "items", "body")
with_item = making(cst.WithItem, "item", "asname")
try_ = making(cst.Try, "body", "handlers", "orelse", "finalbody")
handler = making(cst.ExceptHandler, "body", "type", "name")
finally_ = making(cst.Finally, "body")
function = making(cst.FunctionDef, "name", "params", "body", "decorators", "returns")


def chain(dotted: str) -> Any:
    """``a.b.c``."""
    first, *others = dotted.split(".")
    made = name(first)
    for other in others:
        made = attribute(made, name(other))
    return made
