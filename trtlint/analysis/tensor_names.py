"""Names of Tensor methods that lists, dicts, strings, arrays and modules do not have."""

TENSOR_ONLY: frozenset[str] = frozenset(
    """abs_ absolute acos acosh addcdiv addcmul addmm aminmax angle arccos arcsin arctan argwhere
    asin asinh atan atan2 atanh baddbmm bernoulli bernoulli_ bincount bitwise_and bitwise_not
    bitwise_or bitwise_xor broadcast_to ceil ceil_ cholesky clamp_max clamp_min conj_physical
    copysign cos cosh count_nonzero cross cummax cummin data_ptr deg2rad det detach_ diag diag_embed
    diagflat diff digamma div divide erf erfc erfinv exp2 exp_ expm1 exponential_ fill_diagonal_
    fliplr flipud float_power floor floor_divide fmax fmin fmod frac gcd ger greater_equal
    hardshrink heaviside histc hypot i0 index_add index_add_ index_copy index_copy_ index_fill
    index_fill_ index_put index_put_ index_reduce inverse isclose isfinite isinf isnan kron kthvalue
    lcm lerp less_equal lgamma log10 log1p log2 log_ log_softmax logaddexp logcumsumexp logdet
    logical_and logical_not logical_or logical_xor logit logsumexp masked_scatter masked_scatter_
    matrix_exp matrix_power maximum median minimum mm moveaxis movedim msort mul multinomial
    multiply mv nan_to_num nan_to_num_ nanmean nanmedian nanquantile nansum ndimension neg neg_
    negative not_equal outer pinverse polygamma positive put_ quantile rad2deg reciprocal
    remainder renorm reshape_as resize_ rot90 round_ rsqrt rsqrt_ scatter_ scatter_add scatter_add_
    scatter_reduce scatter_reduce_ select_scatter sgn short sigmoid_ sign signbit sin sinc sinh
    slice_scatter slogdet split_with_sizes sqrt_ square squeeze_ std_mean sub subtract swapdims
    take_along_dim tan tanh_ tensor_split transpose_ tril triu true_divide trunc uniform_ unique
    unique_consecutive unsqueeze_ var_mean view_as xlogy""".split()
)
