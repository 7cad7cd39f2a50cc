"""Priors that know the simulator's ground truth, made worse at will. For ablations only."""
