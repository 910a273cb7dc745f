"""From drafts to the workers: versions, uses, config records, the outbox, and the relay to Kafka."""
