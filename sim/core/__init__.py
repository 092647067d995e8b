"""What everything stands on: clock, named random numbers, arrays, journal, child processes."""
