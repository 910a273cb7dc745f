"""Takes what workers report through Kafka over into the database, each record once, for the API to be asked about."""
