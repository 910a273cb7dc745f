"""Azure Event Hubs: memberships and events as messages on a hub."""
