"""What models of real packages compute: the child process of `real_code.py`.

`python benchmarks/real_models.py TASK.json` imports modules and runs models, with the task's folder
in front of the import path, and saves what it saw to the task's ``out``: for each module whether it
can be imported and which names it has, and for each model its ``state_dict``'s keys and shapes, and
its outputs.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any


def main(path: Path) -> None:
    """Do what the task says."""
    task = json.loads(path.read_text(encoding="utf-8"))
    out = Path(task["out"])
    sys.path.insert(0, task["path"])
    warnings.simplefilter("ignore")
    with contextlib.suppress(ImportError):
        importlib.import_module("torchvision_cpu")  # lets torchvision load beside CPU torch
    import torch

    torch.set_num_threads(1)
    imported = {name: _imported(name) for name in task["imports"]}
    (out / "imports.json").write_text(json.dumps(imported), encoding="utf-8")
    for number, model in enumerate(task["models"]):
        torch.save(_observed(model, task), out / f"{number}.pt")


def _imported(name: str) -> dict[str, Any]:
    """Why a module cannot be imported, empty if it can; and its names."""
    try:
        module = importlib.import_module(name)
    except BaseException as error:
        return {"error": f"{type(error).__name__}: {error}"[:300], "names": []}
    return {"error": "", "names": [*vars(module)]}


def _observed(model: Mapping[str, Any], task: Mapping[str, Any]) -> dict[str, Any]:
    """One model, on its inputs."""
    import torch

    result: dict[str, Any] = {}
    try:
        torch.manual_seed(0)
        make, inputs = _maker(model, task)
        made = make().eval()
        result["state"] = [(key, list(t.shape)) for key, t in made.state_dict().items()]
        runs: list[Any] = []
        for given in inputs():
            torch.manual_seed(2)
            with torch.no_grad():
                try:
                    runs.append(_flat(made(*given)))
                except Exception as error:
                    runs.append(f"{type(error).__name__}: {error}")
        result["runs"] = runs
    except Exception as error:
        result["error"] = f"{type(error).__name__}: {error}"
    return result


def _maker(
    model: Mapping[str, Any], task: Mapping[str, Any]
) -> tuple[Callable[[], Any], Callable[[], Sequence[Any]]]:
    """What makes the model, and what makes its inputs."""
    import torch

    if "package" in model:
        from prediction import build, example

        def examples() -> list[Any]:
            torch.manual_seed(1)
            return [example(model)]

        return lambda: build(model), examples
    module, _, function = task["maker"].partition(":")
    make = getattr(importlib.import_module(module), function)

    def given() -> list[Any]:
        torch.manual_seed(1)
        return [(torch.randn(shape),) for shape in task["inputs"]]

    return lambda: make(model["name"], **task["options"]), given


def _flat(value: Any) -> list[Any]:
    import torch

    if isinstance(value, torch.Tensor):
        return [value.detach().clone()]
    if isinstance(value, dict):
        return [leaf for key in sorted(value, key=str) for leaf in _flat(value[key])]
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in _flat(item)]
    return []


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """How two results of one model differ; empty if they do not."""
    import torch

    if old.get("error") != new.get("error"):
        return f"{old.get('error')} before, {new.get('error')} after"
    if old.get("state") != new.get("state"):
        return "state_dict differs"
    runs = zip(old.get("runs", ()), new.get("runs", ()), strict=True)
    for number, (before, after) in enumerate(runs):
        if isinstance(before, str):
            continue  # the original did not take this input
        if isinstance(after, str):
            return f"input {number}: raises {after}"
        if len(before) != len(after):
            return f"input {number}: {len(before)} outputs before, {len(after)} after"
        for i, (a, b) in enumerate(zip(before, after, strict=True)):
            here = f"input {number}, output {i}: "
            if a.dtype != b.dtype or a.shape != b.shape:
                return f"{here}{a.dtype} {list(a.shape)} before, {b.dtype} {list(b.shape)} after"
            if not torch.equal(a.nan_to_num(), b.nan_to_num()):
                worst = (a.double() - b.double()).abs().max().item()
                return f"{here}differs by up to {worst:.3g}"
    return ""


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    main(Path(sys.argv[1]))
