"""Event feeds: named sets of event names that actions listen to."""
