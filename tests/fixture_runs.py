"""Running fixtures: everything that can be observed of a model, and what TensorRT makes of it."""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from fixture_support import FixtureFile

_numbers = itertools.count()


@contextlib.contextmanager
def patched(file: FixtureFile) -> Iterator[None]:
    """Torch as the file wants it: ``# without: cuda`` makes ``Tensor.cuda`` do nothing."""
    import torch

    if "without" not in file.directives:
        yield
        return
    assert file.directives["without"] == "cuda", f"{file.path}: without what?"
    original = torch.Tensor.cuda
    torch.Tensor.cuda = lambda tensor, *_, **__: tensor  # type: ignore[assignment]
    try:
        yield
    finally:
        torch.Tensor.cuda = original  # type: ignore[method-assign]


def load(path: Path, text: str | None = None) -> ModuleType:
    """Import the file under a name of its own, or ``text`` as if it stood there."""
    import torch

    name = f"fixture_{next(_numbers)}_{path.name.replace('.', '_')}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    torch.manual_seed(0)  # for inputs made of random numbers
    if text is None:
        spec.loader.exec_module(module)
    else:
        exec(compile(text, str(path), "exec"), module.__dict__)
    return module


@dataclass
class Run:
    """What can be observed of one instance on one set of inputs, called twice."""

    outputs: list[tuple[str, Any]]
    inputs: list[Any]  # as forward left them
    state: dict[str, Any]
    shared: list[str]  # which outputs share storage with what


def run_all(file: FixtureFile, text: str | None = None) -> list[Run]:
    """Run every instance on every set of inputs, from the same seeds each time."""
    import torch

    from trtlint.runtime_check.tensors import bind_inputs, flatten

    module = load(file.path, text)
    sets = [_example(module), *getattr(module, "OTHERS", [])]
    if not file.directives.get("batch", "").startswith("fixed"):
        sets.append(None)  # the example at another batch size
    runs = []
    with patched(file), torch.no_grad():
        for arguments in ({}, *getattr(module, "ARGUMENTS", [])):
            for inputs in sets:
                torch.manual_seed(0)
                model = getattr(module, file.directives.get("model", "Model"))(**arguments).eval()
                bound = bind_inputs(model, sets[0] if inputs is None else inputs)
                bound = bound.clone() if inputs is not None else bound.at_size(3, seed=1)
                for _ in range(2):  # the second time shows what the first one left behind
                    torch.manual_seed(1)
                    returned = model(*bound.args, **bound.kwargs)
                    named = flatten(returned)
                    left = [tensor for _, tensor in bound.named()]
                    runs.append(
                        Run(
                            [(name, tensor.clone()) for name, tensor in named],
                            [tensor.clone() for tensor in left],
                            {k: v.clone() for k, v in model.state_dict().items()},
                            _shared(named, bound.named(), model),
                        )
                    )
    return runs


def _example(module: ModuleType) -> Any:
    return module.EXAMPLE if hasattr(module, "EXAMPLE") else module.example()


def _shared(outputs: Any, inputs: Any, model: Any) -> list[str]:
    """Pairs of names of which the first is an output, and the second shares its storage."""

    def storage(tensor: Any) -> int:
        return int(tensor.untyped_storage().data_ptr())

    owned = [*inputs, *model.named_parameters(), *model.named_buffers()]
    found = []
    for i, (name, tensor) in enumerate(outputs):
        if tensor.numel() == 0:
            continue
        for other, held in (*owned, *outputs[:i]):
            if held.numel() and storage(held) == storage(tensor):
                found.append(f"output {name} shares the storage of {other}")
    return found


def differences(
    before: Sequence[Run], after: Sequence[Run], tolerance: float, *, inputs: bool = True
) -> list[str]:
    """What an observer sees differ, in words; what becomes of the inputs is left out if asked."""
    found = []
    if len(before) != len(after):
        found.append(f"{len(before)} runs before, {len(after)} after")
    for number, (old, new) in enumerate(zip(before, after, strict=False)):
        here = f"run {number}: "
        if [name for name, _ in old.outputs] != [name for name, _ in new.outputs]:
            found.append(f"{here}outputs {old.outputs} became {new.outputs}")
        for (name, a), (_, b) in zip(old.outputs, new.outputs, strict=False):
            if reason := _different(a, b, tolerance):
                found.append(f"{here}output {name}: {reason}")
        for i, (a, b) in enumerate(zip(old.inputs, new.inputs, strict=True) if inputs else ()):
            if reason := _different(a, b, 0.0):
                found.append(f"{here}forward leaves input {i} otherwise: {reason}")
        if {k: v.shape for k, v in old.state.items()} != {k: v.shape for k, v in new.state.items()}:
            found.append(f"{here}state_dict {sorted(old.state)} became {sorted(new.state)}")
        else:
            for key, a in old.state.items():
                if reason := _different(a, new.state[key], 0.0):
                    found.append(f"{here}forward leaves {key} otherwise: {reason}")
        if old.shared != new.shared:
            found.append(f"{here}{old.shared or 'nothing shared'} became {new.shared or 'nothing'}")
    return found


def _different(a: Any, b: Any, tolerance: float) -> str:
    import torch

    if a.dtype != b.dtype or a.shape != b.shape:
        return f"{a.dtype} {list(a.shape)} became {b.dtype} {list(b.shape)}"
    if tolerance:
        equal = torch.allclose(a, b, rtol=0.0, atol=tolerance, equal_nan=True)
    else:
        equal = bool(((a == b) | ((a != a) & (b != b))).all())
    return "" if equal else f"the numbers differ, {a.flatten()[:4]} and {b.flatten()[:4]}"


# -- the real TensorRT ------------------------------------------------------------------------


@dataclass(frozen=True)
class Conversion:
    """What TensorRT made of a file; ``refused`` says why it did not take it."""

    refused: str = ""
    kinds: Mapping[str, int] = field(default_factory=dict)


def _subject(file: FixtureFile, exporter: str) -> tuple[Any, Any, Any]:
    """The file's model, its inputs, and how they are to be converted."""
    import torch

    from trtlint.runtime_check.api import VerifyOptions
    from trtlint.runtime_check.options import DimSpec

    module = load(file.path)
    torch.manual_seed(0)
    model = getattr(module, file.directives.get("model", "Model"))().eval()
    dim = DimSpec("batch", 1, 2, 4) if file.dynamic else None
    return model, _example(module), VerifyOptions(exporter=exporter, dim=dim)


def differs(file: FixtureFile, exporter: str) -> bool:
    """Whether the exported graph computes something else than the file's model.

    Raises:
        BackendMissing: something that this needs is not installed.
    """
    from trtlint.runtime_check.api import verify

    model, inputs, options = _subject(file, exporter)
    return any(
        failure.stage == "onnx" for failure in verify(model, inputs, options=options).failures
    )


@cache
def convert(file: FixtureFile, exporter: str) -> Conversion:
    """Export, parse and build the file's model.

    Raises:
        BackendMissing: something that this needs is not installed.
    """
    from trtlint.runtime_check.api import build_counts
    from trtlint.runtime_check.failures import ExportFailed

    model, inputs, options = _subject(file, exporter)
    try:
        result = build_counts(model, inputs, options=options)
    except ExportFailed as refused:
        return Conversion(str(refused))
    errors = (*result.parse_errors, *result.build_errors)
    if errors:
        return Conversion("; ".join(failure.message for failure in errors))
    return Conversion("", dict(result.layer_kinds))
