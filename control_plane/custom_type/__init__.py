"""Connector types that admins define without code."""
