"""What differs between two versions, or between a version and the draft."""
