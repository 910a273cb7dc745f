"""What became of deliveries: statistics by window, and the errors one by one."""
