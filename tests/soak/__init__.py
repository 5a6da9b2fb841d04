"""A relay and nodes for long, at half of what they can do, killed at random: `make soak MINUTES=10`."""
