"""Sessions: a browser signed in with an API key."""
