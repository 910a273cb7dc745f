"""The delivery machine: slots, limits, breakers, one attempt at a time, batches, timers and the partitions we own."""
