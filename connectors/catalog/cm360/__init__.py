"""Google Campaign Manager 360: offline Floodlight conversions."""
