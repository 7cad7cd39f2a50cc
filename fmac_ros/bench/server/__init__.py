"""How much of a prior's speed is left behind the server."""
