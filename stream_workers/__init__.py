"""The engine: a pure core that decides, and a thin shell that moves bytes between Kafka and the partners."""
