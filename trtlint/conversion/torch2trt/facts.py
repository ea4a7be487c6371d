"""The functions that torch2trt 0.5 replaces, by what its converters read.

Every name is one that a ``@tensorrt_converter`` of ``converters/native_converters.py`` at 4e820ae
stands above. ``torch.F`` is short for ``torch.nn.functional``.
"""

from __future__ import annotations

from collections.abc import Mapping


def _both(names: str) -> dict[str, str]:
    """``torch.f`` and ``Tensor.f``, each also with an underscore."""
    return {
        f"{owner}.{name}{tail}": name
        for name in names.split()
        for owner in ("torch", "torch.Tensor")
        for tail in ("", "_")
    }


def _all(kind: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.replace("F.", "torch.nn.functional.").split(), kind)


# By qualified name, the converter. Python's operators are methods of Tensor.
CONVERTERS: Mapping[str, str] = {
    # convert_exp ... convert_floor: __convert_unary
    **dict.fromkeys(
        _both("exp log sqrt reciprocal abs neg sin cos tan sinh cosh asin acos atan ceil floor"),
        "unary",
    ),
    "torch.Tensor.__neg__": "unary",
    **_all("leaky_relu", "F.leaky_relu F.leaky_relu_"),
    **_all("elu", "F.elu F.elu_"),
    **_all("selu", "torch.selu torch.selu_ F.selu F.selu_"),
    **_all("softsign", "F.softsign"),
    **_all("softplus", "F.softplus"),
    **_all("relu", "torch.relu torch.relu_ F.relu F.relu_ torch.Tensor.relu"),
    **_all("relu6", "F.relu6"),
    **_all("sigmoid", "torch.sigmoid F.sigmoid torch.Tensor.sigmoid"),
    **_all("silu", "F.silu"),
    **_all("tanh", "torch.tanh F.tanh"),
    **_all("gelu", "F.gelu"),
    **_all("prelu", "F.prelu"),
    **_all("adaptive_pool", "F.adaptive_avg_pool1d F.adaptive_avg_pool2d F.adaptive_avg_pool3d"),
    **_all("adaptive_pool", "F.adaptive_max_pool1d F.adaptive_max_pool2d F.adaptive_max_pool3d"),
    **_all("max_pool", "F.max_pool1d F.max_pool2d F.max_pool3d"),
    **_all("max_pool", "torch.max_pool1d torch.max_pool2d torch.max_pool3d"),
    **_all("avg_pool", "F.avg_pool1d F.avg_pool2d F.avg_pool3d"),
    **_all("avg_pool", "torch.avg_pool1d torch.avg_pool2d torch.avg_pool3d"),
    **_all("add", "torch.add torch.Tensor.__add__ torch.Tensor.__radd__ torch.Tensor.__iadd__"),
    **_all("sub", "torch.sub torch.Tensor.__sub__ torch.Tensor.__rsub__ torch.Tensor.__isub__"),
    **_all("mul", "torch.mul torch.Tensor.mul_ torch.Tensor.__mul__ torch.Tensor.__rmul__"),
    **_all("mul", "torch.Tensor.__imul__"),
    **_all("div", "torch.div torch.Tensor.__truediv__ torch.Tensor.__rtruediv__"),
    **_all("div", "torch.Tensor.__itruediv__"),
    **_all("floordiv", "torch.floor_divide torch.Tensor.__floordiv__ torch.Tensor.__ifloordiv__"),
    **_all("mod", "torch.fmod torch.Tensor.__mod__ torch.Tensor.__imod__"),
    **_all("pow", "torch.pow torch.Tensor.__pow__ torch.Tensor.__rpow__ torch.Tensor.__ipow__"),
    **_all(
        "compare", "torch.gt torch.lt torch.eq torch.ne torch.Tensor.__gt__ torch.Tensor.__lt__"
    ),
    **_all("compare", "torch.Tensor.__eq__ torch.Tensor.__ne__"),
    **_all("batch_norm", "F.batch_norm"),
    **_all("instance_norm", "torch.instance_norm F.instance_norm"),
    **_all("group_norm", "F.group_norm"),
    **_all("layer_norm", "F.layer_norm"),
    **_all("normalize", "F.normalize"),
    **_all("cat", "torch.cat"),
    **_all("stack", "torch.stack"),
    **_all("split", "torch.chunk torch.Tensor.chunk torch.split torch.Tensor.split"),
    **_all("clamp_one", "torch.clamp_min torch.Tensor.clamp_min"),
    **_all("clamp_one", "torch.clamp_max torch.Tensor.clamp_max"),
    **_all("clamp", "torch.clamp torch.Tensor.clamp"),
    **_all("clone", "torch.clone torch.Tensor.clone"),
    **_all("conv", "F.conv1d F.conv2d F.conv3d"),
    **_all("conv_transpose", "F.conv_transpose1d F.conv_transpose2d F.conv_transpose3d"),
    **_all("linear", "F.linear"),
    **_all("einsum", "torch.einsum"),
    **_all("expand", "torch.Tensor.expand"),
    **_all("flatten", "torch.flatten torch.Tensor.flatten"),
    **_all("identity", "torch.Tensor.contiguous F.dropout F.dropout2d F.dropout3d"),
    **_all("interpolate", "F.interpolate F.upsample"),
    **_all("softmax", "torch.Tensor.softmax F.softmax"),
    **_all("log_softmax", "F.log_softmax"),
    **_all("matmul", "torch.matmul torch.Tensor.__matmul__"),
    **_all("mean", "torch.mean torch.Tensor.mean"),
    **_all("reduce", "torch.sum torch.Tensor.sum torch.prod torch.Tensor.prod"),
    **_all("extremum", "torch.max torch.Tensor.max torch.min torch.Tensor.min"),
    **_all("narrow", "torch.narrow torch.Tensor.narrow"),
    **_all("pad", "F.pad"),
    **_all("permute", "torch.Tensor.permute"),
    **_all("roll", "torch.roll torch.Tensor.roll"),
    **_all("squeeze", "torch.squeeze torch.Tensor.squeeze"),
    **_all("unsqueeze", "torch.unsqueeze torch.Tensor.unsqueeze"),
    **_all("transpose", "torch.transpose torch.Tensor.transpose"),
    **_all("view", "torch.Tensor.view torch.Tensor.reshape"),
    **_all("tensor", "torch.tensor"),
    # Python functions without a converter whose inner calls all have one.
    **_all("composed", "F.softmin F.upsample_bilinear F.upsample_nearest F.local_response_norm"),
    **_all("composed", "torch.Tensor.__rdiv__"),
}

