"""One folder per connector type; nothing else lives here."""
