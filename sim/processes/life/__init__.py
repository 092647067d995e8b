"""A batch's life from egg to harvest."""
