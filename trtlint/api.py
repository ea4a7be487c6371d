"""What an author of rules and rewrites sees.

A rule yields typed matches; a rewrite turns a match into a :class:`Change`, or says why it does
not. Neither prints, writes or knows of the command line.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

import libcst as cst

from trtlint.analysis.arguments import Args
from trtlint.analysis.dtypes import INT64, keeps_every_value
from trtlint.analysis.dtypes import joinable as joinable_dtypes
from trtlint.analysis.dtypes import same as same_dtype
from trtlint.analysis.dtypes import source as dtype_source
from trtlint.analysis.effects import is_fresh, is_pure, loop_obstacle, stands_in
from trtlint.analysis.interleave import has_strides, interleaving
from trtlint.analysis.literals import (
    flag_of,
    holds_bools,
    holds_integers,
    int_of,
    ints_of,
    is_none,
    number_of,
    size_along,
    text_of,
)
from trtlint.analysis.operator_uses import OperatorUse
from trtlint.analysis.outputs import odd_outputs
from trtlint.analysis.pieces import Written, decompose, untouched
from trtlint.analysis.project import Symbol
from trtlint.analysis.sizes import FloorDivAtom, Size, at_least
from trtlint.analysis.step_loops import StepLoop, step_loop
from trtlint.analysis.traced_code import (
    TracedCode,
    is_input,
    is_torch_name,
    size_arguments,
)
from trtlint.analysis.trees import variables
from trtlint.analysis.truth_tests import reads_elements, truth_tests
from trtlint.analysis.undecided import Undecided
from trtlint.analysis.uses import (
    call_chain,
    escapes,
    names_device,
    second_result_used,
    written_later,
)
from trtlint.analysis.values import (
    DeviceValue,
    DTypeValue,
    Int,
    Items,
    Method,
    Module,
    NdArray,
    Nothing,
    Number,
    Range,
    Ratio,
    Ref,
    Slice,
    Tensor,
    Value,
)
from trtlint.analysis.view_writes import view_writes
from trtlint.analysis.writes import SliceWrite, index_values, mentions, region_of, slice_writes
from trtlint.changes import Change, Decline, Insert, Swap
from trtlint.class_edits import add_to_init, move_into_class
from trtlint.codegen import CallText, SumText, Text, call, layout, sequence, tailed
from trtlint.conversion.onnx_route import Export, differs, emits, fails, through_onnx
from trtlint.conversion.operator_groups import GROUPS, remaining
from trtlint.conversion.operators import BAD, UNJUDGED, operator_key, translated
from trtlint.conversion.torch2trt.report import torch2trt_report
from trtlint.conversion.torch2trt.status import Loss
from trtlint.findings import Safety
from trtlint.rebuilding import Rebuilder, primary
from trtlint.regions import (
    change,
    laid_out,
    obstacle,
    region_to_rebuild,
    removable,
    size_sources,
)
from trtlint.verdicts import Verdict, cited, executed


@dataclass(frozen=True, eq=False)
class Match:
    """One occurrence of a pattern.

    Attributes:
        node: what the finding points at.
    """

    node: cst.CSTNode

    @property
    def variant(self) -> str:
        """Which of the rule's verdict tables applies."""
        return "default"

    @property
    def group(self) -> Hashable:
        """Matches of one group and function are repaired by one change; None for a group of one."""
        return None

    def facts(self) -> Mapping[str, str]:
        """What the rule's message and hint may name in braces."""
        return {}


M = TypeVar("M", bound=Match)


class Rule(Generic[M]):
    """Decides that something is a problem.

    Attributes:
        name: the pattern in kebab case; the file has the same name with underscores.
        family: the group it is selected with.
        message: what is found, a template over the match's facts.
        hint: what to write instead, likewise.
        verdicts: by variant of the match, what each known target does with it.
        only_if_minded: variants that are reported only where a selected target minds.
        references: issues, pull requests and documents about the pattern.
        defers: whether a finding is left out where another rule tells the same of that place.
    """

    name: ClassVar[str]
    family: ClassVar[str]
    message: ClassVar[str]
    hint: ClassVar[str]
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]]
    only_if_minded: ClassVar[frozenset[str]] = frozenset()
    references: ClassVar[tuple[str, ...]] = ()
    defers: ClassVar[bool] = False

    def check(self, code: TracedCode) -> Iterator[M]:
        """Every occurrence in one traced function."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class OperatorMatch(Match):
    """One use of a torch operator.

    Attributes:
        use: the use.
        kind: the variant of the rule.
        more: further facts for the rule's message.
    """

    use: OperatorUse
    kind: str = "default"
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def variant(self) -> str:
        """As the rule decided."""
        return self.kind

    def facts(self) -> Mapping[str, str]:
        """``operator`` as written, and what the rule adds."""
        return {"operator": self.use.shown, **self.more}


class OperatorRule(Rule[OperatorMatch]):
    """A rule about uses of certain torch operators.

    Attributes:
        operators: their names without module: ``cumsum`` stands for the function and the method,
            ``MaxPool2d`` for the layer, ``remainder`` for ``%`` as well.
        what: by variant, what a message says in ``{what}``.
    """

    operators: ClassVar[frozenset[str]]
    what: ClassVar[Mapping[str, str]] = {}

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """Which variant of the rule this use is; None if it is not one."""
        return "default"

    def check(self, code: TracedCode) -> Iterator[OperatorMatch]:
        """Every use that is a variant of the rule."""
        for use in code.uses(*sorted(self.operators)):
            kind = self.variant(use, code)
            if kind is not None:
                yield OperatorMatch(use.node, use, kind, {"what": self.what.get(kind, "")})


class TranslationRule(OperatorRule):
    """A rule about operators of which the measured table says what the exporters make of them.

    Attributes:
        operators: as the table calls them: ``linalg.inv``.
    """

    def check(self, code: TracedCode) -> Iterator[OperatorMatch]:
        """Every use of one of the operators."""
        for use in code.uses():
            key = None if use.form == "operator" else operator_key(use.qualified)
            if key is not None and key in self.operators and key in BAD:
                row = BAD[key]
                yield OperatorMatch(use.node, use, row.variant, {"why": row.why})


@dataclass(frozen=True, eq=False)
class Torch2trtMatch(Match):
    """One place where torch2trt's network parts from the model."""

    loss: Loss

    @property
    def variant(self) -> str:
        """As the dataflow decided."""
        return self.loss.variant

    def facts(self) -> Mapping[str, str]:
        """What the dataflow tells of it."""
        return self.loss.facts


