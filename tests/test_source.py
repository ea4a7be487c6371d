"""Reading a file and writing it back: the same bytes but for what was changed."""

from __future__ import annotations

import codecs
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trtlint.errors import SourceError, UnreadableSource
from trtlint.source import Source, split_lines

# Text that no cookie or null byte makes unreadable; all kinds of line ends, also mixed.
TEXTS = st.text(
    st.one_of(st.sampled_from("\r\n\t\x0c\u2028é世x = 1"), st.characters(codec="utf-8")).filter(
        lambda character: character not in "\0#\ufeff"
    )
)


def save(folder: Path, data: bytes) -> Path:
    path = folder / "net.py"
    path.write_bytes(data)
    return path


@given(text=TEXTS, bom=st.booleans())
def test_writing_what_was_read_gives_the_same_bytes(text: str, bom: bool) -> None:
    data = (codecs.BOM_UTF8 if bom else b"") + text.encode()
    with tempfile.TemporaryDirectory() as folder:
        path = save(Path(folder), data)
        source = Source.read(path)
        assert source.bom == bom
        source.write(source.text)
        assert path.read_bytes() == data


@given(lines=st.lists(st.text(st.characters(codec="latin-1", exclude_characters="\0#\r\n"))))
def test_latin_1_and_crlf_survive_a_change(lines: list[str]) -> None:
    old = ["# -*- coding: latin-1 -*-", *lines, ""]
    with tempfile.TemporaryDirectory() as folder:
        path = save(Path(folder), "\r\n".join(old).encode("latin-1"))
        source = Source.read(path)
        assert source.encoding == "iso-8859-1"
        assert source.newline == "\r\n"
        source.write(source.text + "x = 'é'\n")
        assert path.read_bytes() == "\r\n".join([*old[:-1], "x = 'é'", ""]).encode("latin-1")


def test_crlf_is_line_feeds_in_the_text(tmp_path: Path) -> None:
    source = Source.read(save(tmp_path, b"a = 1\r\nb = 2\r\n"))
    assert source.text == "a = 1\nb = 2\n"
    source.write("a = 1\nb = 3\n")
    assert source.path.read_bytes() == b"a = 1\r\nb = 3\r\n"


@pytest.mark.parametrize("data", [b"a\r\nb\nc", b"a\r\nb\rc\r\n", b"a\rb", b"a\nb"])
def test_mixed_line_ends_are_kept_as_they_are(tmp_path: Path, data: bytes) -> None:
    source = Source.read(save(tmp_path, data))
    assert source.text == data.decode()
    assert source.newline == "\n"
    source.write(source.text.replace("b", "B"))
    assert source.path.read_bytes() == data.replace(b"b", b"B")


def test_lines_end_where_python_ends_them() -> None:
    assert split_lines("a\x0cb\u2028c\r\nd\re\n") == ["a\x0cb\u2028c", "d", "e", ""]


def test_byte_order_mark_is_not_text_and_comes_back(tmp_path: Path) -> None:
    source = Source.read(save(tmp_path, codecs.BOM_UTF8 + b"x = 1\n"))
    assert source.text == "x = 1\n"
    source.write("x = 2\n")
    assert source.path.read_bytes() == codecs.BOM_UTF8 + b"x = 2\n"


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"x = 1\nname = 'caf\xe9'\n", 2, "not valid utf-8: byte 0xe9"),
        (b"x = 1\n\n\n\nname = 'caf\xe9'\n", 5, "not valid utf-8: byte 0xe9"),
        (b"x = 1\ny = '\0'\n", 2, "null byte"),
        (codecs.BOM_UTF16_LE + "x".encode("utf-16-le"), 1, "UTF-16"),
        (b"# -*- coding: klingon -*-\n", 1, "klingon"),
        (b"# -*- coding: rot13 -*-\n", 1, "rot13"),
        (b"# -*- coding: ascii -*-\n'\xe9'", 2, "not valid ascii"),
        (codecs.BOM_UTF8 + b"# -*- coding: latin-1 -*-\n", 1, "encoding problem"),
    ],
)
def test_what_is_not_python_text_is_refused_with_its_line(
    tmp_path: Path, data: bytes, line: int, message: str
) -> None:
    path = save(tmp_path, data)
    with pytest.raises(UnreadableSource, match=message) as caught:
        Source.read(path)
    assert caught.value.path == path
    assert caught.value.line == line
    assert caught.value.hint


def test_latin_1_with_a_cookie_is_read(tmp_path: Path) -> None:
    source = Source.read(save(tmp_path, b"# coding: latin-1\nname = 'caf\xe9'\n"))
    assert source.text.endswith("'café'\n")


def test_a_file_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    path = save(tmp_path, b"x = 1\n")
    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(UnreadableSource, match="Permission denied"):
        Source.read(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match="No such file"):
        Source.read(tmp_path / "none.py")


def test_text_the_encoding_lacks_leaves_the_file_alone(tmp_path: Path) -> None:
    data = b"# coding: latin-1\nx = 1\n"
    source = Source.read(save(tmp_path, data))
    with pytest.raises(SourceError, match="cannot be written in the file's encoding, iso-8859-1"):
        source.write("# coding: latin-1\nx = '世'\n")
    assert source.path.read_bytes() == data


def test_a_file_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    source = Source.read(save(tmp_path, b"x = 1\n"))
    source.path.write_bytes(b"x = 1  # edited\n")
    with pytest.raises(SourceError, match="was changed while"):
        source.write("x = 2\n")
    assert source.path.read_bytes() == b"x = 1  # edited\n"


def test_permissions_are_kept_and_no_other_file_is_left(tmp_path: Path) -> None:
    path = save(tmp_path, b"x = 1\n")
    path.chmod(0o751)
    source = Source.read(path)
    assert source.mode == 0o751
    source.write("x = 2\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o751
    assert os.listdir(tmp_path) == ["net.py"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real = save(tmp_path, b"x = 1\n")
    link = tmp_path / "sub" / "link.py"
    link.parent.mkdir()
    link.symlink_to("../net.py")
    Source.read(link).write("x = 2\n")
    assert link.is_symlink()
    assert real.read_bytes() == b"x = 2\n"
    assert os.listdir(link.parent) == ["link.py"]


def test_a_failing_replace_leaves_the_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    source = Source.read(save(tmp_path, b"x = 1\n"))
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(SourceError, match="cannot write: No space left"):
        source.write("x = 2\n")
    assert source.path.read_bytes() == b"x = 1\n"
    assert os.listdir(tmp_path) == ["net.py"]
