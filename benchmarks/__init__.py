"""Benchmarks: what a run costs beside what it cannot cost less than. See README.md."""
