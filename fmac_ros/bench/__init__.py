"""Benchmarks: what the parts of the system are worth, measured."""
