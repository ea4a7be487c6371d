"""The rule ``random-numbers``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from trtlint.api import (
    GROUPS,
    OperatorMatch,
    OperatorUse,
    Tensor,
    TracedCode,
    TranslationRule,
    Verdict,
    cited,
    emits,
    fails,
    is_none,
    through_onnx,
    translated,
)

OTHERS = {
    "torch-tensorrt": cited(
        "unknown", "rand, randn and randperm are evaluated; others not measured"
    ),
    "torch2trt": cited("wrong", "4e820ae: what is drawn once becomes a constant"),
}
_DRAWN = frozenset("bernoulli multinomial normal rand randn randint rand_like randn_like".split())
_WHY = {
    "bernoulli": "it becomes ONNX Bernoulli, which TensorRT lacks",
    "multinomial": "it becomes ONNX Multinomial, which TensorRT lacks",
    "normal": "the dynamo exporter cannot take means from a tensor",
    "generator": "a generator cannot be exported",
}


class RandomNumbers(TranslationRule):
    """Flag random numbers that an exporter or TensorRT cannot draw.

    ## What it does
    Finds ``torch.bernoulli`` of a tensor of probabilities, ``multinomial``, ``randperm``,
    ``poisson``, ``normal`` with tensors, in-place ``uniform_`` and the like, and any
    ``generator=``.

    ## Why it matters
    TensorRT has RandomUniform and, from 8.4 on, RandomNormal; Bernoulli and Multinomial are
    refused by every parser, and most other distributions have no translation. Generators cannot
    be exported, and seeds are ignored.

    ## Use instead
    Draw outside and make the noise an input. ``torch.rand_like(x) < p`` is a Bernoulli draw
    that converts; ``mean + std * torch.randn_like(mean)`` a normal one.

    ## Fix safety
    There is no automatic fix: another generator draws other numbers.

    ## Known limits
    ``rand``, ``randn`` and ``randint`` convert and are not reported here.
    """

    name = "random-numbers"
    family = "operator"
    message = "`{operator}` draws random numbers: {why}"
    hint = "draw outside of the engine, or from torch.rand_like and torch.randn_like"
    operators = GROUPS["random-numbers"]
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        **translated(operators, OTHERS["torch-tensorrt"], OTHERS["torch2trt"]),
        "bernoulli": {**through_onnx(emits("Bernoulli")), **OTHERS},
        "multinomial": {**through_onnx(emits("Multinomial"), seen=False), **OTHERS},
        "normal": {
            **through_onnx(fails("aten.normal with a tensor of means"), emits(), seen=False),
            **OTHERS,
        },
        "generator": {
            **through_onnx(fails("a generator cannot be exported"), seen=False),
            **OTHERS,
            "torch2trt-0.5": cited("fine", "measured: torch2trt at 4e820ae; with a fixed seed"),
        },
    }
    only_if_minded = frozenset({name for name in verdicts if name.startswith("fine.")})

    def check(self, code: TracedCode) -> Iterator[OperatorMatch]:
        """Every use of these operators, and what hangs on their arguments."""
        for match in super().check(code):
            if match.use.name not in _DRAWN:
                yield match
        for use in code.uses(*sorted(_DRAWN)):
            kind = self.variant(use, code)
            if kind is not None:
                yield OperatorMatch(use.node, use, kind, {"why": _WHY[kind]})

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """Which draw it is."""
        generator = use.args.kw.get("generator")
        if generator is not None and not is_none(generator):
            return "generator"
        if use.name in ("multinomial", "bernoulli"):
            made = use.tensor.creation if use.tensor is not None else None
            plain = is_none(use.option("p", 1)) and (made is None or made.fill is None)
            return use.name if use.name == "multinomial" or plain else None
        if use.name == "normal" and isinstance(use.args.get(0, "mean"), Tensor):
            return "normal" if use.form == "function" else None
        return None
