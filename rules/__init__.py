"""Rules: each file decides that one pattern is a problem for TensorRT."""
