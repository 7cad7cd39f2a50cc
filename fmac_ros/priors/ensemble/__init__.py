"""Priors made of other priors: votes and averages of models and cameras."""
