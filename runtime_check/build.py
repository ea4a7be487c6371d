"""Parse and build with TensorRT, and charge layers and errors to source lines."""

from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path

from trtlint.errors import BackendMissing
from trtlint.runtime_check.export import ExportedGraph
from trtlint.runtime_check.failures import BuildFailed, ParseFailed
from trtlint.runtime_check.options import DimSpec
from trtlint.runtime_check.provenance import line_costs
from trtlint.runtime_check.result import BuildResult, Failure
from trtlint.runtime_check.tensorrt_adapter import (
    ParsedNetwork,
    ParserMessage,
    Profile,
    TensorRt,
)

_PREFIX = re.compile(r"^I?Builder::\w+: ")


def build_graph(
    graph: ExportedGraph,
    tensorrt: TensorRt,
    *,
    compute_capability: str,
    dim: DimSpec | None = None,
    build: bool = True,
    save_engine: Path | None = None,
) -> BuildResult:
    """What TensorRT makes of an exported graph; refusals are in the result.

    Raises:
        BackendMissing: no builder can be made here.
        UsageError: the compute capability is unknown to this TensorRT.
    """
    start = time.perf_counter()
    network = ParsedNetwork(tensorrt, graph.path)
    parse_errors = tuple(_parse_failure(message, graph) for message in network.parser_messages)
    if not network.parsed and not parse_errors:
        texts = network.logged_errors or ["the parser refused the graph and gave no reason"]
        parse_errors = tuple(_named_failure(text, graph) for text in texts)
    layers = network.layers()
    lines = [graph.index.line_of_layer(layer) for layer in layers]
    engine: bytes | None = None
    build_errors: tuple[Failure, ...] = ()
    if build and not parse_errors:
        engine, errors = network.build(compute_capability, _profile(network, dim))
        build_errors = tuple(_named_failure(text, graph) for text in errors)
        if engine is not None and save_engine is not None:
            save_engine.write_bytes(engine)
    return BuildResult(
        backend=f"{tensorrt.name} {tensorrt.version}",
        layers=len(layers),
        layer_kinds=dict(Counter(layer.kind for layer in layers).most_common()),
        parse_errors=parse_errors,
        build_errors=build_errors,
        engine_bytes=len(engine) if engine is not None else None,
        lines=line_costs(layers, lines),
        unattributed=sum(line is None for line in lines),
        seconds=time.perf_counter() - start,
    )


def require_accepted(result: BuildResult) -> BuildResult:
    """The result itself, where TensorRT accepted the graph.

    Raises:
        ParseFailed: the parser refused it; ``failures`` says which nodes and lines.
        BuildFailed: the builder refused it; likewise.
    """
    if result.parse_errors:
        raise ParseFailed(_first(result.parse_errors), failures=result.parse_errors)
    if result.build_errors:
        raise BuildFailed(_first(result.build_errors), failures=result.build_errors)
    return result


def _first(failures: tuple[Failure, ...]) -> str:
    first = failures[0]
    where = f"{first.at}: " if first.at else ""
    more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
    return f"{where}{first.message}{more}"


def _profile(network: ParsedNetwork, dim: DimSpec | None) -> Profile:
    """Shapes for the inputs with a dynamic axis 0.

    Raises:
        BackendMissing: an input is dynamic in a way that no --dim describes.
    """
    shaping = network.shape_inputs()
    if shaping:
        raise BackendMissing(
            f"the values of input {', '.join(shaping)} decide on shapes; building for a range of "
            "values is not part of this version"
        )
    profile: dict[str, tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]] = {}
    for name, shape in network.inputs().items():
        if -1 not in shape:
            continue
        if dim is None or -1 in shape[1:]:
            raise BackendMissing(
                f"input {name} {list(shape)} has dynamic sizes that --dim does not describe"
            )
        rest = shape[1:]
        profile[name] = ((dim.smallest, *rest), (dim.usual, *rest), (dim.largest, *rest))
    return profile


def _parse_failure(message: ParserMessage, graph: ExportedGraph) -> Failure:
    node = message.node or graph.index.node_at(message.position)
    text = message.text if message.text not in ("", "false") else "not supported"
    operator = f"{message.operator}: " if message.operator else ""
    inside = f" (in {' > '.join(message.functions)})" if message.functions else ""
    full = f"TensorRT's parser refuses {operator}{text} [{message.code}]{inside}"
    return Failure("build", full, node or None, graph.index.line_of(node))


def _named_failure(text: str, graph: ExportedGraph) -> Failure:
    """A failure charged to the node that the message names."""
    node = graph.index.node_in(text)
    text = _PREFIX.sub("", text.strip())
    return Failure("build", f"TensorRT: {text}", node, graph.index.line_of(node))
