"""What names mean across files, and which code is traced."""

from __future__ import annotations

from pathlib import Path

import pytest
from abstract import HEADER, analysis_of, project_of

from trtlint.analysis.core import Analysis
from trtlint.analysis.evidence import tensor_parameters
from trtlint.analysis.project import Project, Symbol
from trtlint.analysis.traced import find_traced
from trtlint.analysis.values import Int, Items

NET = Path("/project/net.py")


def meaning(project: Project, name: str, path: str = "net") -> str:
    """``function f in lib/ops``, ``external torch.cat`` ..."""
    symbol = project.resolve(Path("/project", path).with_suffix(".py"), name)
    if symbol is None:
        return "nothing"
    where = f" in {symbol.path.relative_to('/project').with_suffix('')}" if symbol.path else ""
    return f"{symbol.kind} {symbol.qualname}{where}"


def traced_names(project: Project) -> list[str]:
    """Qualified names of everything that is traced."""
    return sorted(t.symbol.qualname for t in find_traced(project).values())


OPS = """
def act(x):
    return x.relu()

SIZE = 3

class Block:
    def run(self):
        pass
"""


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("from lib.ops import act", "act", "function act in lib/ops"),
        ("from lib.ops import act as run", "run", "function act in lib/ops"),
        ("from lib import ops", "ops.act", "function act in lib/ops"),
        ("import lib.ops", "lib.ops.act", "function act in lib/ops"),
        ("import lib.ops as o", "o.act", "function act in lib/ops"),
        ("from .lib.ops import act", "act", "function act in lib/ops"),
        ("from .lib import ops as o", "o.Block", "class Block in lib/ops"),
        ("from lib.ops import *", "act", "function act in lib/ops"),
        ("from lib import act", "act", "function act in lib/ops"),
        ("from lib import renamed", "renamed", "function act in lib/ops"),
        ("from lib.ops import Block", "Block.run", "function Block.run in lib/ops"),
        ("from lib.ops import SIZE", "SIZE", "constant SIZE in lib/ops"),
        ("from lib.ops import missing", "missing", "nothing"),
        ("import torch", "torch.cat", "external torch.cat"),
        ("import torch as th", "th.nn.Linear", "external torch.nn.Linear"),
        ("from torch import nn", "nn.functional.pad", "external torch.nn.functional.pad"),
        ("import torch.nn.functional as F", "F.pad", "external torch.nn.functional.pad"),
        ("from torch.nn import *", "Linear", "external torch.nn.Linear"),
        ("def act(x): pass", "act", "function act in net"),
        ("", "act", "nothing"),
    ],
)
def test_names(text: str, name: str, expected: str) -> None:
    project = project_of(
        net=text,
        lib____init="from .ops import act\nfrom .ops import act as renamed\n",
        lib__ops=OPS,
    )
    assert meaning(project, name) == expected


def test_package_without_init() -> None:
    project = project_of(net="from lib.ops import act\nimport lib.ops as o", lib__ops=OPS)
    assert meaning(project, "act") == "function act in lib/ops"
    assert meaning(project, "o.act") == "function act in lib/ops"


def test_relative_imports_climb() -> None:
    project = project_of(
        pkg____init="",
        pkg__ops=OPS,
        pkg__deep____init="",
        pkg__deep__net="from ..ops import act\nfrom .. import ops\nfrom . import near\n",
        pkg__deep__near="def f(): pass",
    )
    assert meaning(project, "act", "pkg/deep/net") == "function act in pkg/ops"
    assert meaning(project, "ops.act", "pkg/deep/net") == "function act in pkg/ops"
    assert meaning(project, "near.f", "pkg/deep/net") == "function f in pkg/deep/near"


def test_the_nearest_of_two_files_is_meant() -> None:
    project = project_of(
        a__net="from ops import act", a__ops=OPS, b__net="from ops import act", b__ops=OPS
    )
    assert meaning(project, "act", "a/net") == "function act in a/ops"
    assert meaning(project, "act", "b/net") == "function act in b/ops"


def test_import_cycles_end() -> None:
    project = project_of(net="from lib import f", lib="from net import f")
    assert meaning(project, "f") == "nothing"
    stars = project_of(net="from lib import *", lib="from net import *")
    assert meaning(stars, "f") == "nothing"


def test_a_file_that_does_not_parse_is_an_error_and_no_more() -> None:
    project = project_of(net="from lib import f", lib="def f(:\n")
    assert list(project.errors) == [Path("/project/lib.py")]
    assert meaning(project, "f") == "nothing"


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("nn.Module", True),
        ("torch.nn.Module", True),
        ("nn.Sequential", True),
        ("nn.Conv2d", True),
        ("Mine", True),
        ("Plain", False),
        ("Plain, nn.Module", True),
        ("nn.Parameter", False),
        ("torch.utils.data.Dataset", False),
        ("object", False),
    ],
)
def test_modules(base: str, expected: bool) -> None:
    project = project_of(
        net=f"{HEADER}class Mine(nn.Module): pass\nclass Plain: pass\nclass Model({base}): pass\n"
    )
    assert project.is_module(Symbol("class", "Model", NET)) is expected


def test_base_in_another_file() -> None:
    project = project_of(
        net="from base import Base\nclass Model(Base):\n    def forward(self, x): return x\n",
        base=f"{HEADER}class Base(nn.Module): pass\n",
    )
    assert traced_names(project) == ["Model.forward"]


