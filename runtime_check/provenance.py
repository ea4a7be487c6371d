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

_CONTROL = frozenset(kind for kind, why in COSTLY.items() if why.startswith(("a loop", "a branch")))
_LAYER_METADATA = re.compile(r"\[ONNX Layer: ([^\]]+)\]")
_TOKEN = re.compile(r"[\w/.:\-]+")


@dataclass(frozen=True)
class Layer:
    """A layer of a parsed TensorRT network."""

    kind: str
    name: str
    metadata: str = ""
    node: str = ""  # the ONNX node that the parser was at when it made the layer


class NodeIndex:
    """The nodes of an exported graph, by name, position and output, each with its source line."""

    def __init__(self, graph: Any, user_code: UserCode) -> None:
        self.names: list[str] = [node.name for node in graph.node]
        self._lines: dict[str, SourceLine | None] = {}
        self._producers: dict[str, str] = {}
        self._outermost: dict[str, str] = {}  # loops and branches: the main graph's node
        for node, outer in _all_nodes(graph):
            self._lines[node.name] = _line_of(node, user_code)
            if outer is not None:
                self._outermost[node.name] = self._outermost[outer] = outer
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
        tokens: list[str] = [token.strip(".:") for token in _TOKEN.findall(text)]
        for token in tokens:
            if token in self._lines and token:
                return token
        for token in tokens:
            if token in self._producers:
                return self._producers[token]
        return None

    def line_of_layer(self, layer: Layer) -> SourceLine | None:
        """The line that a layer can be charged to for certain.

        Its metadata names its node. A helper layer (a cast, a constant, shape arithmetic) has
        none; it belongs to the node that the parser was at. Within a loop or branch, the parser
        does not say when it is back at the outer node: there, a helper counts only where both
        nodes stem from one line.
        """
        for name in reversed(_LAYER_METADATA.findall(layer.metadata)):
            if name in self._lines:
                return self._lines[name]
        line = self.line_of(layer.node)
        outer = self._outermost.get(layer.node)
        if outer is None:
            return line
        if layer.kind in _CONTROL:
            return self._lines[outer]
        return line if line == self._lines[outer] else None


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


def _all_nodes(graph: Any, outer: str | None = None) -> Iterator[tuple[Any, str | None]]:
    """The nodes of a graph and of the bodies of its loops and branches, each with the main
    graph's node around it.
    """
    for node in graph.node:
        yield node, outer
        for attribute in node.attribute:
            bodies: Iterable[Any] = [attribute.g] if attribute.HasField("g") else attribute.graphs
            for body in bodies:
                yield from _all_nodes(body, outer or node.name)


def _line_of(node: Any, user_code: UserCode) -> SourceLine | None:
    for entry in node.metadata_props:
        if entry.key == STACK_TRACE:
            return user_code.of_text(entry.value)
    return user_code.of_doc_string(node.doc_string) if node.doc_string else None
