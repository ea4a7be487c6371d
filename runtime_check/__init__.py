"""Run the model: load, export, build, execute, compare, and tie every failure to a source line.

Only this room imports torch, onnx, onnxruntime and tensorrt, and only inside functions.
Start at :mod:`trtlint.runtime_check.api`.
"""
