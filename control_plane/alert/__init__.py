"""Alerts: who is told when a connector changes for the worse, and when it is well again."""
