"""Defects on request: dirty facts, and the truth about them."""
