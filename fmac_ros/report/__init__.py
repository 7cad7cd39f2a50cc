"""Numbers and pictures that say how a run went."""
