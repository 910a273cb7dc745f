"""The engine's hands: Kafka without a group, SQL, secrets, telemetry and the clock."""
