"""The marketplace: what this installation can connect to."""