def test_class_that_is_its_own_base() -> None:
    project = project_of(net="class A(B): pass\nclass B(A): pass\n")
    assert not project.is_module(Symbol("class", "A", NET))


TRACED = f"""{HEADER}
from ops import deep


def used(x):
    def inner(y):
        return from_inner(y)
    return inner(x)

def from_inner(x): return x
def not_used(x): return x
def in_training(x): return x
def in_eval(x): return x
def in_scripting(x): return x
def as_value(x): return x
def in_lambda(x): return x
def in_default(x): return x
def in_comprehension(x): return x
def in_with(x): return x
def from_property(x): return x
def from_init(x): return x


class Helper:
    def work(self, x):
        return x


class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = from_init(3)

    def shared(self, x):
        return deep(x)

    def overridden(self, x):
        return not_used(x)

    @property
    def scale(self):
        return from_property(1)


class Model(Base):
    def overridden(self, x):
        return used(x)

    def unused(self, x):
        return not_used(x)

    @staticmethod
    def static(x):
        return x

    def forward(self, x):
        x = self.overridden(self.shared(x)) * self.scale
        if self.training:
            x = in_training(x)
        else:
            x = in_eval(x)
        if torch.jit.is_scripting():
            x = in_scripting(x)
        x = sum(map(as_value, x))
        f = lambda y: in_lambda(y)
        parts = [in_comprehension(p) for p in x]
        with in_with(x):
            pass
        return f(Model.static(x)), parts
"""


def test_traced_code() -> None:
    project = project_of(net=TRACED, ops="def deep(x): return deeper(x)\ndef deeper(x): return x")
    found = traced_names(project)
    for name in (
        "Model.forward Model.overridden Base.shared deep deeper used from_inner in_eval as_value "
        "in_lambda in_comprehension in_with Model.static Base.scale from_property"
    ).split():
        assert name in found, f"{name} runs under forward"
    for name in "in_training in_scripting Model.unused from_init Helper.work".split():
        assert name not in found, f"{name} does not"


def test_users_of_a_function() -> None:
    text = "\n".join(
        f"class M{i}(nn.Module):\n    def forward(self, x):\n        return shared(x)\n"
        for i in range(2)
    )
    project = project_of(net=f"{HEADER}def shared(x): return x\n{text}")
    (entry,) = (t for t in find_traced(project).values() if t.symbol.qualname == "shared")
    assert [user.qualname for user in entry.users] == ["M0", "M1"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return a.shape", {"a"}),
        ("return a[:, 0]", {"a"}),
        ("return a[0], b[1:]", set()),
        ("return a + b", {"a"}),  # a model computes with its input
        ("return b * a", {"a"}),
        ("return '%s' % a", set()),
        ("return a + [b]", set()),
        ("return a.kthvalue(2), b.clamp_min(0)", {"a", "b"}),
        ("return torch.cat((a, b))", {"a", "b"}),
        ("return torch.relu(a)", {"a"}),
        ("return F.pad(a, b)", {"a"}),
        ("return len(a), a[0]", set()),
        ("return self.fc(a), self.other(b)", {"a", "b"}),
        ("return helper(b, a)", {"a"}),
        ("return torch.zeros(1).to(a.device)", {"a"}),
        ("return self.deep(a)", {"a"}),
        ("return torch.tensor(a)", set()),
        ("return a.items()", set()),
    ],
)
def test_evidence(body: str, expected: set[str]) -> None:
    analysis = analysis_of(f"""
    def helper(p, q):
        return q.view(-1) * p

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(3, 3)
        def other(self, x):
            return x.relu()
        def deep(self, x):
            return self.other(x)
        def forward(self, a, b):
            {body}
    """)
    code = analysis.code(Symbol("function", "Model.forward", NET))
    assert tensor_parameters(analysis, code) == expected


def test_a_recursive_function_ends() -> None:
    analysis = analysis_of("""
    def f(x, n):
        return g(x, n) if n else x

    def g(x, n):
        return f(x, n - 1)

    class Model(nn.Module):
        def forward(self, x):
            return f(x, 3)
    """)
    symbol = Symbol("function", "Model.forward", NET)
    assert analysis.evaluate(symbol).returns is not None


def test_two_calls_of_one_function_do_not_share_sizes() -> None:
    """What a function cannot name is another size at every call."""
    project = project_of(
        net=f"""{HEADER}
class Model(nn.Module):
    def cut(self, x, m):
        return x[m]
    def forward(self, x: torch.Tensor, m: torch.Tensor, n: torch.Tensor):
        return self.cut(x, m).shape[0], self.cut(x, n).shape[0]
"""
    )
    analysis = Analysis(project)
    returns = analysis.evaluate(Symbol("function", "Model.forward", NET)).returns
    assert isinstance(returns, Items)
    assert returns.items is not None
    first, second = returns.items
    assert not isinstance(first, Int) or first != second


@pytest.mark.parametrize("base", ["nn.Module", "Other", "make()", "[nn.Module][0]", "f"])
def test_a_base_that_is_a_variable(base: str) -> None:
    """It may be any class; nothing breaks where it is not known which one."""
    project = project_of(
        net=f"{HEADER}class Other(nn.Module): pass\ndef f(): pass\nBase = {base}\n"
        "class Model(Base): pass\nclass Loop(Loop): pass\nTwin = Twin\nclass Last(Twin): pass\n"
    )
    found = project.is_module(Symbol("class", "Model", NET))
    assert found is (base not in ("make()", "f"))
    assert not project.is_module(Symbol("class", "Last", NET))
