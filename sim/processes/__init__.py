"""What goes on: generator functions on the one simulated clock."""
