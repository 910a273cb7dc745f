"""Azure Service Bus: memberships and events as messages in a queue or topic."""
