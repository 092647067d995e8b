"""A batch, a geography (farm) and the company at run time, and what they tell of themselves."""
