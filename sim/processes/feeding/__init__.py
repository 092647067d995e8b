"""Meals, and the feed that is ordered for them."""
