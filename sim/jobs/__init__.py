"""What a run and a study do, for the command line and for Python alike."""
