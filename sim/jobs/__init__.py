"""What a run and a study do, from a scenario to the databases: for the command line and for Python.

Nothing here prints a result or ends the process; what cannot be done is raised
(:mod:`sim.core.failures`).
"""
