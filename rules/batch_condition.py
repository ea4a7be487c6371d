"""batch-condition: control flow that asks for the batch size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import libcst as cst

from trtlint.api import Match, Rule, TracedCode, Verdict, cited, executed

_ONE = "the graph holds the branch that the sample took"
_TABLE = {
    "tensorrt-rtx": executed("fine", "at that batch size", dynamic="wrong"),
    "tensorrt": cited("fine", f"torch 2.13: {_ONE}", dynamic="wrong"),
    "torch-tensorrt": cited("fine", "torch.export guards on the outcome", dynamic="rejected"),
    "torch2trt": cited("fine", f"4e820ae: {_ONE}", dynamic="wrong"),
}


@dataclass(frozen=True, eq=False)
class AskedBatch(Match):
    """``if x.shape[0] > 1`` and the like.

    Attributes:
        shown: the comparison as written.
    """

    shown: str

    def facts(self) -> Mapping[str, str]:
        """The comparison as written."""
        return {"condition": self.shown}


class BatchCondition(Rule[AskedBatch]):
    """Flag branches that depend on the batch size, such as ``if x.shape[0] > 1:``.

    ## What it does
    Finds comparisons of a size that varies with the batch, in the test of an ``if``, a ``while``
    or a conditional expression. Assertions, branches that only raise, and comparisons of two
    batches with one another are left out.

    ## Why it matters
    Both exporters run the model once and keep the branch that the sample took. With a batch that
    varies, the engine computes that branch for every batch, and says nothing.

    ## Use instead
    Code that does the same for every batch; or a separate engine, where batch 1 really differs.

    ## Fix safety
    There is no automatic fix: what the two branches have in common is the author's to say.

    ## Known limits
    A condition that is stored in a variable first is not followed.
    """

    name = "batch-condition"
    family = "batch"
    message = "`{condition}` is answered once, for the sample's batch"
    hint = "write code that does the same at every batch size"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {"default": _TABLE}
    only_if_minded = frozenset({"default"})

    def check(self, code: TracedCode) -> Iterator[AskedBatch]:
        """Every such comparison."""
        for test in _tests(code):
            for one in code.walk(cst.Comparison, test):
                if _asks_for_batch(code, one):
                    yield AskedBatch(one, code.source(one))
                    break


def _tests(code: TracedCode) -> Iterator[cst.BaseExpression]:
    for node in code.nodes():
        match node:
            case cst.If(test=test, body=body) if not _only_raises(body):
                yield test
            case cst.While(test=test) | cst.IfExp(test=test):
                yield test


def _only_raises(body: cst.BaseSuite) -> bool:
    last = body.body[-1]
    return isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], cst.Raise)


def _asks_for_batch(code: TracedCode, node: cst.Comparison) -> bool:
    """Whether one side varies with the batch: two batches are taken to be the same one."""
    target = node.comparisons[0]
    if len(node.comparisons) > 1 or isinstance(
        target.operator, cst.Is | cst.IsNot | cst.In | cst.NotIn
    ):
        return False
    return any(code.batch_sizes(node.left)) != any(code.batch_sizes(target.comparator))
