"""Probes for every public name of torch: each is tried with argument patterns until some work."""

from __future__ import annotations

import inspect
import json
import os
import signal
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional
import torch.signal.windows
from probe import Probe
from source import probe_row

# What follows the tensor; the letters are inputs.
_AFTER = (
    "",
    "y",
    "1",
    "0.5",
    "-1",
    "0",
    "2",
    "1, 2",
    "(2, 3)",
    "y, w",
    "bx",
    "(2, 4, 64)",
    "0.2, 0.8",
    "bx, 0.5",
    "1, 0, 2",
    "torch.float32",
    "1, (2, 2)",
    "(0, 2, 3, 1)",
    "2, 1, 1",
    "bx, y",
)
# All arguments, for what takes no 2x4x8x8 float tensor first.
_WHOLE = (
    "q",
    "m",
    "s",
    "v",
    "z",
    "n",
    "nx",
    "c",
    "bx",
    "d5",
    "sq",
    "nv",
    "s, p",
    "q, k",
    "m, m2",
    "v, v2",
    "sq, sq",
    "n, n2",
    "nx, 1",
    "n, 1",
    "[x, y]",
    "[m, m2]",
    "5",
    "4, 3",
    "(4, 8)",
    "0.0, 1.0, 5",
    "s, p, s",
    "m, label",
    "x, y, label.sign()",
    "m, n, n2",
    "s, s @ p",
    "x, x",
    "m, 3",
    "q, 2",
    "x.flatten(1)",
    "c.abs(), c.angle()",
    "sq, v[:6]",
    "v[:6], v2[:6]",
    "v[:2], m.t()[:, :2]",
    "lambda t: t + 1, x",
)
_METHOD_WHOLE = (
    ("q", ""),
    ("m", ""),
    ("s", ""),
    ("v", ""),
    ("z", ""),
    ("n", ""),
    ("nx", ""),
    ("c", ""),
    ("bx", ""),
    ("d5", ""),
    ("s", "p"),
    ("sq", "sq"),
    ("v", "v2"),
    ("n", "n2"),
    ("nx", "1"),
    ("n", "1"),
    ("m", "m2.t()"),
    ("sq", "v[:6]"),
    ("m", "m2, 1"),
    ("s", "s, p"),
    ("m", "sq[:2, :2], m2"),
    ("nx", "nx"),
    ("m", "3"),
)
# Dtypes and ranks that flip verdicts, for what takes one tensor.
_OTHER_INPUTS = ("nx", "bx", "v", "z", "m", "h", "u", "e")
_SKIP = (
    "set_",
    "get_",
    "autocast",
    "is_autocast",
    "load",
    "save",
    "fork",
    "wait",
    "import_ir",
    "parse_",
    "from_file",
    "manual_seed",
    "seed",
    "initial_seed",
    "use_deterministic",
    "init_num_threads",
    "compile",
    "quantized_",
    "miopen",
    "cudnn",
    "fbgemm",
    "thread_safe",
    "profiler",
    "prepare_multi",
    "clear_auto",
    "typename",
    "unify",
    "merge_type",
    "handle_torch",
    "has_torch",
    "boolean_disp",
    "assert_int",
    "share_memory",
    "record_stream",
    "register_",
    "backward",
    "reinforce",
    "untyped_storage",
    "storage",
    "module_load",
    "map_",
    "map2_",
    "apply_",
    "batch_norm_",
    "vmap",
    "cond",
    "while_loop",
    "sym_fresh",
    "sym_constrain",
)
NAMESPACES: dict[str, Any] = {
    "torch": torch,
    "F": torch.nn.functional,
    "torch.linalg": torch.linalg,
    "torch.fft": torch.fft,
    "torch.special": torch.special,
    "torch.signal.windows": torch.signal.windows,
}
_QUALIFIED = {"F": "torch.nn.functional"}
_SECONDS = 20