# Converters that return without a `_trt` where their operand has none (convert_view ...).
PASSING = frozenset({"view", "permute", "expand", "identity", "unsqueeze"})
# Converters that read `_trt` of their operands, and fail where there is none.
READING = frozenset({"einsum", "instance_norm"})
# Converters whose result shares memory with the operand.
VIEWS = frozenset("view permute expand split narrow squeeze unsqueeze transpose flatten".split())
# Converters that write the sample's sizes into the network, the batch among them.
STATIC = frozenset({"split", "narrow", "expand"})
# Operands besides the first that a converter takes as numbers, whatever they hang on.
WEIGHTS: Mapping[str, tuple[tuple[int, str], ...]] = {
    "conv": ((1, "weight"), (2, "bias")),
    "conv_transpose": ((1, "weight"), (2, "bias")),
    "linear": ((1, "weight"), (2, "bias")),
    "batch_norm": ((1, "running_mean"), (2, "running_var"), (3, "weight"), (4, "bias")),
    "instance_norm": ((3, "weight"), (4, "bias")),
    "group_norm": ((2, "weight"), (3, "bias")),
    "prelu": ((1, "weight"),),
}
# Converters that read operands by position only: a keyword raises IndexError. How many.
POSITIONAL: Mapping[str, int] = {
    "add": 2, "sub": 2, "mul": 2, "div": 2, "floordiv": 2, "mod": 2, "pow": 2, "compare": 2,
    "adaptive_pool": 2, "clamp_one": 2, "clamp": 1, "clone": 1, "expand": 1, "flatten": 1,
    "identity": 1, "linear": 1, "log_softmax": 1, "softmax": 1, "matmul": 2, "mean": 1, "reduce": 1,
    "extremum": 1, "pad": 1, "permute": 2, "relu": 1, "relu6": 1, "sigmoid": 1, "squeeze": 1,
    "tanh": 1, "transpose": 3, "unsqueeze": 1, "narrow": 4, "view": 2, "einsum": 2, "cat": 1,
    "stack": 1,
}  # fmt: skip

# Dtypes of which ``network.add_constant`` takes no array.
NO_CONSTANTS = frozenset({"float64", "bfloat16", "complex64", "complex128"})

