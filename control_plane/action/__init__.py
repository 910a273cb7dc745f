"""Actions: configured uses of an action type."""
