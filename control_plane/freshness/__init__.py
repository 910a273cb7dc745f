"""Whether the statistics are up to date."""