class Torch2trtRule(Rule[Torch2trtMatch]):
    """A rule about one way in which torch2trt loses what the model computes."""

    defers = True

    def check(self, code: TracedCode) -> Iterator[Torch2trtMatch]:
        """Every loss of the rule's kind."""
        for loss in torch2trt_report(code).losses:
            if loss.rule == self.name:
                yield Torch2trtMatch(loss.node, loss)


def only_torch2trt(verdict: Verdict, early: Verdict | None = None) -> dict[str, Verdict]:
    """Verdicts of a pattern that the other routes have their own rules for.

    Args:
        verdict: what torch2trt 0.5 does with it.
        early: what torch2trt 0.1 did with it, where somebody says so.
    """
    fine = cited("fine", "not minded as such on this route, whose own rules speak of it")
    table = dict.fromkeys(("tensorrt-rtx-1.7", "tensorrt", "torch-tensorrt"), fine)
    table["torch2trt-0.5"] = verdict
    return {**table, "torch2trt-0.1": early} if early is not None else table


class Rewrite(Generic[M]):
    """Says what to write instead of a match.

    Attributes:
        rule: the rule whose matches it takes.
        title: what it does, for the fix's label.
        safety: whether it may be applied without asking.
        routes: the conversion routes that take its result.
        order: rewrites of one rule are tried from the lowest on; the first that does not decline
            is used.
        on_request: whether it is applied only where a selected target minds the pattern, or the
            user has named the rule.
    """

    rule: ClassVar[type[Rule[Any]]]
    title: ClassVar[str]
    safety: ClassVar[Safety]
    routes: ClassVar[frozenset[str]] = frozenset({"onnx", "torch2trt", "torch-tensorrt"})
    order: ClassVar[int] = 0
    on_request: ClassVar[bool] = False

    def rewrite(self, found: M, code: TracedCode) -> Change | Decline:
        """The change for one match.

        Raises:
            Undecided: a proof failed on the way; the same as returning a decline with its reason.
        """
        raise NotImplementedError


__all__ = [
    "GROUPS",
    "INT64",
    "UNJUDGED",
    "Args",
    "CallText",
    "Change",
    "DTypeValue",
    "Decline",
    "DeviceValue",
    "Export",
    "FloorDivAtom",
    "Insert",
    "Int",
    "Items",
    "Match",
    "Method",
    "Module",
    "NdArray",
    "Nothing",
    "Number",
    "OperatorMatch",
    "OperatorRule",
    "OperatorUse",
    "Range",
    "Ratio",
    "Rebuilder",
    "Ref",
    "Rewrite",
    "Rule",
    "Safety",
    "Size",
    "Slice",
    "SliceWrite",
    "StepLoop",
    "SumText",
    "Swap",
    "Symbol",
    "Tensor",
    "Text",
    "Torch2trtRule",
    "TracedCode",
    "TranslationRule",
    "Undecided",
    "Value",
    "Verdict",
    "Written",
    "add_to_init",
    "at_least",
    "call",
    "call_chain",
    "change",
    "cited",
    "decompose",
    "differs",
    "dtype_source",
    "emits",
    "escapes",
    "executed",
    "fails",
    "flag_of",
    "has_strides",
    "holds_bools",
    "holds_integers",
    "index_values",
    "int_of",
    "interleaving",
    "ints_of",
    "is_fresh",
    "is_input",
    "is_none",
    "is_pure",
    "is_torch_name",
    "joinable_dtypes",
    "keeps_every_value",
    "laid_out",
    "layout",
    "loop_obstacle",
    "mentions",
    "move_into_class",
    "names_device",
    "number_of",
    "obstacle",
    "odd_outputs",
    "only_torch2trt",
    "primary",
    "reads_elements",
    "region_of",
    "region_to_rebuild",
    "remaining",
    "removable",
    "same_dtype",
    "second_result_used",
    "sequence",
    "size_along",
    "size_arguments",
    "size_sources",
    "slice_writes",
    "stands_in",
    "step_loop",
    "tailed",
    "text_of",
    "through_onnx",
    "torch2trt_report",
    "translated",
    "truth_tests",
    "untouched",
    "variables",
    "view_writes",
    "written_later",
]
