"""Decisions only: data in, data out. No Kafka, no HTTP, no clock, no randomness of its own."""
