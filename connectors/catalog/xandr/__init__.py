"""Xandr (Microsoft Monetize and Curate): segments, by file or at once."""
