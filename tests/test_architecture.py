"""The walls between the rooms: who imports whom, what stays lazy, how long a file may grow."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from checkout import ROOMS, ROOT

HEAVY = {
    "torch", "torchvision", "numpy", "onnx", "onnxruntime", "onnxscript", "onnx_ir",
    "tensorrt", "tensorrt_rtx", "torch2trt",
}  # fmt: skip

BASE = {"errors", "findings", "proofs", "targets", "verdicts"}
LEAVES = {"config", "discovery", "suppression", "selection", "baseline", "cache", "source"}
# Each writes one kind of expression.
FORMS = {"edge_forms", "element_reads", "subscript_forms", "unpooling", "whole_sizes"}
SHELLS = {"cli", "pytest_plugin", "lsp"}

# Room -> rooms it may import when it is imported. A room may always import from itself, except
# where `ALONE` says that its files do not know one another. A new file at the top of the package
# needs a line here: say where it stands.
MAY_IMPORT: dict[str, set[str]] = {
    "__init__": set(),
    "__main__": {"cli"},
    "errors": set(),
    "findings": {"errors"},
    "proofs": set(),
    "targets": {"errors"},
    "verdicts": {"findings", "targets"},
    "source": BASE,
    **{leaf: BASE | {"source"} for leaf in LEAVES - {"source"}},
    "analysis": BASE | {"source"},
    "codegen": set(),
    "conversion": BASE | {"analysis"},
    "changes": BASE | {"analysis"},
    "size_texts": BASE | {"analysis"},
    "blanks": BASE | {"analysis"},
    "written_values": BASE | {"analysis", "blanks", "codegen", "size_texts"},
    "rebuilding": BASE | {"analysis", "blanks", "codegen", "written_values"},
    "composing": BASE | {"analysis", "changes", "codegen"},
    **dict.fromkeys(FORMS, BASE | {"analysis", "changes", "codegen", "composing"}),
    "squeezing": BASE | {"analysis", "codegen"},
    "swapping": BASE | {"analysis", "changes"},
    "kept_tensors": BASE | {"analysis", "changes", "codegen", "composing", "element_reads"},
    "choosing": BASE
    | {"analysis", "changes", "codegen", "composing", "element_reads", "rebinding"},
    "masking": BASE | {"analysis", "changes", "codegen", "rebinding"},
    "mask_numbers": BASE | {"analysis", "changes", "codegen", "masking", "rebinding"},
    "pairs": BASE | {"analysis", "codegen", "composing"},
    "running": BASE | {"analysis", "composing"},
    "rebinding": BASE | {"analysis", "changes", "codegen"},
    "regions": BASE
    | {"analysis", "changes", "codegen", "rebuilding", "size_texts", "written_values"},
    "collecting": BASE
    | {
        "analysis",
        "changes",
        "codegen",
        "rebuilding",
        "regions",
        "size_texts",
        "written_values",
    },
    "class_edits": BASE | {"analysis", "changes"},
    "buffering": BASE | {"analysis", "changes", "class_edits", "codegen"},
    "rule_types": BASE | {"analysis", "conversion"},
    "api": BASE
    | FORMS
    | {
        "analysis",
        "buffering",
        "changes",
        "class_edits",
        "codegen",
        "collecting",
        "composing",
        "conversion",
        "kept_tensors",
        "squeezing",
        "swapping",
        "choosing",
        "mask_numbers",
        "masking",
        "pairs",
        "rebinding",
        "rebuilding",
        "regions",
        "rule_types",
        "running",
        "size_texts",
        "written_values",
    },
    "rules": {"api"},
    "rewrites": {"api", "rules"},
    "catalogue": BASE | {"api"},
    "fixing": BASE | {"api", "analysis", "catalogue", "changes", "source"},
    "candidates": BASE | {"api", "analysis", "catalogue", "fixing"},
    "inspection": BASE | {"analysis", "candidates", "fixing", "source", "suppression"},
    "fix_loop": BASE | {"analysis", "candidates", "fixing", "inspection", "source"},
    "pages": BASE | {"catalogue"},
    "workers": set(),
    "facts": BASE | {"analysis", "cache", "source"},
    "validity": BASE | {"analysis", "cache", "facts", "inspection", "source"},
    "tracing": BASE | {"analysis", "cache", "facts"},
    "indexing": BASE | {"analysis", "facts", "workers"},
    "incremental": BASE
    | {"analysis", "cache", "candidates", "facts", "indexing", "inspection", "tracing"}
    | {"validity", "workers"},
    "engine": BASE
    | {"cache", "candidates", "fix_loop", "incremental", "indexing", "source", "workers"},
    "report": BASE | {"source"},
    "work": BASE | {"cache", "engine", "indexing", "report", "source"},
    "writing": BASE | {"source"},
    "proving": BASE | {"source", "writing"},
    "session": BASE
    | LEAVES
    | {"analysis", "api", "catalogue", "engine", "proving", "report", "work", "writing"},
    "reporters": BASE | {"report", "source"},
    "runtime_check": BASE,
    **{shell: BASE | {"session", "report", "config", "reporters", "writing"} for shell in SHELLS},
}
# The same for imports inside functions, which run only when that part is asked for.
MAY_IMPORT_LATER: dict[str, set[str]] = {
    shell: {"runtime_check", "catalogue", "pages", "selection", "api"} for shell in SHELLS
}
# And under `if TYPE_CHECKING:`, which never run.
MAY_NAME_IN_TYPES: dict[str, set[str]] = {"reporters": {"runtime_check"}}
ALONE = {"rules", "rewrites"}

# Files of more than LIMIT lines that are one thing and read worse in two, with the reason.
LIMIT, RULE_LIMIT = 400, 150
LONG_FILES: dict[str, str] = {
    "tests/differential_cases.py": "a table of cases, each of its own and none with any logic",
}


@dataclass(frozen=True)
class Import:
    """One imported module, absolute, and where the statement stands."""

    module: str
    names: tuple[str, ...]
    line: int
    lazy: bool  # inside a function
    typing_only: bool  # under `if TYPE_CHECKING:`


def package_files() -> dict[str, Path]:
    """Dotted module name -> file, for everything that is installed."""
    found = {}
    for base in (ROOT / "trtlint", *(ROOT / room for room in ROOMS)):
        for folder, folders, names in os.walk(base, followlinks=False):
            folders[:] = [name for name in folders if name != "__pycache__"]
            for name in names:
                if not name.endswith(".py"):
                    continue
                path = Path(folder, name)
                parts = list(path.relative_to(ROOT).with_suffix("").parts)
                if parts[0] in ROOMS:
                    parts.insert(0, "trtlint")
                found[".".join(parts)] = path
    return found


def imports_of(module: str, tree: ast.Module) -> Iterator[Import]:
    """Every import in a module, relative ones resolved."""

    def is_type_checking(test: ast.expr) -> bool:
        return "TYPE_CHECKING" in (getattr(test, "id", ""), getattr(test, "attr", ""))

    def walk(node: ast.AST, lazy: bool, typing_only: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, (), node.lineno, lazy, typing_only)
        elif isinstance(node, ast.ImportFrom):
            name = node.module or ""
            if node.level:
                parents = module.split(".")[: -node.level]
                name = ".".join([*parents, name] if name else parents)
            names = tuple(alias.name for alias in node.names)
            yield Import(name, names, node.lineno, lazy, typing_only)
        elif isinstance(node, ast.If) and is_type_checking(node.test):
            for child in node.body:
                yield from walk(child, lazy, True)
            for child in node.orelse:
                yield from walk(child, lazy, typing_only)
        else:
            inside = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for child in ast.iter_child_nodes(node):
                yield from walk(child, inside, typing_only)

    yield from walk(tree, False, False)


FILES = package_files()
IMPORTS = {
    module: tuple(imports_of(module, ast.parse(path.read_bytes())))
    for module, path in FILES.items()
}


def room_of(module: str) -> str:
    """``trtlint.rules.slice_assign`` -> ``rules``; ``trtlint`` -> ``__init__``."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def own_modules(item: Import) -> Iterator[str]:
    """The trtlint modules an import names: ``from trtlint import api`` names ``trtlint.api``."""
    if item.module.split(".")[0] != "trtlint":
        return
    submodules = [f"{item.module}.{name}" for name in item.names]
    known = [name for name in submodules if name in FILES or f"{name}.__init__" in FILES]
    yield from known
    if len(known) < len(item.names) or not item.names:
        yield item.module


