"""A check after edits says what a check from scratch says, whatever was edited, and stays cheap."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cache_support import Looks, check, cold, said
from fakes import write

from trtlint import tracing

FILES = {
    "pyproject.toml": "",
    "lib/__init__.py": "from .blocks import Block, Gate\nfrom .tools import *\n",
    "lib/blocks.py": """import torch
from torch import nn
from .tools import halved, masked


class Block(nn.Module):
    def __init__(self, gate=None):
        super().__init__()
        self.gate = gate or Gate()
        self.act = masked

    def forward(self, x):
        y = self.gate(x)
        y[:, :2] = 0
        return self.act(y)


class Gate(nn.Module):
    def forward(self, x):
        y = x.clone()
        y[:, 0] = 1
        return self.scaled(y)

    def scaled(self, x):
        return x.view(halved(x), -1)
""",
    "lib/tools.py": """import torch


def halved(x):
    return x.shape[0] // 2


def masked(x):
    y = torch.zeros(4, 4)
    y[:, 0] = x[:, 0]
    return y


def spare(x):
    x[:, 1] = 3
    return x
""",
    "models/first.py": """from torch import nn
from lib import Block
from lib.tools import spare


class First(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([Block() for _ in range(3)])

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x.view(x.shape[0], -1)
""",
    "models/second.py": """from torch import nn
from lib.blocks import Block, Gate


class Second(Block):
    def helper(self, x):
        return x.cumsum(1)

    def forward(self, x):
        z = super().forward(x)
        z[:, 1:] = self.helper(z)[:, 1:]
        return z


class Third(Second):
    def helper(self, x):
        return x
""",
}
SOURCES = [name for name in FILES if name.endswith(".py")]
CALLS = ("halved(x)", "spare(x)", "masked(x)", "self.helper(x)", "self.scaled(x)", "x.cumsum(0)")
BASES = ("nn.Module", "Block", "Gate", "object", "Second")
IMPORTS = (
    "from lib.tools import spare", "from lib.tools import halved, masked, spare", "import math",
    "from lib import *", "from lib.blocks import Gate as Block", "import lib.tools as tools",
    "from models.second import Second",
)  # fmt: skip
METHOD = "\n    def {name}(self, x):\n        x[:, 2] = 1\n        return {call}\n"


def _called(text: str, choose: random.Random) -> str:
    """A call more in a function."""
    ends = [match.start() for match in re.finditer(r"^ +return ", text, re.M)]
    if not ends:
        return text
    at = choose.choice(ends)
    indent = " " * (len(text[at:]) - len(text[at:].lstrip()))
    line = choose.choice(("x = {}", "y = {}", "{}", "self.made = {}", "q = [{}]"))
    return text[:at] + indent + line.format(choose.choice(CALLS)) + "\n" + text[at:]


def _based(text: str, choose: random.Random) -> str:
    """Another base class."""
    return re.sub(r"(class \w+)\(.*\):", rf"\1({choose.choice(BASES)}):", text, count=1)


def _imported(text: str, choose: random.Random) -> str:
    """An import more, or one less."""
    lines = text.split("\n")
    places = [i for i, line in enumerate(lines) if re.match("import|from", line)]
    if choose.random() < 0.5 and places:
        del lines[choose.choice(places)]
    else:
        lines.insert(0, choose.choice(IMPORTS))
    return "\n".join(lines)


def _without_function(text: str, choose: random.Random) -> str:
    """A function or method less."""
    found = re.findall(r"(?ms)^((?:    )?def .*?)(?=^(?:    )?def |^class |\Z)", text)
    return text.replace(choose.choice(found), "", 1) if found else text


def _with_function(text: str, choose: random.Random) -> str:
    """A function more, or a method at the end of the last class."""
    call = choose.choice(CALLS)
    name = choose.choice(("probe", "spare", "helper", "scaled", "forward", "halved"))
    if choose.random() < 0.5:
        return text + METHOD.format(name=name, call=call)
    return text + f"\n\ndef {name}(x):\n    x[:, 2] = 1\n    return {call}\n"


def _commented(text: str, choose: random.Random) -> str:
    """A comment more."""
    lines = text.split("\n")
    lines.insert(choose.randrange(len(lines)), "# said in passing")
    return "\n".join(lines)


def _renamed(text: str, choose: random.Random) -> str:
    """A name is another throughout the file."""
    old, new = choose.sample(("helper", "scaled", "spare", "masked", "halved", "act", "gate"), 2)
    return re.sub(rf"\b{old}\b", new, text)


def _as_it_was(text: str, choose: random.Random) -> str:
    """The first text of another file, or of this one."""
    return FILES[choose.choice(SOURCES)]


EDITS: tuple[Callable[[str, random.Random], str], ...] = (
    _called, _called, _based, _imported, _without_function, _with_function, _commented, _renamed,
    _as_it_was,
)  # fmt: skip


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("TRTLINT_CACHE_DIR", raising=False)
    monkeypatch.chdir(write(tmp_path, FILES))
    return tmp_path


@pytest.mark.parametrize("seed", range(8))
def test_edits_by_chance(seed: int, here: Path) -> None:
    choose = random.Random(seed)
    assert said(check()) == cold()
    several: list[dict[str, Any]] = [{}, {"targets": ("torch2trt-0.5",)}]
    for step in range(12):
        done = []
        for _ in range(choose.choice((1, 1, 2))):
            path, edit = Path(choose.choice(SOURCES)), choose.choice(EDITS)
            path.write_text(edit(path.read_text(), choose))
            done.append((path, edit.__name__))
        settings = choose.choice(several)
        assert said(check(**settings)) == cold(**settings), (step, done)


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """One entry for each time that all calls of the project were followed."""
    done: list[None] = []
    original = tracing.find_traced

    def find_traced(*arguments: object) -> object:
        done.append(None)
        return original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(tracing, "find_traced", find_traced)
    return done


# What is done to a file, and whether calls may lead elsewhere then.
STEADY: dict[str, tuple[str, str, str, bool]] = {
    "a comment": ("lib/blocks.py", "self.act(y)", "self.act(y)  # at last", False),
    "another name": ("lib/blocks.py", "y = x.clone()", "z = x + 1\n        y = z.clone()", False),
    "a tensor's method": ("lib/blocks.py", "x.clone()", "x.float().roll(1).clone()", False),
    "a torch function": ("lib/blocks.py", "x.clone()", "torch.roll(x, 1).clone()", False),
    "a function nobody calls": ("lib/tools.py", "def spare", "def lone(): ...\ndef spare", False),
    "it goes": ("models/first.py", "import spare", "import masked", True),
    "an import from outside": ("lib/tools.py", "import torch", "import math\nimport torch", False),
    "a helper": ("models/first.py", "x = block(x)", "x = block(spare(x))", True),
    "a helper by a variable": ("models/first.py", "x = block(x)", "f = spare; x = f(x)", True),
    "a method of self": ("models/second.py", "x.cumsum(1)", "self.scaled(x)", True),
    "what an attribute is": ("lib/blocks.py", "self.act = masked", "self.act = halved", True),
    "what is returned": ("lib/blocks.py", "return self.scaled(y)", "return y", True),
    "a global is hidden": ("lib/blocks.py", "return x.view", "halved = int; return x.view", True),
    "a method more": ("lib/blocks.py", "    def sc", "    def m(self): ...\n    def sc", True),
    "what a forward asks for": ("models/first.py", "(self, x)", "(self, x: spare)", True),
    "an annotation elsewhere": ("models/second.py", "per(self, x)", "per(self, x: int)", False),
    "made in training only": ("models/first.py", "Block() for", "y.training and Block() for", True),
    "a question": ("models/first.py", "x = block(x)", "x = isinstance(x, Block) or block(x)", True),
    "a base class": ("models/second.py", "Third(Second)", "Third(Gate)", True),
}  # fmt: skip


@pytest.mark.parametrize("name", STEADY)
def test_calls_are_followed_again_where_they_may_lead_elsewhere(
    name: str, here: Path, searches: list[None], looks: Looks
) -> None:
    file, old, new, moved = STEADY[name]
    check()
    searches.clear()
    text = Path(file).read_text()
    assert old in text
    Path(file).write_text(text.replace(old, new))
    expected = cold()
    looks.taken()
    assert said(check()) == expected
    assert file in looks.taken()
    assert len(searches) == moved


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    return Looks(monkeypatch)


def test_what_is_kept_after_many_edits(here: Path) -> None:
    """Facts that are kept beside the others are not lost when they become too many."""
    alike = FILES["lib/blocks.py"].replace(".tools", "lib.tools")
    write(here, {f"more/m{i}.py": alike for i in range(30)})
    expected = said(check())
    for i in range(30):
        path = here / f"more/m{i}.py"
        path.write_text(path.read_text() + "# edited\n")
        assert said(check()) == expected
    assert said(check()) == cold() == expected
