"""Imports that see another text than the files hold."""

from __future__ import annotations

import importlib
import inspect
import sys
import traceback
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

from trtlint.runtime_check.overlay import Overlay


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(SourceFileLoader, "get_code", SourceFileLoader.get_code)
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def overlaid(folder: Path, **texts: bytes) -> Overlay:
    overlay = Overlay({str(folder / f"{name}.py"): text for name, text in texts.items()})
    overlay.install()
    importlib.invalidate_caches()
    return overlay


def test_the_new_text_is_what_python_sees(folder: Path) -> None:
    (folder / "seen_a.py").write_text("def f():\n    return 1\n")
    (folder / "seen_b.py").write_text("from seen_a import f\n")
    overlay = overlaid(folder, seen_a=b"\n\ndef f():\n    return 1 / 0\n")
    f = importlib.import_module("seen_b").f
    assert inspect.getsource(f) == "def f():\n    return 1 / 0\n"
    with pytest.raises(ZeroDivisionError) as caught:
        f()
    shown = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (shown.lineno, shown.line) == (4, "return 1 / 0")
    assert overlay.loaded == {str(folder / "seen_a.py"), str(folder / "seen_b.py")}
    assert (folder / "seen_a.py").read_text().endswith("return 1\n")


def test_bytecode_is_neither_read_nor_written(folder: Path) -> None:
    path = folder / "compiled.py"
    path.write_text("value = 1\n")
    import py_compile

    cached = Path(py_compile.compile(str(path), doraise=True) or "")
    before = cached.read_bytes()
    overlaid(folder, compiled=b"value = 2\n")
    assert importlib.import_module("compiled").value == 2
    assert cached.read_bytes() == before


def test_encodings_line_ends_and_links(folder: Path) -> None:
    (folder / "real").mkdir()
    (folder / "real" / "odd.py").write_text("value = ''\n")
    (folder / "odd.py").symlink_to("real/odd.py")
    text = "# coding: latin-1\r\ndef f():\r\n    return 'é'\r\n".encode("latin-1")
    Overlay({str(folder / "real" / "odd.py"): text}).install()
    module = importlib.import_module("odd")
    assert module.f() == "é"
    assert inspect.getsource(module.f) == "def f():\n    return 'é'\n"
