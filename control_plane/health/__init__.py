"""Liveness, readiness, version and metrics."""
