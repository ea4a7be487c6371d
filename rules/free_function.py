"""free-function: tensor code outside any nn.Module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from trtlint.api import Match, Rule, Symbol, Tensor, TracedCode, Verdict, cited, executed


@dataclass(frozen=True, eq=False)
class FreeFunctionUse(Match):
    """A module-level function that forward code of ``users`` runs."""

    function: Symbol
    users: tuple[Symbol, ...]

    def facts(self) -> Mapping[str, str]:
        """The function's name and the classes that use it."""
        shown = ", ".join(f"`{user.qualname}`" for user in self.users[:3])
        more = " and more" if len(self.users) > 3 else ""
        return {"function": self.function.qualname, "users": shown + more}


class FreeFunction(Rule[FreeFunctionUse]):
    """Flag module-level functions over tensors that run under a ``forward``.

    ## What it does
    Finds functions outside any class that take a tensor and that the ``forward`` of some
    ``nn.Module`` reaches, also through other functions and other files.

    ## Why it matters
    Converters that work module by module, such as early torch2trt, do not see into a free
    function: it is where an otherwise convertible network stops. Exporters that trace (torch.onnx,
    torch2trt 0.5) run through it without trouble; there it only keeps the code from carrying
    buffers, names and scopes of its own.

    ## Use instead
    A method of the module that uses it. A static method keeps the signature, and an alias at module
    level keeps other callers working.

    ## Fix safety
    Safe: the function's body does not change, and its old name still leads to it. Offered where the
    traced code of one class alone uses the function. Where several do, it is declined: a method in
    each would be copies to keep in step, and a shared base class is the author's decision.

    ## Known limits
    Code that replaces the module-level name at run time, as mocks do, no longer reaches the class.
    """

    name = "free-function"
    family = "io"
    message = "`{function}` runs under the forward of {users} but is no method of a module"
    hint = "make it a method of the module that uses it"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "default": {
            "tensorrt-rtx-1.7": executed("fine", "the exporter traces through it"),
            "tensorrt": cited("fine", "torch.onnx traces through it"),
            "torch-tensorrt": cited("fine", "torch.export traces through it"),
            "torch2trt-0.5": cited("fine", "4e820ae: torch functions are hooked wherever they run"),
            "torch2trt-0.1": cited(
                "rejected", "Jin Jay, Torch2TRT (2020-10): functions outside nn.Module fail"
            ),
        }
    }

    def check(self, code: TracedCode) -> Iterator[FreeFunctionUse]:
        """The function itself, if it is free and takes a tensor."""
        if code.owner is not None or code.code.facts.owner is not None:
            return
        first = code.code.node.body.body[0] if code.code.node.body.body else None
        inputs = code.before(first).values() if first is not None else ()
        if any(isinstance(value, Tensor) for value in inputs):
            yield FreeFunctionUse(code.code.node.name, code.traced.symbol, tuple(code.traced.users))
