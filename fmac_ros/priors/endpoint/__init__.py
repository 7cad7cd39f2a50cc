"""Priors behind an OpenAI-compatible chat-completions server that takes pictures.

This is how a model too big for the prior server's machine judges states: vLLM and others serve
it over several GPUs or machines.
"""
