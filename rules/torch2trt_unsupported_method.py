"""torch2trt-unsupported-method: an operation without a converter, on a tensor that has one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import Torch2trtRule, Verdict, cited, only_torch2trt


class Torch2trtUnsupportedMethod(Torch2trtRule):
    """Flag operations on input-dependent tensors that torch2trt has no converter for.

    ## What it does
    Follows every tensor through a traced function as torch2trt does: what follows the input carries
    a `_trt`, weights and literals do not need one. Reports the call at which a tensor that follows
    the input comes out without it: `torch.where`, `x.repeat(...)`, `x.T`, `x & y`, `nn.LSTM`.

    ## Why it matters
    torch2trt prints "Encountered known unsupported method", or nothing, and goes on. The result has
    no `_trt`: the next converter bakes the numbers of the sample run into the engine, and where it
    is the output, or a converter needs its `_trt`, the conversion fails.

    ## Use instead
    A spelling that has a converter: `x @ y` for `x.matmul(y)` and `torch.bmm`, `F.softmax` for
    `torch.softmax`, `torch.clamp` for `torch.clip`, `x.transpose(0, 1)` for `x.T`; `F.relu` and the
    like called as `F.relu(x)`, not imported by name. Else a converter of your own.

    ## Fix safety
    Other spellings of the same operation are safe: operators for methods, `transpose` for `mT`,
    `cat` for `repeat`, `max` along one dimension after the other for `amax`. Formulas for `rsqrt`,
    `glu`, `hardswish`, norms and variances round otherwise in float16, `sign` treats not-a-number
    otherwise, windows of `unfold` are no view any more, `where` and `masked_fill` as bounds let
    not-a-number through, and leaving `detach` out changes training: they are unsafe.

    ## Known limits
    What happens to a tensor in code that the analysis cannot see, such as a function of another
    package, is not reported. Converters that a project registers itself are not known.
    """

    name = "torch2trt-unsupported-method"
    family = "operator"
    message = "`{operator}` has no converter: its result is no part of the engine"
    hint = "use an operation that torch2trt converts, or register a converter"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "default": only_torch2trt(
            cited("rejected", "4e820ae: no _trt on the result; the conversion fails or bakes it")
        )
    }
    only_if_minded: ClassVar[frozenset[str]] = frozenset({"default"})
