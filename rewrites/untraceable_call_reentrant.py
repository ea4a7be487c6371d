"""untraceable-call: the checkpoint that keeps no autograd function in the graph."""

from __future__ import annotations

from trtlint.api import Change, Decline, Rewrite, Safety, Swap, TracedCode, call
from trtlint.rules.untraceable_call import HigherOrder, UntraceableCall


class UntraceableCallToNonReentrant(Rewrite[HigherOrder]):
    """Write ``checkpoint(f, x, use_reentrant=False)``.

    Why safe: both forms call ``f(x)`` and return what it returns, and both compute it again for the
    gradients. Where no input asks for gradients the reentrant form loses those of the parameters,
    with a warning; this one does not.
    """

    rule = UntraceableCall
    title = "use the checkpoint that is not reentrant"
    safety = Safety.SAFE

    def rewrite(self, found: HigherOrder, code: TracedCode) -> Change | Decline:
        """For checkpoints."""
        if found.kind != "checkpoint":
            return Decline("a branch, a loop or a derivative in the graph has no plain form")
        arguments = []
        for arg in found.call.args:
            if arg.keyword is not None and arg.keyword.value == "use_reentrant":
                return Change((Swap(code.code, arg.value, "False"),))
            name = f"{arg.keyword.value}=" if arg.keyword is not None else arg.star
            arguments.append(f"{name}{code.source(arg.value)}")
        new = call(code.source(found.call.func), *arguments, "use_reentrant=False")
        return Change((Swap(code.code, found.call, str(new)),))