def first_probes(limit: int = 3) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows with their rank: 0 is the first working pattern of a name, then further ones."""
    for prefix, namespace in NAMESPACES.items():
        for name in dir(namespace):
            function = getattr(namespace, name, None)
            if _public(name) and callable(function) and not inspect.isclass(function):
                yield from _working(
                    f"{_QUALIFIED.get(prefix, prefix)}.{name}", _functions(prefix, name), limit
                )
    for name in dir(torch.Tensor):
        if _public(name):
            yield from _working(f"torch.Tensor.{name}", _methods(name), limit)


def _public(name: str) -> bool:
    return not name.startswith("_") and not name.startswith(_SKIP)


def _functions(prefix: str, name: str) -> Iterator[tuple[int, str]]:
    call = f"{prefix}.{name}"
    if name.endswith("_"):
        for after in _AFTER:
            yield 0, f"y = x.clone() ; {call}(y{_then(after, 'w')}) ; y"
    for after in _AFTER:
        yield 0, f"{call}(x{_then(after)})"
    for whole in _WHOLE:
        yield 0, f"{call}({whole})"
    for other in _OTHER_INPUTS:
        yield 1, f"{call}({other})"


def _methods(name: str) -> Iterator[tuple[int, str]]:
    if not callable(getattr(torch.Tensor, name, None)):
        yield from ((0, f"{one}.{name}") for one in ("x", "m", "c", "v"))
        return
    if name.endswith("_"):
        for after in _AFTER:
            yield 0, f"y = x.clone() ; y.{name}({_then(after, 'w')[2:]}) ; y"
        for first, rest in _METHOD_WHOLE:
            yield 0, f"y = {first}.clone() ; y.{name}({rest}) ; y"
        return
    for after in _AFTER:
        yield 0, f"x.{name}({after})"
    for first, rest in _METHOD_WHOLE:
        yield 0, f"{first}.{name}({rest})"
    for other in _OTHER_INPUTS:
        yield 1, f"{other}.{name}()"


def _then(after: str, instead_of_y: str = "y") -> str:
    return f", {after.replace('y', instead_of_y) if after == 'y' else after}" if after else ""


def _working(
    operator: str, lines: Iterator[tuple[int, str]], limit: int
) -> list[tuple[int, dict[str, Any]]]:
    """Try the lines in a fork, where a crash or a hang does no harm."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        warnings.simplefilter("ignore")
        signal.alarm(_SECONDS)
        found = 0
        for group, line in lines:
            if (group == 0 and found >= limit) or (group == 1 and not found):
                continue
            good = _returns_tensor(line, operator)
            if good:
                os.write(writer, f"{found if group == 0 else 9}\t{good}\n".encode())
                found += group == 0
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        text = stream.read()
    os.waitpid(pid, 0)
    rows = []
    for line in dict.fromkeys(text.splitlines()):
        rank, _, good = line.partition("\t")
        rows.append((int(rank), probe_row(good, operator)))
    return rows


def _returns_tensor(line: str, operator: str) -> str:
    """The line, if it runs; wrapped so that it returns a tensor where it does not."""
    try:
        row = probe_row(line, operator)
        probe = Probe("try", operator, row["source"], row["inputs"])
        values = tuple(one.draw(torch.Generator().manual_seed(0), 2) for one in probe.inputs)
        result = probe.make()(*values)
    except BaseException:
        return ""
    if isinstance(result, torch.Tensor):
        return line
    if isinstance(result, list | tuple | dict) and any(
        isinstance(one, torch.Tensor)
        for one in (result.values() if isinstance(result, dict) else result)
    ):
        return line
    if ";" in line or result is None:
        return ""
    if isinstance(result, torch.Size):
        return f"x.reshape({line})" if result == (2, 4, 8, 8) else f"x * len({line})"
    if isinstance(result, bool | int | float):
        return f"x * {line}"
    if isinstance(result, torch.dtype):
        return f"x.to({line})"
    if isinstance(result, torch.device):
        return f"x.to({line})"
    if isinstance(result, tuple | list) and result and all(isinstance(n, int) for n in result):
        return f"x * {line}[0]"
    return ""


def main() -> None:
    """Write all rows."""
    count: dict[str, int] = {}
    for rank, row in first_probes():
        number = count[row["operator"]] = count.get(row["operator"], -1) + 1
        row["name"] = f"{row['operator']}#{number}"
        row["rank"] = rank
        sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
