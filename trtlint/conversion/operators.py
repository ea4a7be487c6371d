"""What the exporters make of each torch operator, by name: a reading of the measured table."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from trtlint.conversion.onnx_route import Export, emits, fails, through_onnx
from trtlint.conversion.operator_facts import FACTS
from trtlint.verdicts import Verdict, cited

FINE, UNTRANSLATED, VARIES = "fine", "untranslated", "varies"
_SILENT = frozenset({FINE, VARIES})
_PLACES = ("torch.nn.functional.", "torch.Tensor.", "torch.")
_SPACES = ("linalg.", "fft.", "special.", "signal.windows.")
# Layers whose function is not called like the layer, in lower case.
_LAYERS = {
    "Bilinear": "bilinear", "ChannelShuffle": "channel_shuffle", "CosineSimilarity":
    "cosine_similarity", "CrossEntropyLoss": "cross_entropy", "FractionalMaxPool2d":
    "fractional_max_pool2d", "FractionalMaxPool3d": "fractional_max_pool3d", "HuberLoss":
    "huber_loss", "L1Loss": "l1_loss", "MarginRankingLoss": "margin_ranking_loss",
    "MultiMarginLoss": "multi_margin_loss", "NLLLoss": "nll_loss", "PairwiseDistance":
    "pairwise_distance", "PoissonNLLLoss": "poisson_nll_loss", "RMSNorm": "rms_norm", "RReLU":
    "rrelu", "SmoothL1Loss": "smooth_l1_loss", "SoftMarginLoss": "soft_margin_loss",
    "TripletMarginLoss": "triplet_margin_loss", "HingeEmbeddingLoss": "hinge_embedding_loss",
    "CosineEmbeddingLoss": "cosine_embedding_loss", "CTCLoss": "ctc_loss", "MultiLabelMarginLoss":
    "multilabel_margin_loss", "KLDivLoss": "kl_div", "GaussianNLLLoss": "gaussian_nll_loss",
}  # fmt: skip


@dataclass(frozen=True)
class Translation:
    """What becomes of an operator.

    Attributes:
        dynamo: ``fine``, ``untranslated``, ``varies`` where it hangs on arguments, or the ONNX
            operator that the parser does not take.
        torchscript: the same for the TorchScript exporter.
    """

    dynamo: str
    torchscript: str

    @property
    def variant(self) -> str:
        """Its name in a rule's verdicts: ``fine.untranslated``."""
        names = f"{self.dynamo}.{self.torchscript}".lower()
        return names.replace("[", "_").replace("]", "")

    @property
    def why(self) -> str:
        """What a message says of it."""
        if self.dynamo in _SILENT:
            if self.torchscript == UNTRANSLATED:
                return "the TorchScript exporter has no translation of it"
            return f"the TorchScript exporter writes {self.torchscript}, which TensorRT lacks"
        if self.dynamo != UNTRANSLATED:
            return f"it becomes ONNX {self.dynamo}, which TensorRT lacks"
        who = "torch.onnx has" if self.torchscript == UNTRANSLATED else "the dynamo exporter has"
        return f"{who} no translation of it"


TRANSLATIONS: Mapping[str, Translation] = {
    name: Translation(dynamo, script) for dynamo, script, names in FACTS for name in names.split()
}
BAD: Mapping[str, Translation] = {
    name: row for name, row in TRANSLATIONS.items() if not {row.dynamo, row.torchscript} <= _SILENT
}


@cache
def operator_key(qualified: str) -> str | None:
    """How the table calls a torch function, Tensor method or layer; None if it may have none.

    ``torch.cumsum``, ``torch.Tensor.cumsum_`` and ``torch.cumsum_`` are one operator, ``cumsum``;
    ``torch.linalg.inv`` is ``linalg.inv``, ``torch.nn.RReLU`` is ``nn.RReLU``; a layer that was not
    measured is looked up as its function.
    """
    place = next((place for place in _PLACES if qualified.startswith(place)), None)
    if place is None:
        return None
    rest = qualified.removeprefix(place)
    if place == "torch." and rest.startswith("nn."):
        layer = rest.rpartition(".")[2]
        return f"nn.{layer}" if f"nn.{layer}" in TRANSLATIONS else _LAYERS.get(layer)
    if "." in rest and not rest.startswith(_SPACES):
        return None
    return rest if rest.startswith("__") else rest.rstrip("_")


def translated(
    names: Collection[str], torch_tensorrt: Verdict, torch2trt: Verdict
) -> dict[str, dict[str, Verdict]]:
    """Verdicts by variant of all these operators.

    Args:
        names: operators as the table calls them.
        torch_tensorrt: of Torch-TensorRT on all of them.
        torch2trt: of torch2trt on all of them.
    """
    rows = sorted({BAD[name].variant: BAD[name] for name in names if name in BAD}.items())
    return {
        variant: {
            **through_onnx(_export(row.dynamo), _export(row.torchscript), seen=False),
            **_varying(row),
            "torch-tensorrt": torch_tensorrt,
            "torch2trt": torch2trt,
        }
        for variant, row in rows
    }


def _export(outcome: str) -> Export:
    if outcome == UNTRANSLATED:
        return fails("the exporter has no translation (benchmarks/operators, executed)")
    return emits() if outcome in _SILENT else emits(outcome)


def _varying(row: Translation) -> dict[str, Verdict]:
    """Rows of the exporters for which nothing holds in general."""
    pairs = (("dynamo", row.dynamo), ("torchscript", row.torchscript))
    return {
        f"{library}+{exporter}": cited("unknown", "it hangs on the arguments")
        for exporter, outcome in pairs
        for library in ("tensorrt", "tensorrt-rtx")
        if outcome == VARIES
    }


UNJUDGED = cited("unknown", "not measured for this route; rules of its own look at it")
