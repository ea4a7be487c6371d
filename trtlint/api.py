"""What an author of rules and rewrites sees.

A rule yields typed matches; a rewrite turns a match into a :class:`Change`, or says why it does
not. Neither prints, writes or knows of the command line.
"""

from __future__ import annotations

from typing import Any, ClassVar, Generic

from trtlint.analysis.arguments import Args
from trtlint.analysis.cells import Cell, Woven, decompose
from trtlint.analysis.dtypes import INT64, keeps_every_value
from trtlint.analysis.dtypes import joinable as joinable_dtypes
from trtlint.analysis.dtypes import same as same_dtype
from trtlint.analysis.dtypes import source as dtype_source
from trtlint.analysis.effects import is_fresh, is_pure, loop_obstacle, stands_in
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
from trtlint.analysis.moving import obstacle
from trtlint.analysis.operator_uses import OperatorUse
from trtlint.analysis.origins import varies
from trtlint.analysis.outputs import odd_outputs
from trtlint.analysis.project import Symbol
from trtlint.analysis.sizes import FloorDivAtom, Size, at_least
from trtlint.analysis.step_loops import StepLoop, step_loop
from trtlint.analysis.traced_code import (
    TracedCode,
    has_dimension,
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
    only_checked,
    second_result_used,
    written_later,
)
from trtlint.analysis.values import (
    DeviceValue,
    DTypeValue,
    Function,
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
from trtlint.analysis.write_regions import region_of
from trtlint.analysis.writes import SliceWrite, index_values, mentions, slice_writes
from trtlint.buffering import as_buffer, is_constant
from trtlint.changes import Change, Decline, Insert, Swap
from trtlint.choosing import chosen_by, extreme
from trtlint.class_edits import add_to_init, move_into_class
from trtlint.codegen import CallText, SumText, Text, call, layout, primary, sequence, tailed
from trtlint.collecting import collected
from trtlint.composing import Composer, in_place_of
from trtlint.conversion.onnx_route import Export, differs, emits, fails, through_onnx
from trtlint.conversion.operator_groups import GROUPS, remaining
from trtlint.conversion.operators import UNJUDGED, translated
from trtlint.conversion.torch2trt.report import torch2trt_report
from trtlint.edge_forms import joined_edges
from trtlint.findings import Safety
from trtlint.kept_tensors import kept_tensor, without_numpy
from trtlint.mask_numbers import Choice, MaskNumbers, bound_of, bounded, is_mask
from trtlint.masking import chosen, may_be_floating
from trtlint.pairs import Pairs
from trtlint.rebinding import (
    is_local,
    out_of_place,
    overwritten,
    plain_assignment,
    plain_method,
    rebound,
    sums_keep_dtype,
)
from trtlint.rebuilding import Rebuilder
from trtlint.regions import laid_out, rebuilt, region_to_rebuild, removable, size_sources
from trtlint.rule_types import (
    M,
    Match,
    OperatorMatch,
    OperatorRule,
    Rule,
    Torch2trtMatch,
    Torch2trtRule,
    TranslationRule,
    only_torch2trt,
)
from trtlint.running import running
from trtlint.size_texts import SizeTexts
from trtlint.squeezing import squeezed
from trtlint.subscript_forms import from_list, with_ellipsis
from trtlint.swapping import assigned_apart, written_apart
from trtlint.unpooling import unpooled
from trtlint.verdicts import Verdict, cited, executed
from trtlint.whole_sizes import half_rounded, whole_size
from trtlint.written_values import Values


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
    "Cell",
    "Change",
    "Choice",
    "Composer",
    "DTypeValue",
    "Decline",
    "DeviceValue",
    "Export",
    "FloorDivAtom",
    "Function",
    "Insert",
    "Int",
    "Items",
    "MaskNumbers",
    "Match",
    "Method",
    "Module",
    "NdArray",
    "Nothing",
    "Number",
    "OperatorMatch",
    "OperatorRule",
    "OperatorUse",
    "Pairs",
    "Range",
    "Ratio",
    "Rebuilder",
    "Ref",
    "Rewrite",
    "Rule",
    "Safety",
    "Size",
    "SizeTexts",
    "Slice",
    "SliceWrite",
    "StepLoop",
    "SumText",
    "Swap",
    "Symbol",
    "Tensor",
    "Text",
    "Torch2trtMatch",
    "Torch2trtRule",
    "TracedCode",
    "TranslationRule",
    "Undecided",
    "Value",
    "Values",
    "Verdict",
    "Woven",
    "add_to_init",
    "as_buffer",
    "assigned_apart",
    "at_least",
    "bound_of",
    "bounded",
    "call",
    "call_chain",
    "chosen",
    "chosen_by",
    "cited",
    "collected",
    "decompose",
    "differs",
    "dtype_source",
    "emits",
    "escapes",
    "executed",
    "extreme",
    "fails",
    "flag_of",
    "from_list",
    "half_rounded",
    "has_dimension",
    "holds_bools",
    "holds_integers",
    "in_place_of",
    "index_values",
    "int_of",
    "ints_of",
    "is_constant",
    "is_fresh",
    "is_input",
    "is_local",
    "is_mask",
    "is_none",
    "is_pure",
    "is_torch_name",
    "joinable_dtypes",
    "joined_edges",
    "keeps_every_value",
    "kept_tensor",
    "laid_out",
    "layout",
    "loop_obstacle",
    "may_be_floating",
    "mentions",
    "move_into_class",
    "names_device",
    "number_of",
    "obstacle",
    "odd_outputs",
    "only_checked",
    "only_torch2trt",
    "out_of_place",
    "overwritten",
    "plain_assignment",
    "plain_method",
    "primary",
    "reads_elements",
    "rebound",
    "rebuilt",
    "region_of",
    "region_to_rebuild",
    "remaining",
    "removable",
    "running",
    "same_dtype",
    "second_result_used",
    "sequence",
    "size_along",
    "size_arguments",
    "size_sources",
    "slice_writes",
    "squeezed",
    "stands_in",
    "step_loop",
    "sums_keep_dtype",
    "tailed",
    "text_of",
    "through_onnx",
    "torch2trt_report",
    "translated",
    "truth_tests",
    "unpooled",
    "variables",
    "varies",
    "view_writes",
    "whole_size",
    "with_ellipsis",
    "without_numpy",
    "written_apart",
    "written_later",
]
