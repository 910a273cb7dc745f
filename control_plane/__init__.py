"""What admins talk to: configuration, its publication to the workers, and what became of deliveries."""
