"""The rule ``custom-operator``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import libcst as cst

from trtlint.api import (
    Args,
    OperatorMatch,
    OperatorUse,
    Ref,
    Rule,
    TracedCode,
    Verdict,
    cited,
    fails,
    through_onnx,
)

PACKAGES = (
    "MinkowskiEngine.",
    "apex.",
    "causal_conv1d.",
    "flash_attn.",
    "mamba_ssm.",
    "mmcv.ops.",
    "selective_scan_cuda.",
    "spconv.",
    "torch_cluster.",
    "torch_scatter.",
    "torch_sparse.",
    "xformers.ops.",
)
OWN = ("aten", "prim", "prims", "torchvision", "higher_order")


class CustomOperator(Rule[OperatorMatch]):
    """Flag calls of compiled operators: ``torch.ops``, flash_attn, xformers, mmcv.ops and the like.

    ## What it does
    Finds calls of ``torch.ops.<library>`` other than torch's own, and of packages that bring
    kernels: ``flash_attn``, ``xformers.ops``, ``mmcv.ops``, ``torch_scatter``,
    ``torch_cluster``, ``torch_sparse``, ``mamba_ssm``, ``causal_conv1d``, ``spconv``,
    ``MinkowskiEngine``, ``apex``.

    ## Why it matters
    No exporter knows what such an operator computes, and no TensorRT version has a layer for
    it: it needs a registered translation and a plugin of your own.

    ## Use instead
    The same computation in torch: ``F.scaled_dot_product_attention`` for flash attention (mind
    its order of dimensions), ``scatter_add`` or a one-hot product for ``torch_scatter``. Where
    a plugin exists, register a translation with
    ``torch.onnx.export(custom_translation_table=...)``.

    ## Fix safety
    There is no automatic fix: what the operator computes is not in the source.

    ## Known limits
    Functions of other packages are not known to be compiled; an operator with a registered
    translation is reported all the same.
    """

    name = "custom-operator"
    family = "operator"
    message = "`{operator}` is a compiled operator that nobody can translate"
    hint = "write it with torch operators, or register a translation and a plugin"
    # base Rule[OperatorMatch]
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "default": {
            **through_onnx(fails("no translation of a custom operator"), seen=False),
            "torch-tensorrt": cited("costly", "no converter: runs in PyTorch"),
            "torch2trt": cited("rejected", "4e820ae: no converter"),
        }
    }

    def check(self, code: TracedCode) -> Iterator[OperatorMatch]:
        """Every call of such an operator."""
        for call in code.walk(cst.Call):
            function = code.value(call.func)
            if isinstance(function, Ref) and _is_custom(function.name):
                use = OperatorUse(
                    function.name.rpartition(".")[2],
                    function.name,
                    call,
                    Args(()),
                    code.value(call),
                    "function",
                )
                yield OperatorMatch(call, use)


def _is_custom(name: str) -> bool:
    """Whether a function of that name is a compiled operator of somebody else."""
    if name.startswith("torch.ops."):
        return name.count(".") >= 3 and name.split(".")[2] not in OWN
    return name.startswith(PACKAGES) and name.rpartition(".")[2][:1].islower()
