"""A long run of the whole graph in which something goes wrong again and again."""
