"""How far the foundation priors deserve trust, on videos and layouts they never saw."""
