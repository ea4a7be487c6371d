"""From one line to a probe: ``torch.cumsum(x, 1)``, ``nn.LSTM(8, 6) <- q [0]``.

Names stand for inputs (`INPUTS`); statements are separated by ``;``, the last is returned.
"""

from __future__ import annotations

import ast
import re
from typing import Any

INPUTS = {
    "x": "2x4x8x8:float32",
    "y": "2x4x8x8:float32",
    "w": "2x4x8x8:float32",
    "q": "2x5x8:float32",
    "k": "2x5x8:float32",
    "s": "2x4x4:float32",
    "p": "2x4x4:float32",
    "m": "2x6:float32",
    "m2": "2x6:float32",
    "sq": "6x6:float32",
    "v": "9:float32",
    "v2": "9:float32",
    "long": "2x5000:float32",
    "d5": "2x2x4x4x4:float32",
    "z": ":float32",
    "n": "2x6:int64",
    "n2": "2x6:int64",
    "e": "2x6:int32",
    "nx": "2x4x8x8:int64",
    "nv": "9:int64",
    "bx": "2x4x8x8:bool",
    "by": "2x4x8x8:bool",
    "bm": "2x6:bool",
    "bv": "9:bool",
    "u": "2x4x8x8:uint8",
    "h": "2x4x8x8:float16",
    "hy": "2x4x8x8:float16",
    "bf": "2x4x8x8:bfloat16",
    "dbl": "2x4x8x8:float64",
    "c": "2x4x8:complex64",
    "i": "3:int64",
    "label": "2:int64",
    "token": "2x5:int64",
}
_MODULE = re.compile(r"(nn\..*?) <- (.*?)( \[\S*\])?$")
_NAMESPACES = {"F": "torch.nn.functional", "nn": "torch.nn", "torch": "torch"}


def probe_row(line: str, operator: str = "", name: str = "") -> dict[str, Any]:
    """The JSON row of a probe written in one line."""
    fields: list[str] = []
    while "@self" in line:
        before, _, line = line.partition("@")
        field, _, line = line.partition(" ;; ")
        fields.append(field.strip())
        line = before + line
    override, bar, rest = line.partition(" :: ")
    if bar:
        operator, line = override.strip(), rest
    module = _MODULE.match(line.strip())
    if module:
        made, arguments, tail = module.groups()
        fields.append(f"self.m = {made}")
        line = f"self.m({arguments}){(tail or '').strip()}"
        operator = operator or "torch." + made.split("(")[0]
    *statements, result = (part.strip() for part in line.split(" ; "))
    body = [*statements, f"return {result}"]
    used = _free_names(body)
    source = render(fields, body, used)
    return {
        "name": name,
        "operator": operator or operator_of(result if not statements else line, statements),
        "source": source,
        "inputs": [INPUTS[one] for one in used],
    }


def _free_names(body: list[str]) -> list[str]:
    tree = ast.parse("\n".join(["def forward(self):", *("    " + one for one in body)]))
    updated = {id(n.target) for n in ast.walk(tree) if isinstance(n, ast.AugAssign)}
    bound = {a.arg for n in ast.walk(tree) if isinstance(n, ast.arguments) for a in n.args}
    used: list[str] = []
    for name in sorted(
        (n for n in ast.walk(tree) if isinstance(n, ast.Name)),
        key=lambda n: (n.lineno, isinstance(n.ctx, ast.Store), n.col_offset),
    ):
        if isinstance(name.ctx, ast.Store) and id(name) not in updated:
            bound.add(name.id)
        elif name.id in INPUTS and name.id not in bound and name.id not in used:
            used.append(name.id)
    return used


def render(fields: list[str], body: list[str], used: list[str]) -> str:
    """A complete file: assignments of ``__init__``, statements of ``forward``, its parameters."""
    text = "\n".join([*fields, *body])
    lines = ["import math"] if "math." in text else []
    lines += ["import torch"] if "torch." in text else []
    lines.append("import torch.nn as nn")
    lines += ["import torch.nn.functional as F"] if "F." in text else []
    lines += ["", "", "class Model(nn.Module):"]
    if fields:
        lines += ["    def __init__(self):", "        super().__init__()"]
        lines += [*(f"        {one}" for one in fields), ""]
    lines.append(f"    def forward({', '.join(['self', *used])}):")
    lines += [f"        {one}" for one in body]
    return "\n".join(lines) + "\n"


def operator_of(result: str, statements: list[str] | None = None) -> str:
    """The operator a line is about: its first call of torch, of a method, or its operator sign."""
    tree = ast.parse("\n".join([*(statements or []), "(" + result.split(" ; ")[-1] + ")"]))
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call | ast.Attribute)]
    for node in calls:
        target = node.func if isinstance(node, ast.Call) else node
        text = ast.unparse(target)
        root, _, rest = text.partition(".")
        if root in _NAMESPACES and rest and "(" not in text:
            return f"{_NAMESPACES[root]}.{rest}"
        if isinstance(target, ast.Attribute) and root != "self":
            return f"torch.Tensor.{target.attr}"
    for kind in (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Subscript):
        for node in ast.walk(tree):
            if isinstance(node, kind):
                sign = getattr(node, "op", None) or getattr(node, "ops", [node])[0]
                return "operator." + type(sign).__name__.lower()
    return "python"
