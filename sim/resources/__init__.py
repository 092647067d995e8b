"""What is scarce: containers, feed silos and barges, boats and trucks, the harvest plant."""
