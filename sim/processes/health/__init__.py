"""What harms fish, and what people do about it."""
