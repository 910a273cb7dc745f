"""A connector to try things with."""
