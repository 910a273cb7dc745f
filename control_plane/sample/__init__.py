"""Recent events, to try mappings on."""
