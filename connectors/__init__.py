"""The shared, pure library: records, the kit and the catalogue. No network, no clock, no Kafka, no database."""
