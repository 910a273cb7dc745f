"""Configured connectors."""