def complaints(module: str) -> Iterator[str]:
    """What a module imports against the table."""
    room = room_of(module)
    for item in IMPORTS[module]:
        where = f"{FILES[module].relative_to(ROOT)}:{item.line}"
        if item.module.split(".")[0] in HEAVY:
            if room != "runtime_check":
                yield f"{where}: imports {item.module}; only runtime_check may"
            elif not (item.lazy or item.typing_only):
                yield f"{where}: imports {item.module} at the top; do it inside a function"
        for other in own_modules(item):
            to = room_of(other)
            allowed = set(MAY_IMPORT.get(room, set()))
            if item.lazy or item.typing_only:
                allowed |= MAY_IMPORT_LATER.get(room, set())
            if item.typing_only:
                allowed |= MAY_NAME_IN_TYPES.get(room, set())
            if room in ALONE and to == room:
                yield f"{where}: {room} do not import one another ({other})"
            elif to not in (allowed | {room, "__init__"}):
                yield f"{where}: {room} may not import {other}"


def test_there_is_something_to_walk() -> None:
    assert {room_of(module) for module in FILES} >= set(ROOMS) | BASE
    assert sum(len(items) for items in IMPORTS.values()) > 20


def test_every_part_has_its_place_in_the_table() -> None:
    rooms = {room_of(module) for module in FILES}
    assert sorted(rooms - set(MAY_IMPORT)) == []


