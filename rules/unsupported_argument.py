"""The rule ``unsupported-argument``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import (
    UNJUDGED,
    DTypeValue,
    Export,
    Int,
    Number,
    OperatorRule,
    OperatorUse,
    Ratio,
    TracedCode,
    Verdict,
    differs,
    emits,
    fails,
    holds_integers,
    int_of,
    number_of,
    size_along,
    text_of,
    through_onnx,
)


def both(dynamo: Export, torchscript: Export | None = None) -> dict[str, Verdict]:
    """Verdicts of a form that the other routes were not asked about."""
    rows = through_onnx(dynamo, torchscript, seen=False)
    return {**rows, "torch-tensorrt": UNJUDGED, "torch2trt": UNJUDGED}


class UnsupportedArgument(OperatorRule):
    """Flag arguments of ordinary operators that an exporter or TensorRT cannot take.

    ## What it does
    Finds forms of operators that otherwise convert: ``F.one_hot`` without ``num_classes``,
    ``squeeze(dim)`` of a dimension that is not one, ``x.view(dtype)``, ``nn.LSTM(proj_size=...)``,
    ``norm(p="nuc")``, ``cdist(p=...)``, ``embedding(max_norm=...)``, ``isin`` of floats,
    ``clamp(0, 0.5)`` of two kinds.

    ## Why it matters
    The exporter stops with an error that does not name the argument, or TensorRT's parser does.

    ## Use instead
    Give ``num_classes``; drop a squeeze that does nothing; put an LSTM's projection after it; write
    a distance as ``(a[:, None] - b).abs().sum(-1)``, and both bounds of a ``clamp`` as floats.

    ## Fix safety
    Safe for bounds of ``clamp``. Unsafe for ``cdist`` with ``p=1`` and attention over three
    dimensions: PyTorch runs other kernels, which round in another order. The others have no form.

    ## Known limits
    Sizes and dtypes count where they are known.
    """

    name = "unsupported-argument"
    family = "operator"
    message = "`{operator}` {what}"
    hint = "use the form of the operator that converts"
    operators = frozenset(
        """one_hot squeeze squeeze_ view LSTM norm cdist embedding Embedding isin
        matrix_norm scaled_dot_product_attention hamming_window allclose equal clamp clamp_
        clip clip_""".split()
    )
    what = {
        "classes": "has to find out the number of classes",
        "squeeze": "squeezes a dimension that is not one",
        "bits": "reads the bits as another dtype",
        "projection": "has a projection, which TensorRT's LSTM does not do",
        "nuclear": "is a norm by singular values, which no exporter translates",
        "rank": "attends over tensors that are not of four dimensions",
        "window": "makes a window that the dynamo exporter writes with other numbers",
        "truth": "is a Python bool that depends on values",
        "distance": "is a distance other than the Euclidean, which converts wrongly or not at all",
        "max_norm": "renormalises the embedding in place",
        "bounds": "has an integer and a float for bounds, which the dynamo exporter does not take",
        "floats": "compares floats, which the exporters do with an operator they lack",
    }
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "classes": both(fails("data-dependent size"), fails("OneHot depth is computed")),
        "squeeze": both(fails("writes Squeeze all the same, which changes the volume"), emits()),
        "bits": both(fails("aten.view.dtype has no translation")),
        "projection": both(fails("the parser refuses the LSTM it writes"), fails("projections")),
        "nuclear": both(fails("aten._linalg_svd has no translation")),
        "rank": both(fails("only 4D query, key, and value are supported"), emits()),
        "window": both(differs("other coefficients"), emits()),
        "truth": both(fails("DataDependentOutputException"), fails("no output to trace")),
        "distance": both(fails("aten._cdist_forward"), differs("not-a-number at zero distance")),
        "max_norm": both(emits("Unique"), emits()),
        "bounds": both(fails("no overload of aten.clamp for the two"), emits()),
        "floats": both(fails("aten.isin on floats has no translation")),
    }

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """Which form it is."""
        match use.name.rstrip("_"):
            case "clamp" | "clip":
                return "bounds" if _of_two_kinds(use) else None
            case "one_hot":
                count = use.option("num_classes", 1)
                return "classes" if count is None or int_of(count) == -1 else None
            case "squeeze":
                axis = int_of(use.option("dim", 1))
                size = size_along(use.tensor, axis) if axis is not None else None
                return "squeeze" if size not in (None, 1) else None
            case "view":
                return "bits" if isinstance(use.option("dtype", 1), DTypeValue) else None
            case "LSTM":
                size = int_of(use.option("proj_size"))
                return "projection" if size else None
            case "norm":
                return "nuclear" if text_of(use.option("p", 1)) == "nuc" else None
            case "matrix_norm":
                order = use.option("ord", 1)
                spectral = number_of(order) in (2, -2) or text_of(order) == "nuc"
                return "nuclear" if spectral else None
            case "scaled_dot_product_attention":
                rank = use.tensor.rank if use.tensor is not None else None
                return "rank" if rank not in (None, 4) else None
            case "hamming_window":
                return "window" if not use.qualified.startswith("torch.signal") else None
            case "allclose" | "equal":
                return "truth"
            case "cdist":
                power = number_of(use.option("p", 2))
                return "distance" if power not in (None, 2) else None
            case "embedding" | "Embedding":
                limit = use.option("max_norm", 3, layer_at=3)
                return "max_norm" if number_of(limit) is not None else None
            case _:
                return "floats" if holds_integers(use.args.get(0, "elements")) is False else None


def _of_two_kinds(use: OperatorUse) -> bool:
    """Whether one bound of ``clamp`` is an integer and the other a float."""
    bounds = use.option("min", 1), use.option("max", 2)
    dtype = use.tensor.dtype if use.tensor is not None else None
    if dtype is not None and dtype.spelled and dtype.name in ("float16", "bfloat16"):
        return False  # it is computed in single precision
    return any(
        isinstance(one, Int)
        and (isinstance(other, Ratio) or (isinstance(other, Number) and other.kind == "float"))
        for one, other in (bounds, bounds[::-1])
    )
