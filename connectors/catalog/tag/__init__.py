"""Tag: a pixel or script that fires in the visitor's browser."""
