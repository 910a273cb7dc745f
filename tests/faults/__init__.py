"""The proof of reliability: 22 tests that break things on purpose, at full size or in seconds."""
