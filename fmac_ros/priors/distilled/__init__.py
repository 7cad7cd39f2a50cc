"""Slow priors taught to a small network that answers at the control rate."""
