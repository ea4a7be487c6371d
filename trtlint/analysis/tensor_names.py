"""Names of Tensor methods that lists, dicts, strings, arrays and modules do not have."""

TENSOR_ONLY: frozenset[str] = frozenset(
    """abs_ absolute absolute_ acos acosh addbmm addcdiv addcmul addmm addmm_ addmv addr adjoint
    allclose aminmax angle arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmin argwhere
    as_strided asin asinh atan atan2 atanh baddbmm baddbmm_ bernoulli bernoulli_ bincount
    bitwise_and bitwise_not bitwise_or bitwise_xor bmm_ broadcast_to ceil ceil_ cholesky
    cholesky_inverse cholesky_solve clamp_max clamp_min clip_ conj_physical copysign corrcoef
    cos cos_ cosh count_nonzero cov cross cummax cummin cumprod cumprod_ cumsum_ data_ptr
    deg2rad dequantize det detach_ diag diag_embed diagflat diagonal_scatter diff digamma dist
    div divide divide_ dsplit eq_ erf erf_ erfc erfinv exp2 exp_ expm1 exponential_
    fill_diagonal_ fix fliplr flipud float_power floor floor_divide fmax fmin fmod fmod_ frac
    frac_ frexp gcd geqrf ger greater_equal hardshrink hash_tensor heaviside histc histogram
    hsplit hypot i0 igamma igammac index_add index_add_ index_copy index_copy_ index_fill
    index_fill_ index_put index_put_ index_reduce index_reduce_ index_select inverse
    is_contiguous is_floating_point is_nonzero isclose isfinite isinf isnan isneginf isposinf
    isreal kron kthvalue lcm ldexp lerp lerp_ less_equal lgamma log10 log1p log2 log_
    log_softmax logaddexp logaddexp2 logcumsumexp logdet logical_and logical_not logical_not_
    logical_or logical_xor logit logit_ logsumexp lu_solve mH masked_scatter masked_scatter_
    matrix_exp matrix_power maximum median minimum mm moveaxis movedim msort mul multinomial
    multiply multiply_ mv mvlgamma nan_to_num nan_to_num_ nanmean nanmedian nanquantile nansum
    narrow_copy ndimension neg neg_ negative new_empty_strided nextafter not_equal orgqr outer
    pinverse polygamma positive pow_ put_ quantile rad2deg random_ reciprocal remainder
    remainder_ renorm repeat_interleave reshape_as resize_ resolve_conj rot90 round_ rsqrt
    rsqrt_ scatter_ scatter_add scatter_add_ scatter_reduce scatter_reduce_ select_scatter sgn
    short sigmoid sigmoid_ sign sign_ signbit sin sin_ sinc sinh slice_inverse slice_scatter
    slogdet softmax split_with_sizes sqrt_ square square_ squeeze_ std_mean sub subtract
    subtract_ sum_to_size svd swapaxes_ swapdims swapdims_ take_along_dim tan tan_ tanh_
    tensor_split transpose_ triangular_solve tril tril_ triu triu_ true_divide true_divide_
    trunc trunc_ uniform_ unique unique_consecutive unsafe_chunk unsafe_split unsqueeze_
    var_mean vdot view_as vsplit xlogy""".split()
)
