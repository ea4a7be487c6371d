"""Verdicts of the ONNX route, composed of what an exporter emits and what the parser takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trtlint.conversion.onnx_parser import PARSER, Support
from trtlint.findings import VerdictKind
from trtlint.targets import DYNAMO, TORCHSCRIPT, parse_version
from trtlint.verdicts import Verdict, cited, executed


@dataclass(frozen=True)
class Export:
    """What an exporter makes of an operator.

    Attributes:
        kind: ``rejected`` or ``wrong`` if the exporter itself fails or changes the numbers, else
            ``fine``: the parser decides.
        reason: why, for ``rejected`` and ``wrong``.
        operators: keys of :data:`~trtlint.conversion.onnx_parser.PARSER` that the parser must take.
        layers: TensorRT layer kinds that it costs where it is taken.
        dynamic: ``rejected`` or ``wrong`` where it is that for a varying batch size only.
    """

    kind: VerdictKind = VerdictKind.FINE
    reason: str = ""
    operators: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    dynamic: str | None = None


def emits(*operators: str, layers: Sequence[str] = (), dynamic: str | None = None) -> Export:
    """The exporter writes these ONNX operators; those that all parsers take may be left out."""
    return Export(operators=operators, layers=tuple(layers), dynamic=dynamic)


def fails(reason: str) -> Export:
    """The exporter has no translation."""
    return Export(VerdictKind.REJECTED, reason)


def differs(reason: str) -> Export:
    """The exporter writes a graph that computes something else."""
    return Export(VerdictKind.WRONG, reason)


def through_onnx(
    dynamo: Export, torchscript: Export | None = None, *, seen: bool = True
) -> dict[str, Verdict]:
    """Verdicts of every TensorRT and TensorRT-RTX version, for both exporters.

    Args:
        dynamo: what torch.onnx.export(dynamo=True) makes of it, as of torch 2.13.
        torchscript: the same for dynamo=False; None if it is the same.
        seen: whether the rule's fixtures show it on TensorRT-RTX.
    """
    found: dict[str, Verdict] = {}
    for exporter, export in ((DYNAMO, dynamo), (TORCHSCRIPT, torchscript or dynamo)):
        found.update(_rows(exporter, export, seen))
    return found


def _rows(exporter: str, export: Export, seen: bool) -> dict[str, Verdict]:
    told = executed if seen else cited
    rtx, plain = f"tensorrt-rtx+{exporter}", f"tensorrt+{exporter}"
    if export.kind is not VerdictKind.FINE:
        kind = export.kind.value
        return {rtx: told(kind, export.reason), plain: cited(kind, f"torch 2.13: {export.reason}")}
    needed = {name: PARSER.get(name, Support("7.0", True)) for name in export.operators}
    taken = "costly" if export.layers else "fine"
    wrote = f"the exporter writes {', '.join(export.operators)}" if needed else "it converts"
    refused = [name for name, support in needed.items() if not support.rtx]
    found = {
        rtx: told("rejected", f"the parser refuses {', '.join(refused)}")
        if refused
        else told(taken, wrote, layers=export.layers, dynamic=export.dynamic)
    }
    never = [support for support in needed.values() if support.since is None]
    if never:
        return {**found, plain: cited("rejected", f"{wrote}; {never[0].source}")}
    fine = cited(taken, wrote, layers=export.layers, dynamic=export.dynamic)
    found[plain] = fine
    last = max(needed.values(), key=lambda s: parse_version(s.since or "0"), default=None)
    if last is not None and last.since is not None and parse_version(last.since) > (7, 0):
        found[f"tensorrt<{_comparable(last.since)}+{exporter}"] = cited(
            "rejected", f"{wrote}; {last.source}"
        )
    return found


def _comparable(version: str) -> str:
    return version.replace("x", "0")
