"""Priors made from pretrained models of the Hugging Face hub, or of a directory laid out alike."""
