"""Meta Custom Audiences: customer lists for advertising on Facebook and Instagram."""
