"""The delivery explorer: deliveries with their attempts, and what happened to an event or a profile."""
