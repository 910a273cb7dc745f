"""Counts in near real time, for a page that stays open."""
