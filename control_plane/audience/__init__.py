"""Audiences: sets of profiles that actions keep in step with partners."""
