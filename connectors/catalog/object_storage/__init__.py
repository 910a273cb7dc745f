"""Object storage: changes as CSV or NDJSON files in a bucket."""
