"""What a run achieved, measured in its databases."""

from persistence.kpi.gather import measure_databases

__all__ = ["measure_databases"]
