"""Errors that are the same, as one: how many, since when, why, and what to do."""
