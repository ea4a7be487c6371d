"""What the two exporters of torch 2.13 make of torch's operators, as measured.

Written by benchmarks/operators/facts.py from executed probes; change that instead. A row holds for
the operators that it names: what the dynamo exporter makes of them, what the TorchScript exporter
(opset 17) does. ``fine``: ONNX that TensorRT-RTX 1.7 takes; ``untranslated``: the exporter has no
translation; ``varies``: it hangs on arguments, ranks or dtypes; else the ONNX operator that the
parser does not take. Of operators that are in no row nothing is known here.
"""

FACTS: tuple[tuple[str, str, str], ...] = (
    (
        "BitwiseAnd",
        "untranslated",
        "bitwise_and",
    ),
    (
        "BitwiseOr",
        "varies",
        "bitwise_or",
    ),
    (
        "Col2Im",
        "untranslated",
        "fold nn.Fold",
    ),
    (
        "DFT",
        "untranslated",
        "fft.fft fft.fft2 fft.fftn fft.hfft fft.hfft2 fft.hfftn fft.ifft fft.ifft2 fft.ifftn "
        "fft.ihfft fft.irfft fft.irfft2 fft.irfftn fft.rfft fft.rfft2 fft.rfftn",
    ),
    (
        "DFT",
        "varies",
        "istft",
    ),
    (
        "Det",
        "Det",
        "det linalg.det logdet",
    ),
    (
        "MaxPool[indices]",
        "MaxPool[indices]",
        "max_pool1d_with_indices max_pool2d_with_indices max_pool3d_with_indices",
    ),
    (
        "MaxPool[indices]",
        "varies",
        "adaptive_max_pool1d_with_indices max_unpool1d max_unpool2d max_unpool3d nn.MaxUnpool2d",
    ),
    (
        "Multinomial",
        "Multinomial",
        "multinomial",
    ),
    (
        "NegativeLogLikelihoodLoss",
        "NegativeLogLikelihoodLoss",
        "nll_loss nn.NLLLoss",
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
        "ScatterElements[reduction]",
        "scatter_add",
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
        "SequenceEmpty",
        "untranslated",
        "embedding_bag nn.EmbeddingBag",
    ),
    (
        "SoftmaxCrossEntropyLoss",
        "SoftmaxCrossEntropyLoss",
        "cross_entropy nn.CrossEntropyLoss",
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
        "F.fake_quantize T absolute acos addcmul addmm alias arccos arcsin arctan arctan2 "
        "as_strided asarray asin atan atan2 atleast_1d atleast_3d baddbmm bfloat16 "
        "binary_cross_entropy_with_logits blackman_window bmm bool broadcast_tensors broadcast_to "
        "byte ceil celu char clamp clamp_max clamp_min clip concat concatenate conj_physical "
        "constant_pad_nd contiguous conv1d conv2d conv3d conv_transpose1d conv_transpose2d "
        "conv_transpose3d cos cosine_similarity cross detach diagonal dim div divide dot double "
        "dsmm elu empty empty_like eq erf exp expand expand_as eye finfo flatten flip floor fmod "
        "frobenius_norm full full_like gather gaussian_nll_loss ge gelu ger glu greater "
        "greater_equal grid_sampler group_norm gru_cell gt half hann_window hardshrink "
        "hardsigmoid hardswish hardtanh index index_copy index_fill index_select instance_norm "
        "int isfinite isinf isnan layer_norm le leaky_relu lerp less less_equal linalg.cross "
        "linalg.matmul linalg.norm linalg.vector_norm linear local_response_norm log log10 log1p "
        "log2 log_softmax logical_and logical_not logical_or logical_xor logit logsigmoid "
        "logspace logsumexp long lp_pool1d lp_pool2d lt masked_fill max maximum mean meshgrid min "
        "minimum mish mm moveaxis movedim mse_loss multilabel_soft_margin_loss multiply mv "
        "nan_to_num narrow native_layer_norm ndim ndimension ne neg negative nelement new_empty "
        "new_full new_ones new_tensor new_zeros nn.AdaptiveMaxPool1d nn.AdaptiveMaxPool3d "
        "nn.AlphaDropout nn.AvgPool1d nn.AvgPool3d nn.BCEWithLogitsLoss nn.BatchNorm1d "
        "nn.BatchNorm3d nn.CELU nn.CircularPad1d nn.CircularPad2d nn.CircularPad3d "
        "nn.ConstantPad1d nn.ConstantPad2d nn.ConstantPad3d nn.Conv1d nn.Conv2d nn.Conv3d "
        "nn.ConvTranspose1d nn.ConvTranspose3d nn.CosineSimilarity nn.DataParallel nn.Dropout "
        "nn.Dropout1d nn.Dropout2d nn.Dropout3d nn.ELU nn.FeatureAlphaDropout nn.Flatten nn.GELU "
        "nn.GLU nn.GRU nn.GRUCell nn.GroupNorm nn.Hardshrink nn.Hardsigmoid nn.Hardswish "
        "nn.Hardtanh nn.Identity nn.InstanceNorm1d nn.InstanceNorm2d nn.InstanceNorm3d "
        "nn.KLDivLoss nn.LPPool1d nn.LPPool2d nn.LPPool3d nn.LSTMCell nn.LayerNorm nn.LeakyReLU "
        "nn.Linear nn.LocalResponseNorm nn.LogSigmoid nn.LogSoftmax nn.MSELoss nn.MaxPool1d "
        "nn.MaxPool3d nn.Mish nn.ModuleDict nn.ModuleList nn.MultiLabelSoftMarginLoss nn.PReLU "
        "nn.ParameterDict nn.ParameterList nn.PixelShuffle nn.PixelUnshuffle nn.RNN nn.RNNCell "
        "nn.ReLU nn.ReLU6 nn.ReflectionPad1d nn.ReflectionPad2d nn.ReflectionPad3d "
        "nn.ReplicationPad1d nn.ReplicationPad2d nn.ReplicationPad3d nn.SELU nn.Sequential "
        "nn.SiLU nn.Sigmoid nn.Softmax2d nn.Softmin nn.Softshrink nn.Softsign nn.SyncBatchNorm "
        "nn.Tanh nn.Tanhshrink nn.TripletMarginWithDistanceLoss nn.Unflatten nn.Unfold "
        "nn.UpsamplingBilinear2d nn.UpsamplingNearest2d nn.ZeroPad1d nn.ZeroPad2d nn.ZeroPad3d "
        "norm normalize not_equal numel ones ones_like outer pad pairwise_distance permute "
        "pixel_unshuffle pow prelu promote_types python rand rand_like randint randn randn_like "
        "reciprocal relu relu6 remainder repeat reshape reshape_as resolve_conj resolve_neg round "
        "rsqrt rsub scalar_tensor select selu shape sigmoid sign signal.windows.bartlett "
        "signal.windows.blackman signal.windows.cosine signal.windows.exponential "
        "signal.windows.gaussian signal.windows.general_hamming signal.windows.hamming "
        "signal.windows.hann signal.windows.nuttall silu sin size softmin softshrink softsign "
        "special.erf special.expit special.log1p special.log_softmax special.logit "
        "special.logsumexp special.round special.softmax split split_with_sizes spmm sqrt square "
        "stack std std_mean stft sub subtract swapaxes swapdims t take tan tanh tanhshrink tensor "
        "tensordot tile to transpose tril tril_indices triplet_margin_with_distance_loss triu "
        "triu_indices true_divide type_as unbind unflatten unravel_index unsafe_chunk "
        "unsafe_split unsafe_split_with_sizes unsqueeze upsample upsample_bilinear "
        "upsample_nearest var var_mean view_as vmap zeros zeros_like",
    ),
    (
        "fine",
        "untranslated",
        "H acosh addbmm addcdiv addmv addr adjoint alias_copy angle arccosh arcsinh arctanh asinh "
        "atanh bilinear binary_cross_entropy block_diag cartesian_prod cauchy chain_matmul "
        "channel_shuffle complex cosh cosine_embedding_loss count_nonzero cumulative_trapezoid "
        "deg2rad diag diag_embed diagflat diagonal_copy diff dist dsplit erfc exp2 expm1 "
        "exponential fft.fftshift fft.ifftshift fix fliplr flipud float_power frac geometric "
        "grid_sampler_2d gumbel_softmax heaviside hinge_embedding_loss hsplit huber_loss imag "
        "inner isclose isneginf isposinf isreal kron l1_loss ldexp linalg.diagonal "
        "linalg.matrix_power linalg.multi_dot linalg.vecdot log_normal logaddexp logaddexp2 "
        "logcumsumexp mH mT margin_ranking_loss matrix_power msort multi_margin_loss "
        "multilabel_margin_loss nanmean nanquantile nansum narrow_copy native_batch_norm "
        "native_group_norm nn.BCELoss nn.Bilinear nn.ChannelShuffle nn.CosineEmbeddingLoss "
        "nn.HingeEmbeddingLoss nn.HuberLoss nn.L1Loss nn.MarginRankingLoss "
        "nn.MultiLabelMarginLoss nn.MultiMarginLoss nn.PoissonNLLLoss nn.RMSNorm nn.SmoothL1Loss "
        "nn.SoftMarginLoss nn.TripletMarginLoss norm_except_dim permute_copy poisson_nll_loss "
        "polar positive quantile rad2deg ravel renorm rms_norm rot90 select_scatter set sgn "
        "signbit sinc sinh slice_scatter smooth_l1_loss soft_margin_loss special.entr "
        "special.erfc special.exp2 special.expm1 special.log_ndtr special.ndtr special.sinc "
        "special.xlog1py special.xlogy squeeze_copy sum_to_size t_copy take_along_dim "
        "transpose_copy trapezoid trapz triplet_margin_loss trunc unbind_copy unfold_copy "
        "unsqueeze_copy vdot view_as_complex view_as_real view_as_real_copy view_copy vsplit "
        "xlogy",
    ),
    (
        "fine",
        "varies",
        "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_max_pool3d add affine_grid all "
        "alpha_dropout any avg_pool3d batch_norm bernoulli bucketize cat cdouble cfloat chunk "
        "cond conj copy cumsum dropout1d dropout2d dropout3d feature_alpha_dropout fill float "
        "floor_divide grid_sample kl_div linspace lp_pool3d matmul max_pool1d max_pool3d mul "
        "multi_head_attention_forward nn.AdaptiveAvgPool1d nn.AdaptiveAvgPool2d nn.BatchNorm2d "
        "nn.MultiheadAttention nn.PairwiseDistance nn.Softplus nn.Threshold nn.Transformer "
        "nn.TransformerDecoder nn.TransformerDecoderLayer nn.TransformerEncoder "
        "nn.TransformerEncoderLayer nn.Upsample pixel_shuffle prod randint_like repeat_interleave "
        "roll softplus threshold trace unfold while_loop zero",
    ),
    (
        "untranslated",
        "NonZero",
        "masked_select",
    ),
    (
        "untranslated",
        "fine",
        "bartlett_window bitwise_left_shift bitwise_right_shift conv_tbc fft.fftfreq fft.rfftfreq "
        "kaiser_window nn.RReLU rrelu signal.windows.kaiser",
    ),
    (
        "untranslated",
        "untranslated",
        "as_strided_scatter binomial cholesky cholesky_inverse cholesky_solve combinations "
        "copysign corrcoef cov cummax cummin cumprod detach_copy diagonal_scatter digamma erfinv "
        "fft.ihfft2 fft.ihfftn fill_diagonal fmax fmin fractional_max_pool2d "
        "fractional_max_pool2d_with_indices fractional_max_pool3d "
        "fractional_max_pool3d_with_indices frexp gcd geqrf grid_sampler_3d hash_tensor histogram "
        "histogramdd hypot i0 igamma igammac index_reduce inverse kthvalue lcm lgamma "
        "linalg.cholesky linalg.cholesky_ex linalg.cond linalg.eig linalg.eigh linalg.eigvals "
        "linalg.eigvalsh linalg.householder_product linalg.inv linalg.inv_ex linalg.ldl_factor "
        "linalg.ldl_factor_ex linalg.ldl_solve linalg.lstsq linalg.lu linalg.lu_factor "
        "linalg.lu_factor_ex linalg.lu_solve linalg.matrix_exp linalg.matrix_rank linalg.pinv "
        "linalg.qr linalg.slogdet linalg.solve linalg.solve_ex linalg.solve_triangular linalg.svd "
        "linalg.svdvals linalg.tensorinv linalg.tensorsolve linalg.vander lobpcg lu lu_solve "
        "matrix_exp median mode mvlgamma nanmedian native_channel_shuffle nextafter "
        "nonzero_static nuclear_norm orgqr pca_lowrank pdist pinverse poisson polygamma put qr "
        "random randperm searchsorted segment_reduce select_copy short slice_copy slogdet "
        "special.airy_ai special.bessel_j0 special.bessel_j1 special.bessel_y0 special.bessel_y1 "
        "special.chebyshev_polynomial_t special.chebyshev_polynomial_u "
        "special.chebyshev_polynomial_v special.chebyshev_polynomial_w special.digamma "
        "special.erfinv special.gammainc special.gammaincc special.gammaln "
        "special.hermite_polynomial_h special.hermite_polynomial_he special.i0 special.i0e "
        "special.i1 special.i1e special.laguerre_polynomial_l special.legendre_polynomial_p "
        "special.modified_bessel_i0 special.modified_bessel_i1 special.modified_bessel_k0 "
        "special.modified_bessel_k1 special.multigammaln special.ndtri special.polygamma "
        "special.psi special.scaled_modified_bessel_k0 special.scaled_modified_bessel_k1 "
        "special.shifted_chebyshev_polynomial_t special.shifted_chebyshev_polynomial_u "
        "special.shifted_chebyshev_polynomial_v special.shifted_chebyshev_polynomial_w "
        "special.spherical_bessel_j0 special.zeta split_copy svd svd_lowrank triangular_solve "
        "uniform unique_consecutive vander",
    ),
    (
        "untranslated",
        "varies",
        "cdist dequantize index_add nn.FractionalMaxPool2d nn.FractionalMaxPool3d",
    ),
    (
        "varies",
        "NonZero",
        "nn.AdaptiveLogSoftmaxWithLoss",
    ),
    (
        "varies",
        "ScatterElements[reduction]",
        "scatter_reduce",
    ),
    (
        "varies",
        "fine",
        "amax amin aminmax fake_quantize_per_channel_affine hamming_window index_put nn.Embedding "
        "nn.GaussianNLLLoss normal",
    ),
    (
        "varies",
        "untranslated",
        "bitwise_xor ctc_loss grouped_mm histc isin real special.erfcx",
    ),
)
