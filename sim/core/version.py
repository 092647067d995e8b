"""The version of this program: every run, study and report names it."""

__version__ = "0.1.0"
