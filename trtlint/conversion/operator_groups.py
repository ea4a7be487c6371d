"""Operators that one page explains together, by the rule that reports them.

Names are those of :mod:`~trtlint.conversion.operator_facts`. What is in no group and has no rule of
its own is reported by ``unsupported-operator``.
"""

from __future__ import annotations

from trtlint.conversion.operators import BAD

GROUPS: dict[str, frozenset[str]] = {
    "linear-algebra": frozenset(
        """cholesky cholesky_inverse cholesky_solve chain_matmul det geqrf inverse lobpcg logdet lu
        lu_solve lu_unpack matrix_exp matrix_power nuclear_norm orgqr ormqr pca_lowrank pinverse qr
        slogdet svd svd_lowrank triangular_solve trace vander""".split()
    )
    | {name for name in BAD if name.startswith("linalg.")},
    "fft-transform": frozenset(
        {name for name in BAD if name.startswith("fft.")} | {"istft", "stft"}
    ),
    "cumulative-scan": frozenset("cumprod cummax cummin logcumsumexp".split()),
    "unique-values": frozenset(
        """unique unique_consecutive bincount histc histogram histogramdd searchsorted
        """.split()
    ),
    "order-statistics": frozenset(
        "kthvalue median mode msort nanmedian nanquantile quantile".split()
    ),
    "sequence-stack": frozenset(
        """column_stack dsplit dstack hsplit hstack row_stack tensor_split vsplit vstack""".split()
    ),
    "complex-numbers": frozenset(
        """adjoint angle complex H imag mH polar real view_as_complex view_as_real""".split()
    ),
    "loss-in-forward": frozenset(
        """cosine_embedding_loss cross_entropy ctc_loss gaussian_nll_loss hinge_embedding_loss
        huber_loss l1_loss margin_ranking_loss multi_margin_loss multilabel_margin_loss nll_loss
        poisson_nll_loss smooth_l1_loss soft_margin_loss triplet_margin_loss""".split()
    )
    | {name for name in BAD if name.startswith("nn.") and name.endswith("Loss")},
    "random-numbers": frozenset(
        """bernoulli binomial cauchy exponential geometric gumbel_softmax log_normal multinomial
        poisson random randperm uniform""".split()
    ),
    "embedding-bag": frozenset("embedding_bag nn.EmbeddingBag".split()),
}
# Those whose outcome hangs on arguments, or that a rule of another family reports.
ELSEWHERE = frozenset(
    """affine_grid argwhere bitwise_and bitwise_left_shift bitwise_not bitwise_or
    bitwise_right_shift bitwise_xor cdist ctc_loss dequantize dropout fold index_reduce isin
    masked_scatter masked_select nn.AdaptiveAvgPool3d nn.Fold nonzero put scatter_add where
    grid_sampler_2d adaptive_avg_pool3d index_add scatter_reduce short""".split()
) | {name for name in BAD if "pool" in name.lower() and "fractional" not in name.lower()}


def remaining() -> frozenset[str]:
    """Operators for which there is no page of their own."""
    grouped = ELSEWHERE.union(*GROUPS.values())
    return frozenset(name for name in BAD if name not in grouped and "Unpool" not in name)
