"""One way to speak to TensorRT-RTX (``tensorrt_rtx``) and TensorRT (``tensorrt`` 8.6 to 11).

Executed by the tests with tensorrt_rtx 1.7, which builds without a GPU. The branches for plain
TensorRT follow its documentation; it needs a GPU already for making a builder.
"""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trtlint.errors import BackendMissing, UsageError
from trtlint.runtime_check.provenance import Layer
from trtlint.runtime_check.quiet import quiet

_MODULES = {"tensorrt-rtx": "tensorrt_rtx", "tensorrt": "tensorrt"}
_PARSING = "Parsing node: "
_WORKSPACE_BYTES = 4 << 30
Profile = Mapping[str, tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]]


@dataclass(frozen=True)
class ParserMessage:
    """One error of the ONNX parser."""

    text: str
    code: str
    node: str  # its name, empty where the parser does not know it
    position: int  # of the node in the graph, -1 where unknown
    operator: str
    functions: tuple[str, ...] = ()  # local functions that the node stands in, outermost first


@dataclass(frozen=True)
class TensorRt:
    """An installed TensorRT."""

    name: str
    version: str
    api: Any

    @property
    def has_compute_capabilities(self) -> bool:
        """Whether it builds for a GPU other than the one in the machine."""
        return hasattr(self.api, "ComputeCapability")

    def compute_capability(self, text: str) -> Any:
        """The constant for ``8.9``.

        Raises:
            UsageError: this TensorRT does not build for it.
        """
        name = "SM" + text.replace(".", "")
        known = self.api.ComputeCapability
        found = getattr(known, name, None)
        if found is None:
            names = sorted(
                (n[2:-1] + "." + n[-1] for n in dir(known) if n.startswith("SM")), key=float
            )
            raise UsageError(
                f"{self.name} {self.version} does not build for compute capability {text}",
                f"known: {', '.join(names)}",
            )
        return found


def find_tensorrt(preference: str = "auto") -> TensorRt:
    """The TensorRT to use: ``auto`` takes TensorRT-RTX where both are there.

    Raises:
        BackendMissing: it is not installed.
    """
    names = list(_MODULES) if preference == "auto" else [preference]
    reasons = []
    for name in names:
        try:
            with quiet():
                api = importlib.import_module(_MODULES[name])
        except (ImportError, OSError) as error:  # OSError: a shared library is missing
            reasons.append(f"{name}: {error}")
            continue
        return TensorRt(name, str(getattr(api, "__version__", "unknown")), api)
    raise BackendMissing(
        f"no TensorRT is installed ({'; '.join(reasons)})",
        "TensorRT-RTX needs no GPU for this: `pip install tensorrt-rtx`",
    )


