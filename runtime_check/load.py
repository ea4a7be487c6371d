"""Import the user's file and make the model; what goes wrong names the user's line."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from types import ModuleType
from typing import Any, TypeVar

from trtlint.errors import BackendMissing, LoadFailed, TrtlintError
from trtlint.runtime_check.options import ModelSpec
from trtlint.runtime_check.user_code import UserCode

_T = TypeVar("_T")
# What torch or the CUDA libraries say where there is no GPU.
NO_GPU = ("Torch not compiled with CUDA", "No CUDA GPUs", "no NVIDIA driver")
_LONGEST = 400  # characters of an exception of the user's code


@dataclass(frozen=True)
class LoadedModel:
    """A module in eval mode and the EXAMPLE inputs of its file, if there are any."""

    module: Any
    example: Any  # None where the file has none
    user_code: UserCode


def import_torch() -> Any:
    """The torch package.

    Raises:
        BackendMissing: it is not installed.
    """
    try:
        import torch
    except ImportError as error:
        raise BackendMissing(
            f"torch cannot be imported: {error}", 'install it with `pip install "trtlint[verify]"`'
        ) from None
    return torch


def load(spec: ModelSpec) -> LoadedModel:
    """Import the file or module and make the model.

    Raises:
        LoadFailed: with the innermost line of the user where it went wrong.
        BackendMissing: torch is not installed.
    """
    torch = import_torch()
    folder = Path(spec.location) if spec.is_file else None
    user_code = UserCode.around(folder or Path.cwd() / "module")
    module_of_file = guarded(
        lambda: _import(spec), user_code, f"{spec.location} cannot be imported"
    )
    if module_of_file.__file__ and not spec.is_file:
        user_code = UserCode.around(module_of_file.__file__)
    target: Any = module_of_file
    for name in spec.attribute.split("."):
        if not hasattr(target, name):
            raise _missing(spec, module_of_file, torch)
        target = getattr(target, name)
    model = _make(spec, target, torch, user_code)
    model.eval()
    return LoadedModel(model, _example(target, module_of_file, user_code), user_code)


def guarded(call: Callable[[], _T], user_code: UserCode, what: str) -> _T:
    """Call the user's code; any exception becomes LoadFailed with the user's innermost line."""
    try:
        return call()
    except TrtlintError:
        raise
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit of a script without a main guard, too
        at = user_code.of_exception(error)
        where = f" (at {at}: {at.source})" if at is not None else ""
        text = shorten(" ".join(str(error).split()), _LONGEST, placeholder=" ...")
        reason = f"{type(error).__name__}: {text}" if text else type(error).__name__
        raise LoadFailed(f"{what}: {reason}{where}", _advice(error)) from error


def _advice(error: BaseException) -> str:
    if any(sign in str(error) for sign in NO_GPU):
        return "the code asks for a GPU by name; take the device from an input or a parameter"
    return ""


def _import(spec: ModelSpec) -> ModuleType:
    if not spec.is_file:
        sys.path.insert(0, str(Path.cwd()))
        return importlib.import_module(spec.location)
    path = Path(spec.location).resolve()
    if not path.is_file():
        raise LoadFailed(f"{spec.location}: no such file")
    package, root = [path.stem], path.parent
    while (root / "__init__.py").is_file():
        package.insert(0, root.name)
        root = root.parent
    sys.path.insert(0, str(root))
    if len(package) > 1 and all(part.isidentifier() for part in package):
        return importlib.import_module(".".join(package))  # relative imports work
    name = "".join(c if c.isalnum() else "_" for c in path.stem)
    if name in sys.modules or name in sys.stdlib_module_names:
        name = f"model_in_{name}"  # select.py must not take the place of Python's own
    made = importlib.util.spec_from_file_location(name, path)
    if made is None or made.loader is None:
        raise LoadFailed(f"{spec.location}: not a Python file")
    module = importlib.util.module_from_spec(made)
    sys.modules[name] = module  # dataclasses and pickle look there
    made.loader.exec_module(module)
    return module


def _missing(spec: ModelSpec, module: ModuleType, torch: Any) -> LoadFailed:
    models = [
        name
        for name, value in vars(module).items()
        if inspect.isclass(value)
        and issubclass(value, torch.nn.Module)
        and value.__module__ == module.__name__
    ]
    near = difflib.get_close_matches(spec.attribute, models, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    listed = ", ".join(models) or "none"
    return LoadFailed(
        f"{spec.location} has no attribute {spec.attribute!r}", f"{hint}models in it: {listed}"
    )


def _make(spec: ModelSpec, target: Any, torch: Any, user_code: UserCode) -> Any:
    if isinstance(target, torch.nn.Module):
        return target
    if not callable(target):
        raise LoadFailed(
            f"{spec} is a {type(target).__name__}, not a module, a module class or a factory"
        )
    needed = _required_parameters(target)
    if needed:
        raise LoadFailed(
            f"{spec} needs arguments: {', '.join(needed)}",
            f"write a factory without arguments in {spec.location} and pass that, such as "
            f"`def make(): return {spec.attribute}(...)` and {spec.location}:make",
        )
    model = guarded(target, user_code, f"{spec} cannot be made")
    if not isinstance(model, torch.nn.Module):
        raise LoadFailed(f"{spec} returned a {type(model).__name__}, not a torch.nn.Module")
    return model


def _required_parameters(target: Callable[..., Any]) -> list[str]:
    try:
        parameters = inspect.signature(target).parameters.values()
    except (TypeError, ValueError):
        return []
    return [
        p.name
        for p in parameters
        if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]


def _example(target: Any, module: ModuleType, user_code: UserCode) -> Any:
    for owner in (target, module):
        for name in ("EXAMPLE", "example"):
            value = getattr(owner, name, None)
            if value is None:
                continue
            if inspect.isroutine(value):
                return guarded(value, user_code, f"{name}() failed")
            return value
    return None
