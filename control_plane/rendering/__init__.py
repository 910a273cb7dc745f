"""What a draft, or a published version, would send for an event: rendered here, shown with its secrets masked."""
