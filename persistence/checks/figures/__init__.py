"""Figures of a run beside what they should be: acceptance, calibration."""
