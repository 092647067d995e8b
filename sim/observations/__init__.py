"""NumPy expansion of what observers see: sensor readings, meals, samples, daily states."""
