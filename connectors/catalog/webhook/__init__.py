"""Webhook: any HTTP endpoint."""
