"""Jobs: what admins have the workers do beside their stream; today, replays of dead letters."""
