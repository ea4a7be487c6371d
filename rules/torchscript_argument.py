"""The rule ``torchscript-argument``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import (
    UNJUDGED,
    OperatorRule,
    OperatorUse,
    TracedCode,
    Verdict,
    emits,
    fails,
    flag_of,
    holds_bools,
    holds_integers,
    is_none,
    number_of,
    text_of,
    through_onnx,
)


def script(reason: str) -> dict[str, Verdict]:
    """Verdicts of a form that one exporter fails on."""
    rows = through_onnx(emits(), fails(reason), seen=False)
    return {**rows, "torch-tensorrt": UNJUDGED, "torch2trt": UNJUDGED}


class TorchscriptArgument(OperatorRule):
    """Flag arguments that only the TorchScript exporter cannot take.

    ## What it does
    For that exporter: ``roll`` without ``dims``, ``threshold`` other than at zero,
    ``sdpa(enable_gqa=True)``, ``repeat_interleave`` by a tensor, ``cumsum`` of booleans,
    ``stft``, ``randint_like``, interpolation with mode ``area``, reentrant checkpoints.

    ## Why it matters
    Its translations check their arguments and stop, with ``Unsupported: ONNX export of operator
    ...`` or an assertion; the dynamo exporter takes the same forms.

    ## Use instead
    Export with ``dynamo=True``, or write the form that both take: ``roll`` of a flattened
    tensor along dimension 0, ``torch.where`` for a threshold, ``x.long().cumsum(1)`` for
    booleans.

    ## Fix safety
    Safe for ``roll``, ``threshold`` of floats, ``cumsum`` and ``isin``; the others have no form.

    ## Known limits
    Reported where a target with the TorchScript exporter is selected.
    """

    name = "torchscript-argument"
    family = "operator"
    message = "`{operator}` {what}, which the TorchScript exporter cannot take"
    hint = "write a form that both exporters take, or export with dynamo=True"
    operators = frozenset(
        """roll threshold Threshold scaled_dot_product_attention repeat_interleave cumsum stft
        randint_like interpolate isin checkpoint""".split()
    )
    what = {
        "roll": "has no dims",
        "threshold": "has a threshold or a value other than zero",
        "grouped": "has enable_gqa=True",
        "repeats": "takes the numbers of repeats from a tensor",
        "booleans": "adds up booleans",
        "spectrum": "is a complex spectrum",
        "integers": "draws integers",
        "membership": "tests for membership",
        "area": "averages over areas of a fractional size",
        "reentrant": "is a reentrant checkpoint",
    }
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "roll": script("shifts and dims differ in number"),
        "threshold": script("non-zero threshold or value"),
        "grouped": script("not implemented if enable_gqa is True"),
        "repeats": script("a Loop over the repeats, which TensorRT cannot size"),
        "booleans": script("CumSum of booleans"),
        "spectrum": script("STFT does not support complex types"),
        "integers": script("randint_like has no translation"),
        "membership": script("aten::isin has no translation"),
        "area": script("output size that is not a factor of the input size"),
        "reentrant": script("fails inside the tracer"),
    }
    only_if_minded = frozenset(verdicts)

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """Which form it is."""
        match use.name:
            case "roll":
                return "roll" if is_none(use.option("dims", 2)) else None
            case "threshold" | "Threshold":
                limit = number_of(use.option("threshold", 1, layer_at=0))
                value = number_of(use.option("value", 2, layer_at=1))
                return "threshold" if limit or value else None
            case "scaled_dot_product_attention":
                return "grouped" if flag_of(use.args.kw.get("enable_gqa")) else None
            case "repeat_interleave":
                return "repeats" if use.args.tensor(1, "repeats") and use.tensor else None
            case "cumsum":
                return "booleans" if holds_bools(use.tensor) else None
            case "stft":
                return "spectrum"
            case "randint_like":
                return "integers"
            case "interpolate" if text_of(use.option("mode", 3)) == "area":
                scale = number_of(use.option("scale_factor", 2))
                return "area" if scale is not None and scale > 1 else None
            case "isin":
                whole = holds_integers(use.args.get(0, "elements"))
                return None if whole is False else "membership"
            case "checkpoint":
                return "reentrant" if flag_of(use.args.kw.get("use_reentrant")) else None
            case _:
                return None
