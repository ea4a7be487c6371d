"""complex-numbers: real and imaginary parts as two real tensors."""

from __future__ import annotations

import libcst as cst

from trtlint.api import (
    Change,
    Decline,
    Insert,
    OperatorMatch,
    Pairs,
    Rewrite,
    Safety,
    Swap,
    TracedCode,
    Undecided,
    variables,
)
from trtlint.rules.complex_numbers import ComplexNumbers


class ComplexNumbersToPairs(Rewrite[OperatorMatch]):
    """Compute with real and imaginary parts as two real tensors, as rotary embeddings do.

    Why unsafe: a product is the same four products, but PyTorch rounds some elements of it once
    less: those that do not fill a vector of the processor, by a unit in the last place. ``polar``
    takes sine and cosine by other functions. What is returned is a tensor of its own, not a view.
    """

    rule = ComplexNumbers
    title = "compute with real and imaginary parts"
    safety = Safety.UNSAFE
    routes = frozenset({"onnx", "torch-tensorrt"})

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For complex numbers that are made and taken apart again in one function."""
        pairs = Pairs(code)
        swaps: list[Swap] = []
        before: list[Insert] = []
        for line, name, value in pairs.definitions:
            real, imaginary = pairs.parts(value)
            a, b = pairs.names[name]
            itself = name in {one.value for one in variables(value)}
            both = (
                [f"{a}, {b} = {real}, {imaginary}"]
                if itself
                else [f"{a} = {real}", f"{b} = {imaginary}"]
            )
            swaps.append(Swap(code.code, line, "\n".join([*pairs.taken(), *both])))
        for node, inner, kind in list(pairs.ends()):
            if any(_overlap(code, node, swap.node) for swap in swaps):
                raise Undecided("complex numbers are made of parts of others")
            text = pairs.end(kind, inner)
            new = pairs.taken()
            pairs.seen.add(id(node))
            line = pairs.line_of(node)
            swaps.append(Swap(code.code, node, text))
            if new:
                before.append(Insert(code.code, line, "\n".join(new), before=True))
        pairs.must_be_complete()
        if not swaps or id(found.node) not in pairs.seen:
            raise Undecided("complex numbers come from elsewhere, or go there")
        return Change(tuple(swaps), tuple(before), imports=tuple(sorted(pairs.imports)))


def _overlap(code: TracedCode, node: cst.CSTNode, whole: cst.CSTNode) -> bool:
    """Whether one of them is a part of the other."""
    return any(one is node for one in code.nodes(whole)) or any(
        one is whole for one in code.nodes(node)
    )
