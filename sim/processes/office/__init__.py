"""Desks: plans, projections, forecasts, bills and the broodstock."""
