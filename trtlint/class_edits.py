"""Changes to a class as a whole: additions to ``__init__``, functions that move in."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import libcst as cst

from trtlint.analysis.project import Project, Symbol
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.trees import variables
from trtlint.changes import Change, Insert, Lines, Swap


@dataclass(frozen=True)
class Addition:
    """A statement that ``__init__`` gains, and the attribute it binds."""

    name: str
    inserts: tuple[Insert, ...] = ()
    lines: tuple[Lines, ...] = ()


def add_to_init(code: TracedCode, wish: str, statement: Callable[[str], str]) -> Addition | str:
    """Add a statement at the end of the ``__init__`` of the class that ``code`` is a method of.

    Args:
        code: a method.
        wish: the attribute's name if it is free.
        statement: the statement for the name it got.

    Returns:
        The addition, or why it cannot be made.
    """
    owner, project = code.owner, code.project
    facts = code.code.facts
    if owner is None or owner.path is None or not facts.is_method or not facts.parameters:
        return "it is not created in a method that has a `self`"
    if facts.parameters[0].name != "self" or "self" in facts.bound:
        return "its method has no plain `self`"
    if not project.is_module(owner):
        return "it is not created in a method of a module"
    for relative in project.relatives(owner):
        symbol = Symbol("function", f"{relative.qualname}.__init__", relative.path)
        own = "__init__" in project.class_facts(relative).methods
        if relative != owner and own and owner in project.ancestors(relative):
            below = code.analysis.code(symbol).node
            if _super_call(below, project.class_facts(relative).name) is None:
                return f"`{relative.qualname}` does not plainly run the __init__ of its base"
        if relative.path is not None:
            functions = project.files[relative.path].functions
            for method in project.class_facts(relative).methods:
                if {"buffers", "named_buffers"} & functions[f"{relative.qualname}.{method}"].names:
                    return f"`{relative.qualname}` walks over its buffers"
        special = _SPECIAL & set(project.class_facts(relative).methods)
        if special:
            return f"`{relative.qualname}` has a `{min(special)}` of its own"
        if project.class_facts(relative).decorators:
            return f"`{relative.qualname}` is decorated"
    for base in project.ancestors(owner)[1:]:
        if base.path is not None and "__init__" in project.class_facts(base).methods:
            init_symbol = Symbol("function", f"{base.qualname}.__init__", base.path)
            if {"self", "self.forward", f"self.{facts.name}"} & (
                project.function(init_symbol).references
            ):
                return f"the __init__ of `{base.qualname}` may run it before the buffer is there"
    name = _free_attribute(project, owner, wish)
    class_facts = project.class_facts(owner)
    if "__init__" in class_facts.methods:
        init = code.analysis.full_code(Symbol("function", f"{owner.qualname}.__init__", owner.path))
        if [p.name for p in init.facts.parameters[:1]] != ["self"]:
            return "its __init__ has no plain `self`"
        start = _super_call(init.node, class_facts.name)
        if start is None:
            return "its __init__ has no plain call of super().__init__()"
        hidden = {n.value for n in variables(cst.parse_statement(statement(name)))} - {"self"}
        if hidden & (init.facts.bound | {p.name for p in init.facts.parameters}):
            return "a local name in __init__ hides what the constant is made of"
        if "self" in init.facts.bound:
            return "its __init__ rebinds `self`"
        return Addition(name, inserts=(Insert(init, start, statement(name)),))
    if class_facts.bases not in (("nn.Module",), ("torch.nn.Module",), ("Module",)):
        return "its class inherits __init__ from a class other than nn.Module"
    first = min(
        project.files[owner.path].functions[f"{owner.qualname}.{m}"].first_line
        for m in class_facts.methods
    )
    pad = _indentation(project, owner.path, first)
    unit = pad[len(_indentation(project, owner.path, class_facts.first_line)) :]
    derived = any(r != owner and owner in project.ancestors(r) for r in project.relatives(owner))
    # A subclass may pass arguments on to a base that stands behind this one.
    passed = "*args, **kwargs" if derived else ""
    head = ", ".join(filter(None, ("self", passed)))
    text = (
        f"{pad}def __init__({head}):\n{pad}{unit}super().__init__({passed})\n"
        f"{pad}{unit}{statement(name)}\n\n"
    )
    return Addition(name, lines=(Lines(owner.path, first, first - 1, text),))


def _is_name(node: cst.BaseExpression, name: str) -> bool:
    return isinstance(node, cst.Name) and node.value == name


def _super_call(init: cst.FunctionDef, owner: str) -> cst.CSTNode | None:
    """The statement ``super().__init__(...)`` of an ``__init__``, if it is one of its own lines."""
    start: cst.CSTNode | None = None
    for line in init.body.body:
        match line:
            case cst.SimpleStatementLine(
                body=[
                    cst.Expr(
                        value=cst.Call(
                            func=cst.Attribute(
                                value=cst.Call(func=cst.Name(value="super"), args=args),
                                attr=cst.Name(value="__init__"),
                            )
                        )
                    )
                ]
            ) if not args or _is_name(args[0].value, owner):
                start = line
            case cst.SimpleStatementLine(
                body=[cst.Expr(value=cst.Call(func=cst.Attribute(attr=cst.Name(value=called))))]
            ) if start is not None and called == "register_buffer":
                start = line  # behind the buffers that are there already
            case _ if start is not None:
                break
    return start


def _free_attribute(project: Project, owner: Symbol, wish: str) -> str:
    """``wish``, or with a number behind it if the class or a relative may use that name."""
    wish = unicodedata.normalize("NFKC", wish)  # as Python spells attributes
    name, number = wish, 2
    while _is_attribute(project, owner, name):
        name, number = f"{wish}_{number}", number + 1
    return name


def _is_attribute(project: Project, owner: Symbol, name: str) -> bool:
    """Whether some class of the family has an attribute of that name, or may have."""
    if name in _MODULE_ATTRIBUTES:
        return True
    word = re.compile(rf"""(?:\bself\.|\bcls\.|["']){re.escape(name)}\b""")
    for relative in project.relatives(owner):
        assert relative.path is not None
        facts = project.class_facts(relative)
        if name in facts.attributes or name in facts.methods:
            return True
        text = "".join(project.lines(relative.path)[facts.first_line - 1 : facts.last_line])
        if word.search(text):
            return True
    return False


# Methods through which a class may treat its buffers in its own way.
_SPECIAL = frozenset(
    """register_buffer __getattr__ __getattribute__ __setattr__ __getstate__ __setstate__ buffers
    named_buffers __new__""".split()
)
# What every nn.Module has in torch 2.13, without names in double underscores.
_MODULE_ATTRIBUTES = frozenset(
    """T_destination _apply _backward_hooks _backward_pre_hooks _buffers _call_impl
    _compiled_call_impl _forward_hooks _forward_hooks_always_called _forward_hooks_with_kwargs
    _forward_pre_hooks _forward_pre_hooks_with_kwargs _get_backward_hooks
    _get_backward_pre_hooks _get_name _is_full_backward_hook _load_from_state_dict
    _load_state_dict_post_hooks _load_state_dict_pre_hooks _maybe_warn_non_full_backward_hook
    _modules _named_members _non_persistent_buffers_set _parameters
    _register_load_state_dict_pre_hook _register_state_dict_hook _replicate_for_data_parallel
    _save_to_state_dict _slow_forward _state_dict_hooks _state_dict_pre_hooks _version
    _wrapped_call_impl add_module apply bfloat16 buffers call_super_init children compile cpu
    cuda double dump_patches eval extra_repr float forward get_buffer get_extra_state
    get_parameter get_submodule half ipu load_state_dict modules mtia named_buffers
    named_children named_modules named_parameters parameters register_backward_hook
    register_buffer register_forward_hook register_forward_pre_hook register_full_backward_hook
    register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter
    register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state
    set_submodule share_memory state_dict to to_empty train training type xpu zero_grad""".split()
)


def _indentation(project: Project, path: Path, line: int) -> str:
    """The white space that a line starts with."""
    text = project.lines(path)[line - 1]
    return text[: len(text) - len(text.lstrip())]


def move_into_class(code: TracedCode, user: Symbol) -> Change | str:
    """Make a free function a static method of ``user``, with an alias at module level.

    Returns:
        The change, or why it cannot be made.
    """
    facts, project, path = code.code.facts, code.project, code.code.path
    name = facts.name
    reason = _movable(code, user)
    if reason is not None:
        return reason
    index, target = project.files[path], project.class_facts(user)
    calls: list[Swap] = []
    for method in target.methods:
        symbol = Symbol("function", f"{user.qualname}.{method}", path)
        inner = code.analysis.full_code(symbol)
        for node in _references(inner.node, name):
            first = inner.facts.parameters[0].name if inner.facts.parameters else ""
            holder = first if inner.facts.is_method and first in ("self", "cls") else target.name
            calls.append(Swap(inner, node, f"{holder}.{name}"))
    lines = project.lines(path)
    above = facts.first_line
    while above > 1 and lines[above - 2].startswith("#"):
        above -= 1
    first_method = index.functions[f"{user.qualname}.{target.methods[0]}"]
    pad = _indentation(project, path, first_method.first_line)
    comment = "".join(lines[above - 1 : facts.first_line - 1])
    source = "".join(lines[facts.first_line - 1 : facts.last_line]).rstrip("\n") + "\n"
    moved = textwrap.indent(f"\n{comment}@staticmethod\n{source}", pad, _is_code)
    alias = f"\n\n{name} = {target.name}.{name}  # for callers outside the class\n"
    last = facts.last_line
    while last < len(lines) and not lines[last].strip():
        last += 1
    end = target.last_line
    return Change(
        tuple(calls),
        lines=(Lines(path, above, last, ""), Lines(path, end + 1, end, moved + alias)),
    )


def _movable(code: TracedCode, user: Symbol) -> str | None:
    facts, project, path = code.code.facts, code.project, code.code.path
    if user.path != path:
        return f"`{user.qualname}` stands in another file"
    if facts.column or "." in user.qualname:
        return "the function or the class is nested"
    if facts.parameters and facts.parameters[0].name in ("self", "cls"):
        return f"its first parameter is called `{facts.parameters[0].name}`"
    if facts.decorators:
        return f"it is decorated with `{facts.decorators[0]}`"
    target, index = project.class_facts(user), project.files[path]
    if not target.methods:
        return f"`{user.qualname}` has no method of its own"
    if facts.name in facts.names:
        return "it calls itself"
    if any(n.startswith("__") and not n.endswith("__") for n in (*facts.names, facts.name)):
        return "a name in it would be mangled inside a class"
    texts = [
        node
        for node in code.code.nodes()
        if isinstance(node, cst.SimpleString | cst.FormattedString)
        and not isinstance(code.parent(node), cst.Expr)
    ]
    if any("\n" in code.source(text) for text in texts):
        return "it holds a string over several lines, which indenting would change"
    if _is_attribute(project, user, facts.name):
        return f"`{user.qualname}` or a relative already uses the name `{facts.name}`"
    for other in index.functions.values():
        uses = facts.name in other.references and other.qualname != facts.qualname
        if uses and other.owner != user.qualname and _is_traced(code, other.qualname):
            return f"`{other.qualname}`, which is traced too, calls it from outside the class"
    if index.bindings.get(facts.name, 0) != 1:
        return f"`{facts.name}` is bound again at module level"
    text = project.texts[path]
    if f'"{facts.name}"' in text or f"'{facts.name}'" in text:
        return "a string names it, as torch.fx.wrap and __all__ do"
    if {"__class__", "super"} & facts.names:
        return "it uses `super` or `__class__`, which mean something else in a class"
    if any(p.default == "expression" for p in facts.parameters):
        return "a default value is an expression, which would be evaluated later"
    annotations = " ".join(p.annotation for p in facts.parameters)
    if any(
        re.search(rf"\b{name}\b", annotations) for name in (*target.methods, *target.attributes)
    ):
        return f"an annotation names something that `{user.qualname}` defines too"
    for method in target.methods:
        inner = index.functions[f"{user.qualname}.{method}"]
        first = inner.parameters[0].name if inner.parameters else ""
        if any(p.name == facts.name for p in inner.parameters) or facts.name in inner.bound:
            return f"`{inner.qualname}` has a local variable called `{facts.name}`"
        if first in inner.bound and facts.name in inner.names:
            return f"`{inner.qualname}` rebinds `{first}`"
    early = [line for line in index.uses.get(facts.name, ()) if line <= target.last_line]
    if early:
        return f"line {early[0]} uses it before the class is complete"
    return None


def _is_traced(code: TracedCode, qualname: str) -> bool:
    return f"{code.code.path}::{qualname}" in code.analysis.traced


def _is_code(line: str) -> bool:
    return bool(line.strip())


def _references(function: cst.FunctionDef, name: str) -> list[cst.Name]:
    """Uses of a global name in a function's body."""
    return [node for node in variables(function.body) if node.value == name]
