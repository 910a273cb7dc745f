"""Clang (Deployteq): members of a group, one by one or as batches of customers."""
