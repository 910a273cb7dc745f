"""The commands for those who write connector types: make one, check it, document it, record what it sends."""
