"""Braze: an attribute or a cohort per audience."""
