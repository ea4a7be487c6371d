"""The stage of a model's run, on stderr while it lasts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

_STAGES = {
    "load": "importing the model",
    "eager": "running the model",
    "export": "exporting to ONNX",
    "onnx": "comparing with ONNX Runtime",
    "build": "building with TensorRT",
}


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Show the stage on stderr while it runs, where stderr is a terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda stage: None
        return
    with console.status("starting") as status:
        yield lambda stage: status.update(_STAGES.get(stage, stage))
