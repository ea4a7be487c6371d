"""trtlint: find and rewrite what TensorRT cannot take in PyTorch models."""

__version__ = "0.1.0"
