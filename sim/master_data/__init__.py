"""What people hold to be true beforehand: models, prices, templates, parents; and its rows."""
