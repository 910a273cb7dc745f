"""LinkedIn Matched Audiences: uploaded ad audiences, kept as DMP segments."""
