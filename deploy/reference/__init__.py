"""References written from the programs: of the HTTP API, and of what is on the topics."""
