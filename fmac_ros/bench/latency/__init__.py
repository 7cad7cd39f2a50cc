"""How long the graph takes from an observation to the command that answers it."""
