"""Campaigns: thousands of trials of what must never happen, each in slices of under 45 minutes."""
