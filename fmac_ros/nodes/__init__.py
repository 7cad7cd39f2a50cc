"""The nodes: they load their configuration, create entities, convert, and call the core."""
