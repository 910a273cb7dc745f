"""Dead letters: what could not be read or delivered, to look at and to select for a replay."""
