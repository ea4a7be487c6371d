"""One model run on many inputs, in its old form and in a new one, and what differs.

The child process that runs the old form leaves a record: the inputs, and all that can be observed
of each run. The one that runs a new form compares with it.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trtlint.errors import LoadFailed
from trtlint.runtime_check.compare import compare_output
from trtlint.runtime_check.eager import kept_buffers
from trtlint.runtime_check.load import LoadedModel, guarded, import_torch
from trtlint.runtime_check.options import Changes, InputSpec, Limits, ModelSpec, VerifyOptions
from trtlint.runtime_check.tensors import ModelInputs, dtype_name, flatten, structure

SIZES = (1, 3)  # along axis 0, besides the given one
SCALES = ((1, 2), (2, 1))  # of heights, widths and lengths
UNSTEADY = "the model as it is gives other numbers each time: nothing can be compared"
LARGEST = 4_000_000  # elements of all inputs together; more are not tried


@dataclass(frozen=True)
class TrialRequest:
    """What the child is asked to do.

    Attributes:
        record: the file that the old form writes, and that a new one is compared with.
        first: whether this is the old form.
        exact: whether outputs must be equal bit for bit.
    """

    spec: ModelSpec
    inputs: tuple[InputSpec, ...]
    options: VerifyOptions
    limits: Limits
    root: Path | None
    changes: Changes
    record: Path
    first: bool
    exact: bool = True


@dataclass(frozen=True)
class TrialResult:
    """What came of it.

    Attributes:
        loaded: real paths of the source files that were imported.
        shapes: the sets of input shapes that were run.
        difference: why the new form is another model, or why the old one cannot be compared.
        max_abs: the largest difference of outputs.
    """

    loaded: frozenset[str] = frozenset()
    shapes: tuple[str, ...] = ()
    difference: str = ""
    max_abs: float = 0.0


def seed_all(seed: int) -> None:
    """Every generator that a model may draw from, so that it is made alike each time."""
    import numpy as np

    import_torch().manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed)


def record(
    request: TrialRequest, loaded: LoadedModel, given: ModelInputs, imported: Set[str]
) -> TrialResult:
    """Run the old form and leave a record; only that far, where the model loads no changed file.

    Args:
        request: what is asked for.
        loaded: the model.
        given: what it is to run on.
        imported: the files that were imported so far; grows while the model runs.
    """
    torch = import_torch()
    seed = request.options.seed
    first = _observe(loaded, given, seed)
    if request.changes.texts.keys().isdisjoint(imported):
        return TrialResult()
    cases, runs = [given], [first]
    difference = ""
    if not first["outputs"]:
        difference = "forward returns no tensor: nothing can be compared"
    elif _difference(first, _observe(loaded, given, seed), exact=True)[0]:
        difference = UNSTEADY
    for case in () if difference else _cases(given, request.options):
        try:
            runs.append(_observe(loaded, case, seed))
        except LoadFailed:
            continue  # a size that this model does not take
        cases.append(case)
    state = _state(loaded.module)
    torch.save({"inputs": cases, "runs": runs, "state": state}, request.record)
    shapes = tuple(dict.fromkeys(map(_shown, cases)))
    return TrialResult(frozenset(imported), shapes, difference)


def compare(request: TrialRequest, loaded: LoadedModel) -> TrialResult:
    """Run a new form on the inputs of the record."""
    kept = import_torch().load(request.record, weights_only=False)
    worst = 0.0
    for case, before in zip(kept["inputs"], kept["runs"], strict=True):
        shapes = _shown(case)
        try:
            after = _observe(loaded, case, request.options.seed)
        except LoadFailed as failed:
            return TrialResult(difference=f"on {shapes}, {failed.message}")
        difference, largest = _difference(before, after, exact=request.exact)
        worst = max(worst, largest)
        if difference:
            return TrialResult(difference=f"on {shapes}, {difference}", max_abs=worst)
    difference = _state_difference(kept["state"], _state(loaded.module))
    shapes_run = tuple(dict.fromkeys(_shown(case) for case in kept["inputs"]))
    return TrialResult(shapes=shapes_run, difference=difference, max_abs=worst)


def _shown(inputs: ModelInputs) -> str:
    """``1x3x32x32``, of each input."""
    shapes = inputs.shapes().values()
    return ", ".join("x".join(map(str, shape)) or "scalar" for shape in shapes)


def _cases(given: ModelInputs, options: VerifyOptions) -> Iterator[ModelInputs]:
    """Other values, other batch sizes, other heights and widths."""
    seed = options.seed
    yield given.with_other_values(seed)
    yield given.with_other_values(seed + 1)
    sizes = SIZES if options.dim is None else (*options.dim.sizes, *SIZES)
    others = [given.at_size(size, seed) for size in dict.fromkeys(sizes)]
    others += [given.scaled(*scale) for scale in SCALES]
    for number, case in enumerate(others):
        elements = sum(tensor.numel() for _, tensor in case.named())
        if case.shapes() != given.shapes() and elements <= LARGEST:
            yield case.with_other_values(seed + number)


def _observe(loaded: LoadedModel, inputs: ModelInputs, seed: int) -> dict[str, Any]:
    """All that a caller can see of one run, in plain data and tensors."""
    torch = import_torch()
    fresh = inputs.clone()
    module = loaded.module
    with torch.no_grad(), kept_buffers(module):
        seed_all(seed)
        returned = guarded(
            lambda: module(*fresh.args, **fresh.kwargs),
            loaded.user_code,
            f"{type(module).__name__} fails",
        )
        return {
            "structure": structure(returned),
            "outputs": [(name, tensor.detach().clone()) for name, tensor in flatten(returned)],
            "inputs": fresh.named(),
            "aliases": _aliases(flatten(returned), fresh.named()),
            "buffers": {name: _described(value) for name, value in module.named_buffers()},
        }


def _aliases(
    outputs: Sequence[tuple[str, Any]], inputs: Sequence[tuple[str, Any]]
) -> set[tuple[str, str]]:
    """Which outputs share memory with which inputs: writing into one changes the other."""
    strided = import_torch().strided
    return {
        (name, other)
        for name, output in outputs
        for other, given in inputs
        if output.layout == given.layout == strided
        and output.untyped_storage().data_ptr() == given.untyped_storage().data_ptr() != 0
    }


def _state(module: Any) -> dict[str, str]:
    """What a checkpoint holds: shape, type and a digest of the values, by key."""
    return {name: _described(value) for name, value in module.state_dict().items()}


def _described(value: Any) -> str:
    torch = import_torch()
    if not isinstance(value, torch.Tensor) or value.layout != torch.strided:
        return type(value).__name__
    plain = value.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
    digest = hashlib.blake2b(plain.numpy().tobytes(), digest_size=12).hexdigest()
    return f"{dtype_name(value)} {list(value.shape)} {digest}"


def _difference(before: dict[str, Any], after: dict[str, Any], *, exact: bool) -> tuple[str, float]:
    """What a caller would notice, or nothing; and the largest difference of outputs."""
    if before["structure"] != after["structure"]:
        return f"it returned {before['structure']} and returns {after['structure']}", 0.0
    worst = 0.0
    for what, key in (("output", "outputs"), ("its input", "inputs")):
        for (name, old), (_, new) in zip(before[key], after[key], strict=True):
            text, largest = _tensor_difference(old, new, exact=exact)
            worst = max(worst, largest)
            if text:
                changed = " is left otherwise:" if key == "inputs" else ""
                return f"{what} {name!r}{changed} {text}", worst
    shared = after["aliases"] - before["aliases"]
    if shared:
        name, other = min(shared)
        return f"output {name!r} shares memory with input {other!r} and did not before", worst
    kept = before["buffers"].keys() & after["buffers"].keys()
    was, now = ({name: run["buffers"][name] for name in sorted(kept)} for run in (before, after))
    return _state_difference(was, now, "after the run"), worst


def _tensor_difference(old: Any, new: Any, *, exact: bool) -> tuple[str, float]:
    torch = import_torch()
    if old.dtype != new.dtype or old.shape != new.shape:
        return (
            f"was {dtype_name(old)} {list(old.shape)} and is {dtype_name(new)} {list(new.shape)}",
            0.0,
        )
    if old.layout != torch.strided:
        old, new = old.to_dense(), new.to_dense()
    if torch.equal(old, new):
        return "", 0.0
    narrow = dtype_name(new) == "bfloat16"
    actual = (new.float() if narrow else new).cpu().numpy()
    found = compare_output("", old, actual, atol=None, rtol=None)
    if found.equal or (found.passed and not exact):
        return "", found.max_abs
    count = int((~((old == new) | ((old != old) & (new != new)))).sum())
    was, now = old[found.index].item(), new[found.index].item()
    where = f"in {count} of {old.numel()} elements, most at {list(found.index)}"
    return f"differs {where}: was {was:.9g}, is {now:.9g}", found.max_abs


def _state_difference(
    before: dict[str, str], after: dict[str, str], where: str = "in the checkpoint"
) -> str:
    for name in (*before, *after):
        was, now = before.get(name), after.get(name)
        if was == now:
            continue
        if was is None or now is None:
            return f"{name!r} is {'new' if was is None else 'gone'} {where}"
        if was.rpartition(" ")[0] == now.rpartition(" ")[0]:
            return f"{name!r} has other values {where}"
        shapes = f"was {was.rpartition(' ')[0]} and is {now.rpartition(' ')[0]}"
        return f"{name!r} {shapes} {where}"
    return ""