class ParsedNetwork:
    """An ONNX file, parsed into a TensorRT network.

    Logger, builder, network and parser live as long as this object: TensorRT's Python objects
    hold no references to one another.

    Raises:
        BackendMissing: no builder can be made here, as with plain TensorRT without a GPU.
    """

    def __init__(self, tensorrt: TensorRt, onnx_file: Path) -> None:
        self.tensorrt = tensorrt
        api = tensorrt.api
        self._logger = _collector(api)
        try:
            self._builder = api.Builder(self._logger)
        except Exception as error:
            reasons = "; ".join(self._logger.errors) or str(error)
            raise BackendMissing(
                f"{tensorrt.name} cannot make a builder here: {reasons}",
                "plain TensorRT needs a GPU; TensorRT-RTX does not: `pip install tensorrt-rtx`",
            ) from None
        self._network = self._builder.create_network(_creation_flags(tensorrt))
        self._logger.network = self._network
        self._parser = api.OnnxParser(self._network, self._logger)
        # By file, so that weights in a second file are found.
        self.parsed = bool(self._parser.parse_from_file(str(onnx_file)))
        self.parser_messages = self._parser_messages()

    @property
    def logged_errors(self) -> list[str]:
        """What the logger received at level ERROR or above."""
        return list(self._logger.errors)

    def layers(self) -> list[Layer]:
        """All layers in the order in which the parser made them."""
        starts = [*self._logger.parsed, ("", self._network.num_layers)]
        node_of: dict[int, str] = {}
        for (node, first), (_, end) in itertools.pairwise(starts):
            node_of.update(dict.fromkeys(range(first, end), node))
        found = []
        for i in range(self._network.num_layers):
            layer = self._network.get_layer(i)
            metadata = getattr(layer, "metadata", "") or ""
            found.append(Layer(layer.type.name, layer.name, metadata, node_of.get(i, "")))
        return found

    def inputs(self) -> dict[str, tuple[int, ...]]:
        """Shape by input name; -1 where dynamic."""
        tensors = [self._network.get_input(i) for i in range(self._network.num_inputs)]
        return {tensor.name: tuple(tensor.shape) for tensor in tensors}

    def shape_inputs(self) -> list[str]:
        """Inputs whose values, and not only whose sizes, shape other tensors."""
        tensors = [self._network.get_input(i) for i in range(self._network.num_inputs)]
        return [tensor.name for tensor in tensors if getattr(tensor, "is_shape_tensor", False)]

    def build(self, compute_capability: str, profile: Profile) -> tuple[bytes | None, list[str]]:
        """Build the engine: its bytes, or None and the builder's errors.

        Args:
            compute_capability: of the GPU to build for, where TensorRT can choose.
            profile: for each input with dynamic sizes its smallest, usual and largest shape.

        Raises:
            UsageError: this TensorRT does not build for that compute capability.
        """
        api = self.tensorrt.api
        config = self._builder.create_builder_config()
        if self.tensorrt.has_compute_capabilities:
            chosen = self.tensorrt.compute_capability(compute_capability)
            config.num_compute_capabilities = 1
            config.set_compute_capability(chosen, 0)
        elif hasattr(config, "set_memory_pool_limit"):
            config.set_memory_pool_limit(api.MemoryPoolType.WORKSPACE, _WORKSPACE_BYTES)
        if profile:
            dynamic = self._builder.create_optimization_profile()
            for name, (smallest, usual, largest) in profile.items():
                dynamic.set_shape(name, smallest, usual, largest)
            config.add_optimization_profile(dynamic)
        before = len(self._logger.errors)
        engine = self._builder.build_serialized_network(self._network, config)
        errors = self._logger.errors[before:]
        if engine is None:
            return None, errors or ["the builder returned no engine and gave no reason"]
        return bytes(engine), []

    def _parser_messages(self) -> list[ParserMessage]:
        """The parser's errors; those of an importer name no node: it is the last one parsed."""
        last = self._logger.parsed[-1][0] if self._logger.parsed else ""
        found = []
        for i in range(self._parser.num_errors):
            error = self._parser.get_error(i)
            found.append(
                ParserMessage(
                    text=str(error.desc()),
                    code=getattr(error.code(), "name", str(error.code())),
                    node=_call(error, "node_name") or (last if error.node() < 0 else ""),
                    position=int(error.node()),
                    operator=_call(error, "node_operator"),
                    functions=tuple(_call(error, "local_function_stack") or ()),
                )
            )
        return found


def _call(error: Any, method: str) -> Any:
    """Call a method that TensorRT 8.6 does not have yet."""
    return getattr(error, method)() if hasattr(error, method) else ""


def _creation_flags(tensorrt: TensorRt) -> int:
    """Explicit batch where it is a choice: from TensorRT 10 on it is the only way."""
    flags = tensorrt.api.NetworkDefinitionCreationFlag
    if tensorrt.name == "tensorrt" and tensorrt.version.split(".")[0] in ("8", "9"):
        return 1 << int(flags.EXPLICIT_BATCH)
    return 0


def _collector(api: Any) -> Any:
    """A logger that prints nothing, keeps errors, and notes which node the parser is at.

    ``parsed`` holds each node's name and how many layers the network had when its turn came:
    the parser's verbose log is the one place that tells for which node a helper layer was made.
    """

    class Collector(api.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            api.ILogger.__init__(self)
            self.errors: list[str] = []
            self.parsed: list[tuple[str, int]] = []
            self.network: Any = None

        def log(self, severity: Any, message: str) -> None:
            if severity in (api.ILogger.ERROR, api.ILogger.INTERNAL_ERROR):
                self.errors.append(message)
            elif self.network is not None and message.startswith(_PARSING):
                node = message[len(_PARSING) :].rsplit(" [", 1)[0]
                self.parsed.append((node, self.network.num_layers))

    return Collector()
