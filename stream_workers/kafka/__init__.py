"""The Kafka sender: requests of connectors whose partner is a Kafka topic."""