# Results of Tensor methods and torch functions that are no tensors, nor follow the input's values.
NOT_TENSORS = frozenset(
    """dim ndimension numel nelement size stride element_size storage_offset is_contiguous
    is_floating_point is_complex is_tensor is_storage get_device data_ptr const_data_ptr
    is_same_size is_set_to untyped_storage storage register_hook requires_grad_ backward
    retain_grad broadcast_shapes is_grad_enabled is_autocast_enabled get_default_dtype
    get_autocast_dtype device finfo iinfo no_grad inference_mode autocast set_grad_enabled compile
    is_inference is_neg is_conj is_signed is_distributed is_vulkan_available manual_seed Size
    result_type promote_types can_cast is_inference_mode_enabled __len__ dense_dim sparse_dim
    dim_order is_pinned is_shared is_sparse is_quantized is_coalesced names type_name
    set_default_dtype get_rng_state set_rng_state Generator _assert __format__ __repr__ __str__
    cuda.synchronize""".split()
)
# Results that are Python numbers or lists of the sample's values.
TO_PYTHON = frozenset(
    "item tolist numpy __int__ __float__ __bool__ __index__ is_nonzero equal allclose".split()
)
# The same tensor object comes back where there is nothing to do.
MOVES = frozenset(
    "to cuda cpu float type type_as half double bfloat16 int long bool short byte char".split()
)
# Eval mode returns the argument itself.
IN_EVAL_THE_SAME = frozenset(
    "dropout1d alpha_dropout feature_alpha_dropout feature_dropout".split()
)
RANDOM = frozenset(
    """rand randn randint randperm rand_like randn_like randint_like normal bernoulli multinomial
    poisson normal_ uniform_ random_ bernoulli_ exponential_ geometric_ log_normal_ cauchy_
    gumbel_softmax""".split()
)
# Creations from sizes: their content does not hang on a tensor argument.
LIKE = frozenset(
    """zeros_like ones_like full_like empty_like rand_like randn_like randint_like new_zeros
    new_ones new_full new_empty new_tensor""".split()
)
CREATIONS = frozenset(
    """zeros ones full empty eye arange linspace logspace rand randn randint randperm tril_indices
    triu_indices hann_window hamming_window blackman_window bartlett_window kaiser_window range
    from_numpy Tensor FloatTensor LongTensor BoolTensor IntTensor DoubleTensor HalfTensor
    empty_strided""".split()
)
# These take a sequence of tensors.
OF_SEQUENCES = frozenset(
    """cat concat concatenate stack hstack vstack dstack column_stack row_stack meshgrid einsum
    block_diag broadcast_tensors cartesian_prod atleast_1d atleast_2d""".split()
)
# Of their second operand these read the shape only.
SHAPE_OF_OTHER = frozenset({"expand_as", "view_as", "reshape_as", "sum_to_size"})
# In-place methods that change no number.
HARMLESS = frozenset("requires_grad_ detach_ share_memory_ nan_to_num_ conj_physical_".split())
# Reordered views of constants: dense memory in another order.
REORDERING = frozenset(
    "permute t swapaxes swapdims movedim moveaxis adjoint T mT H mH inverse inv".split()
)

# nn layers by the function that they call with their input first.
LAYERS: Mapping[str, str] = {
    **{f"{kind}{n}d": f"{name}{n}d" for n in (1, 2, 3) for kind, name in (
        ("Conv", "conv"), ("ConvTranspose", "conv_transpose"), ("MaxPool", "max_pool"),
        ("AvgPool", "avg_pool"), ("AdaptiveAvgPool", "adaptive_avg_pool"),
        ("AdaptiveMaxPool", "adaptive_max_pool"))},
    **{f"{kind}Norm{n}d": f"{name}_norm" for n in (1, 2, 3) for kind, name in (
        ("Batch", "batch"), ("Instance", "instance"))},
    **{f"{kind}Pad{n}d": "pad" for n in (1, 2, 3)
       for kind in ("Zero", "Constant", "Reflection", "Replication", "Circular")},
    "SyncBatchNorm": "batch_norm", "LayerNorm": "layer_norm", "GroupNorm": "group_norm",
    "Linear": "linear", "NonDynamicallyQuantizableLinear": "linear",
    "ReLU": "relu", "ReLU6": "relu6", "LeakyReLU": "leaky_relu", "ELU": "elu", "SELU": "selu",
    "SiLU": "silu", "GELU": "gelu", "Softplus": "softplus", "Softsign": "softsign",
    "PReLU": "prelu", "Sigmoid": "sigmoid", "Tanh": "tanh", "Softmax": "softmax",
    "Softmax2d": "softmax", "LogSoftmax": "log_softmax", "Softmin": "softmin",
    "Upsample": "interpolate", "UpsamplingNearest2d": "interpolate",
    "UpsamplingBilinear2d": "interpolate", "Dropout": "dropout", "Dropout2d": "dropout2d",
    "Dropout3d": "dropout3d", "LocalResponseNorm": "local_response_norm",
}  # fmt: skip
SAME_LAYERS = frozenset("Identity Dropout1d AlphaDropout FeatureAlphaDropout".split())
