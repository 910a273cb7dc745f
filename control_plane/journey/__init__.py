"""Journeys: ordered paths of steps that actions listen to."""
