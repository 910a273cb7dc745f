"""Reusing an action's configuration for another type of action."""
