"""The language that connectors are written in: what they are, what they send, what the answers mean."""
