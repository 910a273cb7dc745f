"""Kafka topic: a partner inside the company that reads a topic of its own."""
