"""Tag-based connectors: the container script that pages load, and how to embed it."""
