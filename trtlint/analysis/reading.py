"""One function's text, read once: the names in it, what runs in inference, what flows where.

Chains are dotted names in which ``()`` stands for a call: ``self.cache.().update``. Subscripts are
left out, for what is said of a container is said of what it holds: ``self.layers[0].mix`` is
``self.layers.mix``.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from trtlint.analysis.conditions import Scope, depends_on_exporter, outcome
from trtlint.analysis.givens import Givens
from trtlint.analysis.names import arguments, chain, with_defaults

RETURNED = "return"  # under this name stands what a function returns
ITSELF = "@"  # stands for the function that is read: functions inside it are part of it
AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef
_TAKES = frozenset("append appendleft extend insert add add_module register_module".split())


class Reading:
    """What one function's text says.

    Args:
        node: the function, or statements outside functions.
        scope: what is known of conditions in it.
        givens: what its class and file tell of conditions.

    Attributes:
        names: every identifier.
        bound: names that it assigns.
        attributes: attributes of ``self`` that it assigns.
        live_bound: names that code that runs in inference assigns.
        references: chains that code that runs in inference mentions.
        dormant: what code that never runs in inference calls, the last parts of the names.
        asked: the classes in questions of ``isinstance``, likewise.
        flows: what is mentioned in what a name is given: ``x``, ``self.x``, or ``return``.
        imports: import statements in it.
        asks_exporter: whether what runs depends on the exporter.
        settled: conditions in it whose outcome the file tells, as text.
    """

    def __init__(
        self,
        node: AnyFunction | Sequence[ast.stmt],
        scope: Scope,
        givens: Givens | None = None,
    ) -> None:
        self.settled: dict[str, bool] = {}
        self.scope = replace(scope, settled=self.settled)
        self._givens = givens
        self._given: set[str] = set()  # its parameters
        self.names, self.bound, self.live_bound = set[str](), set[str](), set[str]()
        self.attributes: set[str] = set()
        self.references, self.dormant, self.asked = set[str](), set[str](), set[str]()
        self.flows: dict[str, set[str]] = {}
        self.imports: list[ast.Import | ast.ImportFrom] = []
        self.asks_exporter = False
        self._live = True
        self._depth = 0  # of functions inside the function
        self._in_lambda = 0
        self._mentions: list[set[str]] = []  # of the expressions that are being read
        self._self = ""
        if isinstance(node, Sequence):
            self._block(node)
        else:
            self._self = next((a.arg for a in (*node.args.posonlyargs, *node.args.args)), "")
            self._signature(node)
            self._block(node.body)

    def _signature(self, node: AnyFunction) -> None:
        """Defaults and annotations say what a parameter may be."""
        args = node.args
        self._given.update(arg.arg for arg in arguments(args))
        self.names |= self._given
        for arg, default in with_defaults(args):
            if default is not None:
                self._flow(arg.arg, self._aside(default))
        for arg in arguments(args):
            if arg.annotation is not None:
                found = self._aside(arg.annotation)
                self._flow(arg.arg, {f"{name}.()" for name in found})
        if node.returns is not None:
            self._flow(RETURNED, {f"{name}.()" for name in self._aside(node.returns)})
        for decorator in node.decorator_list:
            self._aside(decorator)

    def _aside(self, node: ast.expr) -> set[str]:
        """Read what does not run when the function does."""
        before = set(self.references)
        found = self._captured(node)
        self.references = before
        return found

    # -- statements -------------------------------------------------------------------------

    def _block(self, body: Sequence[ast.stmt]) -> bool:
        """Read statements; False if control does not leave them at the end."""
        outside, reached = self._live, True
        for statement in body:
            if not self._statement(statement):
                reached = self._live = False
        self._live = outside
        return reached

    def _part(self, body: Sequence[ast.stmt], live: bool) -> bool:
        outside = self._live
        self._live = outside and live
        reached = self._block(body)
        self._live = outside
        return reached

    def _statement(self, node: ast.stmt) -> bool:
        match node:
            case ast.Expr(value=value):
                self._expression(value)
            case ast.Assign(targets=targets, value=value):
                self._assign(targets, self._captured(value))
            case ast.AnnAssign(target=target, annotation=annotation, value=value):
                found = {f"{name}.()" for name in self._aside(annotation)}
                if value is not None:
                    found |= self._captured(value)
                self._assign([target], found)
            case ast.AugAssign(target=target, value=value):
                self._assign([target], self._captured(value))
            case ast.If():
                return self._if(node)
            case ast.For(target=target, iter=over) | ast.AsyncFor(target=target, iter=over):
                self._assign([target], self._captured(over))
                self._block(node.body)
                self._block(node.orelse)
            case ast.While(test=test):
                self._expression(test)
                self._part(node.body, outcome(test, self.scope) is not False)
                self._block(node.orelse)
            case ast.With(items=items) | ast.AsyncWith(items=items):
                for item in items:
                    found = self._captured(item.context_expr)
                    if item.optional_vars is not None:
                        self._assign([item.optional_vars], found)
                return self._block(node.body)
            case ast.Try() | ast.TryStar():
                return self._try(node)
            case ast.Return(value=value):
                found = self._captured(value) if value is not None else set()
                if not self._depth:
                    self._flow(RETURNED, found)
                return False
            case ast.Raise():
                self._part([ast.Expr(e) for e in (node.exc, node.cause) if e is not None], False)
                return False
            case ast.Break() | ast.Continue():
                return False
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._inner(node)
            case ast.Import() | ast.ImportFrom():
                self.imports.append(node)
            case _:  # match, class, assert, del: their parts one by one
                self._children(node)
        return True

    def _if(self, node: ast.If) -> bool:
        """An ``if`` with all its ``elif``."""
        reached, live = False, True
        current: ast.If | None = node
        while current is not None:
            if self._givens is not None:
                self.settled.update(self._givens.settled(current, self.bound | self._given))
            settled = self._outcome(current.test) if live else None
            self._part([ast.Expr(current.test)], live)
            ends = not self._part(current.body, live and settled is not False)
            reached |= live and settled is not False and not ends
            live = live and settled is not True
            following = current.orelse
            if len(following) == 1 and isinstance(following[0], ast.If):
                current = following[0]
                continue
            current = None
            reached |= self._part(following, live) and live
        return reached

    def _outcome(self, test: ast.expr) -> bool | None:
        settled = outcome(test, self.scope)
        if settled is None and self._live and depends_on_exporter(test, self.scope):
            self.asks_exporter = True
        return settled

    def _try(self, node: ast.Try | ast.TryStar) -> bool:
        reached = self._block(node.body)
        for handler in node.handlers:
            if handler.type is not None:
                self._expression(handler.type)
            reached |= self._block(handler.body)
        reached = self._part(node.orelse, reached) and reached
        return self._block(node.finalbody) and reached

    def _inner(self, node: AnyFunction) -> None:
        """A function inside the function: taken as part of it, wherever it is called."""
        self._bind(node.name)
        self._flow(node.name, {ITSELF})
        for decorator in node.decorator_list:
            self._expression(decorator)
        self._depth += 1
        self._parameters(node.args)
        self._block(node.body)
        self._depth -= 1

    def _parameters(self, args: ast.arguments) -> None:
        for arg in arguments(args):
            self.names.add(arg.arg)
            self.bound.add(arg.arg)
            if arg.annotation is not None:
                self._aside(arg.annotation)
        for default in (*args.defaults, *args.kw_defaults):
            if default is not None:
                self._expression(default)

    def _assign(self, targets: Sequence[ast.expr], found: set[str]) -> None:
        for target in targets:
            match target:
                case ast.Name(id=name):
                    self.names.add(name)
                    self._bind(name)
                    self._flow(name, found)
                case ast.Tuple(elts=parts) | ast.List(elts=parts):
                    self._assign(parts, found)
                case ast.Starred(value=value):
                    self._assign([value], found)
                case _:
                    self._expression(target)
                    self._flow(self._place(target), found)

    def _place(self, node: ast.expr) -> str:
        """The name of what is assigned to or added to: ``x`` or ``self.x``."""
        name = chain(node)
        head, _, tail = name.partition(".")
        if head == self._self and tail:
            return f"self.{tail}"
        return name

    def _bind(self, name: str) -> None:
        self.bound.add(name)
        if self._live:
            self.live_bound.add(name)

    def _flow(self, name: str, found: set[str]) -> None:
        if found and name and self._live:
            self.flows.setdefault(name, set()).update(found)

    # -- expressions ------------------------------------------------------------------------

    def _captured(self, node: ast.expr) -> set[str]:
        """Read an expression; what it mentions."""
        self._mentions.append(set())
        self._expression(node)
        found = self._mentions.pop()
        if self._mentions:
            self._mentions[-1] |= found
        return found

    def _mention(self, name: str, *, called: bool = False) -> None:
        if not self._live or not name:
            if called:
                self.dormant.add(name.rpartition(".")[2])
            return
        self.references.add(name)
        if called and ("." not in name or name.rpartition(".")[2][:1].isupper()):
            self.references.add(f"{name}.()")
        if self._mentions:
            self._mentions[-1].add(f"{name}.()" if called and not self._in_lambda else name)

    def _expression(self, node: ast.expr) -> None:
        match node:
            case ast.Name(id=name, ctx=context):
                self.names.add(name)
                if isinstance(context, ast.Load):
                    self._mention(name)
                else:
                    self._bind(name)
            case ast.Attribute(ctx=context):
                if not isinstance(context, ast.Load):
                    if isinstance(node.value, ast.Name) and node.value.id == "self":
                        self.attributes.add(node.attr)
                else:
                    self._mention(chain(node))
                self._root(node)
            case ast.Call():
                self._call(node)
            case ast.BinOp():  # sums may be long
                current: ast.expr = node
                while isinstance(current, ast.BinOp):
                    self._expression(current.right)
                    current = current.left
                self._expression(current)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                settled = self._outcome(test)
                self._expression(test)
                self._guarded(body, settled is not False)
                self._guarded(orelse, settled is not True)
            case ast.BoolOp(op=operator, values=values):
                live, ending = True, isinstance(operator, ast.Or)
                for value in values:
                    self._guarded(value, live)
                    live = live and self._outcome(value) is not ending
            case ast.Lambda(args=args, body=body):
                self._parameters(args)
                self._in_lambda += 1
                self._expression(body)
                self._in_lambda -= 1
            case ast.NamedExpr(target=target, value=value):
                self._assign([target], self._captured(value))
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                for part in node.generators:
                    self._assign([part.target], self._captured(part.iter))
                    for test in part.ifs:
                        self._expression(test)
                for result in (
                    (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
                ):
                    self._expression(result)
            case ast.Constant():
                pass
            case _:
                self._children(node)

    def _guarded(self, node: ast.expr, live: bool) -> None:
        outside = self._live
        self._live = outside and live
        self._expression(node)
        self._live = outside

    def _children(self, node: ast.AST) -> None:
        """The parts of anything else, in source order."""
        for child in ast.iter_child_nodes(node):
            match child:
                case ast.expr():
                    self._expression(child)
                case ast.stmt():
                    self._statement(child)
                case ast.match_case(body=body):
                    self._children(child.pattern)
                    if child.guard is not None:
                        self._expression(child.guard)
                    self._block(body)
                case ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name):
                    self.names.add(name)
                    self._children(child)
                case ast.expr_context() | ast.operator() | ast.unaryop() | ast.cmpop():
                    pass
                case _:
                    self._children(child)

    def _root(self, node: ast.expr) -> None:
        """What a chain of attributes starts with, and the names on the way."""
        while isinstance(node, ast.Attribute):
            self.names.add(node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            self.names.add(node.id)
        else:
            self._expression(node)

    def _call(self, node: ast.Call) -> None:
        function = node.func
        match node:
            case ast.Call(func=ast.Name(id="getattr"), args=[_, _, *_]):
                self._mention(chain(node))
        if isinstance(function, ast.Name | ast.Attribute):
            self._root(function)
        else:
            self._expression(function)
        self._mention(chain(function), called=True)
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        taken: set[str] = set()
        asks = isinstance(function, ast.Name) and function.id == "isinstance"
        for place, argument in enumerate(given):
            if asks and place == 1:
                self.asked.update(part.rpartition(".")[2] for part in self._aside(argument))
            else:
                taken |= self._captured(argument)
        match function:
            case ast.Attribute(value=ast.Name(id=owner), attr="add_module" | "register_module"):
                self._named(owner, node.args[:1], taken)
            case ast.Attribute(value=owner, attr=name) if name in _TAKES:
                self._flow(self._place(owner), taken)
            case ast.Name(id="setattr") if node.args:
                self._named(chain(node.args[0]), node.args[1:2], taken)

    def _named(self, owner: str, name: Sequence[ast.expr], found: set[str]) -> None:
        """An attribute that is set under a name that is a value; ``*`` if it is not known."""
        match name:
            case [ast.Constant(value=str() as text)]:
                pass
            case _:
                text = "*"
        self._flow(f"self.{text}" if owner == self._self else owner, found)
