"""From an ONNX node back to the Python line that it was exported from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trtlint.runtime_check.result import LineCost, SourceLine
from trtlint.runtime_check.user_code import UserCode

STACK_TRACE = "pkg.torch.onnx.stack_trace"

# Layer kinds whose price a reader of the source does not see, and what the price is.
COSTLY: Mapping[str, str] = {
    "SCATTER": "copies its whole input and breaks fusion; often an indexed write",
    "NON_ZERO": "its output size depends on the data: the GPU must report back",
    "GATHER": "an indexed read; breaks fusion",
    "SHAPE": "shape arithmetic at run time, only with dynamic shapes",
    "TOPK": "sorts; at most 3840 elements",
    "GRID_SAMPLE": "unordered reads",
    "CUMULATIVE": "a serial scan",
    "ONE_HOT": "writes a mostly empty tensor",
    "NMS": "its output size depends on the data",
    "REVERSE_SEQUENCE": "an indexed read",
    "RECURRENCE": "a loop, one step after another",
    "TRIP_LIMIT": "a loop, one step after another",
    "ITERATOR": "a loop, one step after another",
    "LOOP_OUTPUT": "a loop, one step after another",
    "CONDITION": "a branch decided on the GPU",
    "CONDITIONAL_INPUT": "a branch decided on the GPU",
    "CONDITIONAL_OUTPUT": "a branch decided on the GPU",
    "PLUGIN": "hand-written code that nothing fuses with",
    "PLUGIN_V2": "hand-written code that nothing fuses with",
    "PLUGIN_V3": "hand-written code that nothing fuses with",
}

_LAYER_METADATA = re.compile(r"\[ONNX Layer: ([^\]]+)\]")
_TOKEN = re.compile(r"[\w/.:\-]+")


@dataclass(frozen=True)
class Layer:
    """A layer of a parsed TensorRT network."""

    kind: str
    name: str
    metadata: str = ""


class NodeIndex:
    """The nodes of an exported graph, by name, position and output, each with its source line."""

    def __init__(self, graph: Any, user_code: UserCode) -> None:
        self.names: list[str] = [node.name for node in graph.node]
        self._lines: dict[str, SourceLine | None] = {}
        self._producers: dict[str, str] = {}
        self._order: dict[str, int] = {name: i for i, name in enumerate(self.names) if name}
        for node in _all_nodes(graph):
            self._lines[node.name] = _line_of(node, user_code)
            for output in node.output:
                self._producers.setdefault(output, node.name)

    def line_of(self, node: str | None) -> SourceLine | None:
        """The source line of the node with that name."""
        return self._lines.get(node) if node else None

    def line_of_output(self, tensor: str) -> SourceLine | None:
        """The source line that computes a tensor of the graph."""
        return self.line_of(self._producers.get(tensor))

    def node_at(self, position: int) -> str | None:
        """The name of the node at a position of the main graph."""
        return self.names[position] if 0 <= position < len(self.names) else None

    def node_in(self, text: str) -> str | None:
        """The first node that a message names, or else the producer of the first tensor named."""
        tokens = [token.strip(".:") for token in _TOKEN.findall(text)]
        for token in tokens:
            if token in self._lines and token:
                return token
        for token in tokens:
            if token in self._producers:
                return self._producers[token]
        return None

    def node_of(self, layer: Layer) -> str | None:
        """The node that a layer's metadata names; the innermost where it names several."""
        for name in reversed(_LAYER_METADATA.findall(layer.metadata)):
            if name in self._lines:
                return str(name)
        return layer.name if layer.name in self._lines else None

    def attribute(self, layers: Sequence[Layer]) -> list[SourceLine | None]:
        """A source line for each layer that can be charged for certain.

        A helper layer (a cast, a constant, shape arithmetic) has no metadata. The parser adds
        layers node by node, so a helper between two layers belongs to a node from the one's to
        the other's; where all these nodes come from one line, so does the helper.
        """
        nodes = [self.node_of(layer) for layer in layers]
        lines = [self.line_of(node) for node in nodes]
        anchors = [(i, self._order[n]) for i, n in enumerate(nodes) if n and n in self._order]
        if [order for _, order in anchors] != sorted(order for _, order in anchors):
            return lines  # not parsed in order: nothing is certain
        for (left, first), (right, last) in zip(anchors, anchors[1:], strict=False):
            between = {self._lines[name] for name in self.names[first : last + 1]}
            if len(between) == 1 and right - left > 1:
                lines[left + 1 : right] = [lines[left]] * (right - left - 1)
        return lines


def line_costs(layers: Sequence[Layer], lines: Sequence[SourceLine | None]) -> tuple[LineCost, ...]:
    """What each source line became, in the order of the source."""
    totals: Counter[SourceLine] = Counter()
    costly: dict[SourceLine, Counter[str]] = {}
    for layer, line in zip(layers, lines, strict=True):
        if line is None:
            continue
        totals[line] += 1
        if layer.kind in COSTLY:
            costly.setdefault(line, Counter())[layer.kind] += 1
    ordered = sorted(totals, key=lambda line: (line.path, line.line))
    return tuple(LineCost(at, totals[at], dict(costly.get(at, {}))) for at in ordered)


def _all_nodes(graph: Any) -> Iterator[Any]:
    """The nodes of a graph and of the bodies of its loops and branches."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            bodies: Iterable[Any] = [attribute.g] if attribute.HasField("g") else attribute.graphs
            for body in bodies:
                yield from _all_nodes(body)


def _line_of(node: Any, user_code: UserCode) -> SourceLine | None:
    for entry in node.metadata_props:
        if entry.key == STACK_TRACE:
            return user_code.of_text(entry.value)
    return user_code.of_doc_string(node.doc_string) if node.doc_string else None
