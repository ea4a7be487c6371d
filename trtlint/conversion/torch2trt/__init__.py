"""What torch2trt 0.5 does with traced code: its converters, and a dataflow over functions.

torch2trt runs the model once on sample inputs with torch's functions replaced by its own. Facts
are those of github.com/NVIDIA-AI-IOT/torch2trt at 4e820ae; the function each comes from is named.
"""
