"""The analysis: which code is traced, and what each expression in it may be."""
