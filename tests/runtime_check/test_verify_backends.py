"""The adapter against stand-ins for plain TensorRT, which needs a GPU that tests do not have."""

import enum
import sys
from types import SimpleNamespace

import pytest

from trtlint.errors import BackendMissing
from trtlint.runtime_check.tensorrt_adapter import ParsedNetwork, find_tensorrt


class Flag(enum.IntEnum):
    EXPLICIT_BATCH = 0


class Kind(enum.Enum):
    CAST = 1


class Error:
    """A parser error as TensorRT 8.6 has it: no node_name, no node_operator."""

    def code(self):
        return SimpleNamespace(name="UNSUPPORTED_NODE")

    def desc(self):
        return "no importer"

    def node(self):
        return 0


class Logger:
    ERROR, INTERNAL_ERROR, VERBOSE = "error", "internal", "verbose"

    def __init__(self):
        pass


class Network:
    num_inputs = 1

    def __init__(self):
        self.layers = []

    @property
    def num_layers(self):
        return len(self.layers)

    def get_layer(self, i):
        return self.layers[i]

    def get_input(self, i):
        return SimpleNamespace(name="x", shape=(-1, 3))


class Config:
    def __init__(self):
        self.limits, self.profiles = {}, []

    def set_memory_pool_limit(self, pool, size):
        self.limits[pool] = size

    def add_optimization_profile(self, profile):
        self.profiles.append(profile)


class Profile(dict):
    def set_shape(self, name, *shapes):
        self[name] = shapes


def stand_in(version, engine=b"engine", errors=(), layers=()):
    """A module like ``tensorrt`` and what was asked of it."""
    asked = SimpleNamespace(flags=None, config=None)

    class Builder:
        def __init__(self, logger):
            self.logger = logger

        def create_network(self, flags):
            asked.flags = flags
            return Network()

        def create_builder_config(self):
            asked.config = Config()
            return asked.config

        def create_optimization_profile(self):
            return Profile()

        def build_serialized_network(self, network, config):
            if engine is None:
                self.logger.log("error", "IBuilder: node_a is too large")
            return engine

    class Parser:
        num_errors = len(errors)

        def __init__(self, network, logger):
            self.network, self.logger = network, logger

        def parse_from_file(self, path):
            for node, kind in layers:
                self.logger.log("verbose", f"Parsing node: {node} [Op]")
                self.network.layers.append(SimpleNamespace(type=kind, name="helper"))
            return not errors

        def get_error(self, i):
            return errors[i]

    api = SimpleNamespace(
        __version__=version,
        ILogger=Logger,
        Builder=Builder,
        OnnxParser=Parser,
        NetworkDefinitionCreationFlag=Flag,
        MemoryPoolType=SimpleNamespace(WORKSPACE="workspace"),
    )
    return api, asked


@pytest.fixture
def parsed(monkeypatch, tmp_path):
    def parse(version, **settings):
        api, asked = stand_in(version, **settings)
        monkeypatch.setitem(sys.modules, "tensorrt", api)
        return ParsedNetwork(find_tensorrt("tensorrt"), tmp_path / "model.onnx"), asked

    return parse


@pytest.mark.parametrize(("version", "flags"), [("8.6.1", 1), ("10.9.0", 0), ("11.4.0", 0)])
def test_explicit_batch_is_asked_for_where_it_is_a_choice(parsed, version, flags):
    _, asked = parsed(version)
    assert asked.flags == flags


def test_a_build_for_the_gpu_of_the_machine(parsed):
    network, asked = parsed("8.6.1")
    shapes = ((1, 3), (4, 3), (8, 3))
    assert network.build("8.9", {"x": shapes}) == (b"engine", [])
    assert asked.config.profiles == [{"x": shapes}]
    assert asked.config.limits == {"workspace": 4 << 30}
    assert network.inputs() == {"x": (-1, 3)}


def test_a_refused_build_hands_over_the_log(parsed):
    network, _ = parsed("10.0.1", engine=None)
    assert network.build("8.9", {}) == (None, ["IBuilder: node_a is too large"])


def test_errors_without_the_newer_methods(parsed):
    network, _ = parsed("8.6.1", errors=[Error()])
    assert not network.parsed
    (message,) = network.parser_messages
    assert (message.text, message.code, message.node) == ("no importer", "UNSUPPORTED_NODE", "")
    assert (message.position, message.operator, message.functions) == (0, "", ())


def test_layers_without_metadata_keep_their_node(parsed):
    network, _ = parsed("8.5.3", layers=[("node_a", Kind.CAST), ("node_b", Kind.CAST)])
    assert [(la.kind, la.metadata, la.node) for la in network.layers()] == [
        ("CAST", "", "node_a"),
        ("CAST", "", "node_b"),
    ]


def test_a_builder_that_cannot_be_made_is_a_missing_backend(monkeypatch, tmp_path):
    api, _ = stand_in("10.9.0")

    def refuse(logger):
        logger.log("error", "CUDA initialization failure")
        raise TypeError("factory function returned nullptr")

    api.Builder = refuse
    monkeypatch.setitem(sys.modules, "tensorrt", api)
    with pytest.raises(BackendMissing, match="CUDA initialization failure") as caught:
        ParsedNetwork(find_tensorrt("tensorrt"), tmp_path / "model.onnx")
    assert "tensorrt-rtx" in caught.value.hint


def test_the_choice_of_a_backend(monkeypatch):
    api, _ = stand_in("10.9.0")
    monkeypatch.setitem(sys.modules, "tensorrt", api)
    assert find_tensorrt("auto").name == "tensorrt-rtx"
    monkeypatch.setitem(sys.modules, "tensorrt_rtx", None)
    assert (find_tensorrt("auto").name, find_tensorrt("auto").version) == ("tensorrt", "10.9.0")
    with pytest.raises(BackendMissing, match="tensorrt-rtx: "):
        find_tensorrt("tensorrt-rtx")
