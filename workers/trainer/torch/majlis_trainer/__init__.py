"""Majlis's trainer service on PyTorch and Transformers."""
