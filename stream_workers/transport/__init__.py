"""The chunked Kafka transport: each fetched partition batch reaches an agent as one message."""