def test_imports_keep_to_the_table() -> None:
    assert [line for module in sorted(FILES) for line in complaints(module)] == []


def test_a_rewrite_imports_at_most_one_rule() -> None:
    for module in FILES:
        if room_of(module) == "rewrites":
            rules = {
                name
                for item in IMPORTS[module]
                for name in own_modules(item)
                if room_of(name) == "rules"
            }
            assert len(rules) <= 1, f"{module} imports {sorted(rules)}"


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("import torch", "only runtime_check may"),
        ("def f():\n    from torch import nn", "only runtime_check may"),
        ("from trtlint.rules import other", "do not import one another"),
        ("from . import other", "do not import one another"),
        ("from ..session import Session", "rules may not import trtlint.session"),
        ("from trtlint import session", "rules may not import trtlint.session"),
        ("from trtlint.analysis.values import Tensor", "rules may not import trtlint.analysis"),
        ("from trtlint import __version__\nfrom trtlint.api import Rule\nimport libcst", ""),
    ],
)
def test_the_walk_sees(source: str, complaint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = "trtlint.rules.sample"
    monkeypatch.setitem(FILES, module, ROOT / "rules" / "sample.py")
    for name in ("trtlint.session", "trtlint.rules.other"):
        monkeypatch.setitem(FILES, name, ROOT / "sample.py")
    monkeypatch.setitem(IMPORTS, module, tuple(imports_of(module, ast.parse(source))))
    found = "\n".join(complaints(module))
    assert complaint in found
    assert bool(found) == bool(complaint)


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("trtlint.cli", HEAVY),
        ("trtlint.pytest_plugin", HEAVY | {"libcst"}),
        ("trtlint.session", HEAVY),
        ("trtlint.runtime_check", HEAVY),
    ],
)
def test_importing_stays_light(module: str, absent: set[str]) -> None:
    code = f"import sys, {module}; print(*sorted({absent!r} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == []


def test_files_stay_short() -> None:
    too_long = []
    for path in (*FILES.values(), *sorted((ROOT / "tests").glob("*.py"))):
        name = path.relative_to(ROOT).as_posix()
        lines = len(path.read_text(encoding="utf-8").splitlines())
        limit = RULE_LIMIT if name.startswith("rules/") else LIMIT
        if lines >= limit and name not in LONG_FILES:
            too_long.append(f"{name}: {lines} lines, the limit is {limit}")
    assert too_long == []


def test_long_files_are_still_long() -> None:
    for name in LONG_FILES:
        assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) >= LIMIT, name


# Written in pieces, so that this file does not find itself.
FORBIDDEN = re.compile(
    "|".join(
        [
            r"\bpy" + r"pi\.(?:org|python\.org|nvidia\.com|ngc\.nvidia\.com)",
            r"python" + r"hosted\.org",
            r"(?:download|wheels?)\." + r"pytorch\.org",
            r"conda\." + r"anaconda\.org",
            r"(?<![\w.$}\-])/(?:work|root)" + r"/[\w.]",
            r"(?<![\w.$}\-])/(?:home|Users)" + r"/[\w.]",
            r"\b[A-Z]:\\Users" + r"\\\w",
        ]
    )
)


LEFTOVERS = {"__pycache__", "build", "dist", "node_modules"}


def repository_texts() -> Iterator[tuple[Path, str]]:
    """Every text file of the checkout but what tools left behind."""
    for folder, folders, names in os.walk(ROOT, followlinks=False):
        folders[:] = [
            name
            for name in folders
            if name in (".ci", ".github")
            or not (name.startswith(".") or name.endswith(".egg-info") or name in LEFTOVERS)
        ]
        for name in names:
            path = Path(folder, name)
            if path.is_symlink() or name == ".git":
                continue
            try:
                yield path, path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def test_no_text_names_a_machine_or_a_registry() -> None:
    found = []
    seen = 0
    for path, text in repository_texts():
        seen += 1
        for number, line in enumerate(text.splitlines(), 1):
            if match := FORBIDDEN.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {match.group()}")
    assert seen > 20
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "see https://py" + "pi.org/project/x",
        "cd /work" + "/main",
        "File '/home" + "/ada/net.py'",
        "/root" + "/.cache",
    ],
)
def test_forbidden_words_are_seen(text: str) -> None:
    assert FORBIDDEN.search(text)
    assert not FORBIDDEN.search('cp "$work/fixed" network/x; ls docs/work/y')
