"""Trying whether a partner lets us in."""
