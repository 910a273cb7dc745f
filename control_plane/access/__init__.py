"""Who is calling, what they may do, and what is kept of it."""
