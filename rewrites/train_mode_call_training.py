"""train-mode-call: dropout as the module's mode says."""

from __future__ import annotations

import libcst as cst

from trtlint.api import Change, Decline, OperatorMatch, Rewrite, Safety, Swap, TracedCode
from trtlint.rules.train_mode_call import TrainModeCall

_MODE = "self.training"


class TrainModeCallToMode(Rewrite[OperatorMatch]):
    """Pass ``training=self.training`` to ``F.dropout``.

    Why unsafe: in eval mode nothing is dropped any more. That is what dropout is for, but not what
    the code says; Monte Carlo dropout means what it says.
    """

    rule = TrainModeCall
    title = "pass training=self.training"
    safety = Safety.UNSAFE

    def rewrite(self, found: OperatorMatch, code: TracedCode) -> Change | Decline:
        """For calls of the functions in a method of a module."""
        call, use, facts = found.use.node, found.use, code.code.facts
        if found.kind not in ("dropout", "noise"):
            return Decline("layers that normalise by hand give the statistics of a batch")
        if use.form != "function" or not isinstance(call, cst.Call):
            return Decline("make the layer in __init__ by hand")
        first = facts.parameters[0].name if facts.is_method and facts.parameters else ""
        if first != "self" or "self" in facts.bound or not _is_module(code):
            return Decline("it does not stand in a method of a module, which has a mode")
        keyword = "train" if use.qualified == "torch.dropout" else "training"
        given = [arg for arg in call.args if arg.keyword is not None]
        for arg in given:
            if arg.keyword is not None and arg.keyword.value == keyword:
                return Change((Swap(code.code, arg.value, _MODE),))
        plain = [arg for arg in call.args if arg.keyword is None]
        if len(plain) > 2:
            return Change((Swap(code.code, plain[2].value, _MODE),))
        args = [_argument(code, arg) for arg in call.args]
        text = f"{code.source(call.func)}({', '.join([*args, f'{keyword}={_MODE}'])})"
        return Change((Swap(code.code, call, text),))


def _is_module(code: TracedCode) -> bool:
    return code.owner is not None and code.project.is_module(code.owner)


def _argument(code: TracedCode, arg: cst.Arg) -> str:
    name = f"{arg.keyword.value}=" if arg.keyword is not None else ""
    return name + code.source(arg.value)
