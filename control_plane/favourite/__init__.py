"""Favourites: the connectors that a user wants to find first."""
