"""What the two exporters of torch 2.13 make of torch's operators, as measured.

Written by benchmarks/operators/facts.py from executed probes; change that instead. A row holds for
the operators that it names: what the dynamo exporter makes of them, what the TorchScript exporter
(opset 17) does. ``fine``: ONNX that TensorRT-RTX 1.7 takes; ``untranslated``: the exporter has no
translation; else the ONNX operator that the parser does not take. Operators that are in no row are
unknown here, or hang on arguments that their own rules look at.
"""

FACTS: tuple[tuple[str, str, str], ...] = (
    (
        "BitwiseAnd",
        "untranslated",
        "bitwise_and",
    ),
    (
        "BitwiseXor",
        "untranslated",
        "bitwise_xor",
    ),
    (
        "DFT",
        "untranslated",
        "fft.fft fft.fft2 fft.fftn fft.hfft fft.hfft2 fft.hfftn fft.ifft fft.ifft2 fft.ifftn "
        "fft.ihfft fft.irfft fft.irfft2 fft.irfftn fft.rfft fft.rfft2 fft.rfftn",
    ),
    (
        "Det",
        "Det",
        "det linalg.det logdet",
    ),
    (
        "Dropout[training]",
        "Dropout[training]",
        "dropout",
    ),
    (
        "MaxPool[indices]",
        "MaxPool[indices]",
        "max_pool1d_with_indices max_pool2d_with_indices max_pool3d_with_indices",
    ),
    (
        "NegativeLogLikelihoodLoss",
        "NegativeLogLikelihoodLoss",
        "nll_loss",
    ),
    (
        "NonZero",
        "NonZero",
        "masked_scatter nonzero",
    ),
    (
        "NonZero",
        "untranslated",
        "argwhere",
    ),
    (
        "ScatterElements[reduction]",
        "untranslated",
        "bincount",
    ),
    (
        "SequenceConstruct",
        "SequenceConstruct",
        "hstack row_stack vstack",
    ),
    (
        "SequenceConstruct",
        "untranslated",
        "column_stack dstack",
    ),
    (
        "SoftmaxCrossEntropyLoss",
        "SoftmaxCrossEntropyLoss",
        "cross_entropy",
    ),
    (
        "Unique",
        "Unique",
        "unique",
    ),
    (
        "fine",
        "MaxPool[indices]",
        "adaptive_max_pool2d_with_indices adaptive_max_pool3d_with_indices",
    ),
    (
        "fine",
        "SplitToSequence",
        "tensor_split",
    ),
    (
        "fine",
        "fine",
        "T abs absolute acos adaptive_avg_pool2d adaptive_max_pool2d add addcmul addmm "
        "alpha_dropout arccos arcsin arctan arctan2 asarray asin atan atan2 atleast_1d atleast_2d "
        "atleast_3d avg_pool2d baddbmm bernoulli bfloat16 binary_cross_entropy_with_logits "
        "blackman_window bmm broadcast_tensors byte cat ceil celu char chunk clamp clamp_max "
        "clamp_min clip clone concat concatenate conj conj_physical constant_pad_nd contiguous "
        "conv1d conv2d cos cosine_similarity cumsum detach diagonal dim div divide dot double "
        "dsmm elu empty empty_like eq erf exp expand_as eye feature_alpha_dropout flatten flip "
        "float floor fmod frobenius_norm full_like gather gaussian_nll_loss ge gelu ger glu "
        "greater greater_equal group_norm gt half hann_window hardshrink hardsigmoid hardswish "
        "hardtanh index index_copy index_fill index_select instance_norm int interpolate isfinite "
        "isinf isnan le leaky_relu lerp less less_equal linalg.matmul linalg.matrix_norm "
        "linalg.norm linalg.vector_norm linear linspace local_response_norm log log10 log1p log2 "
        "log_softmax logical_and logical_not logical_or logical_xor logit logsigmoid logspace "
        "logsumexp long lp_pool2d lt masked_fill matmul max_pool2d maximum mean meshgrid minimum "
        "mish mm moveaxis movedim mse_loss mul multilabel_soft_margin_loss multiply mv nan_to_num "
        "narrow ndim ndimension ne neg negative nelement new_empty new_ones new_tensor new_zeros "
        "norm normalize not_equal numel ones ones_like op.% outer pad pairwise_distance permute "
        "pixel_shuffle pixel_unshuffle pow prelu prod rand rand_like randn randn_like reciprocal "
        "relu relu6 remainder repeat repeat_interleave reshape reshape_as resolve_conj "
        "resolve_neg round rsqrt rsub scalar_tensor scaled_dot_product_attention select selu "
        "shape sigmoid sign signal.windows.bartlett signal.windows.blackman signal.windows.cosine "
        "signal.windows.exponential signal.windows.gaussian signal.windows.general_hamming "
        "signal.windows.hamming signal.windows.hann signal.windows.nuttall silu sin size softmax "
        "softmin softplus softshrink softsign special.erf special.expit special.log1p "
        "special.log_softmax special.logit special.logsumexp special.round special.softmax split "
        "spmm sqrt square squeeze stack std std_mean sub subtract sum swapaxes swapdims t take "
        "tan tanh tanhshrink tensor tensordot tile to transpose tril tril_indices "
        "triplet_margin_with_distance_loss triu triu_indices true_divide type_as unbind unflatten "
        "unravel_index unsafe_chunk unsafe_split unsqueeze upsample upsample_bilinear "
        "upsample_nearest var var_mean view view_as zero zeros zeros_like",
    ),
    (
        "fine",
        "untranslated",
        "H acosh addcdiv adjoint alias_copy angle arccosh arcsinh arctanh asinh atanh bilinear "
        "block_diag cartesian_prod cauchy chain_matmul channel_shuffle complex copy cosh "
        "count_nonzero cumulative_trapezoid deg2rad diag diag_embed diagflat diagonal_copy diff "
        "dist dsplit erfc exp2 expm1 exponential fft.fftshift fft.ifftshift fix fliplr flipud "
        "float_power frac geometric gumbel_softmax heaviside hinge_embedding_loss hsplit "
        "huber_loss imag inner isclose isneginf isposinf isreal kron l1_loss ldexp "
        "linalg.diagonal linalg.matrix_power linalg.vecdot log_normal logaddexp logaddexp2 "
        "logcumsumexp mH mT margin_ranking_loss matrix_power msort multi_margin_loss nanmean "
        "nanquantile nansum narrow_copy norm_except_dim permute_copy poisson_nll_loss polar "
        "positive quantile rad2deg ravel real renorm rot90 sgn signbit sinc sinh slice_scatter "
        "smooth_l1_loss soft_margin_loss special.entr special.erfc special.exp2 special.expm1 "
        "special.log_ndtr special.ndtr special.sinc special.xlog1py special.xlogy squeeze_copy "
        "sum_to_size t_copy take_along_dim to_dense trace transpose_copy trapezoid trapz "
        "triplet_margin_loss trunc unbind_copy unfold_copy unsqueeze_copy vdot view_as_complex "
        "view_as_real view_as_real_copy view_copy vsplit xlogy",
    ),
    (
        "untranslated",
        "NonZero",
        "masked_select",
    ),
    (
        "untranslated",
        "fine",
        "bartlett_window cdist fft.fftfreq fft.rfftfreq kaiser_window rrelu signal.windows.kaiser",
    ),
    (
        "untranslated",
        "untranslated",
        "binomial cholesky_inverse cholesky_solve copysign cummax cummin cumprod detach_copy "
        "digamma erfinv fft.ihfft2 fft.ihfftn fill_diagonal fmax fmin fractional_max_pool2d "
        "fractional_max_pool2d_with_indices fractional_max_pool3d "
        "fractional_max_pool3d_with_indices frexp gcd geqrf histogram histogramdd hypot i0 igamma "
        "igammac index_reduce inverse isin kthvalue lcm lgamma linalg.cholesky_ex linalg.eig "
        "linalg.eigh linalg.eigvals linalg.eigvalsh linalg.householder_product linalg.inv "
        "linalg.inv_ex linalg.ldl_factor linalg.ldl_factor_ex linalg.lu linalg.lu_factor "
        "linalg.lu_factor_ex linalg.matrix_exp linalg.matrix_rank linalg.pinv linalg.qr "
        "linalg.slogdet linalg.solve linalg.solve_ex linalg.svd linalg.svdvals linalg.tensorinv "
        "linalg.tensorsolve linalg.vander lu matrix_exp median mode mvlgamma nanmedian "
        "native_channel_shuffle nextafter nuclear_norm orgqr pca_lowrank pdist pinverse poisson "
        "put qr random randperm searchsorted select_copy slice_copy slogdet special.airy_ai "
        "special.bessel_j0 special.bessel_j1 special.bessel_y0 special.bessel_y1 "
        "special.chebyshev_polynomial_t special.chebyshev_polynomial_u "
        "special.chebyshev_polynomial_v special.chebyshev_polynomial_w special.digamma "
        "special.erfinv special.gammainc special.gammaincc special.gammaln "
        "special.hermite_polynomial_h special.hermite_polynomial_he special.i0 special.i0e "
        "special.i1 special.i1e special.laguerre_polynomial_l special.legendre_polynomial_p "
        "special.modified_bessel_i0 special.modified_bessel_i1 special.modified_bessel_k0 "
        "special.modified_bessel_k1 special.multigammaln special.ndtri special.psi "
        "special.scaled_modified_bessel_k0 special.scaled_modified_bessel_k1 "
        "special.shifted_chebyshev_polynomial_t special.shifted_chebyshev_polynomial_u "
        "special.shifted_chebyshev_polynomial_v special.shifted_chebyshev_polynomial_w "
        "special.spherical_bessel_j0 special.zeta split_copy svd svd_lowrank triangular_solve "
        "uniform vander",
    ),
)
