"""The planner: how many batches a company can carry, how far apart, and when which pool breaks.

Four steps, from cheap to sure. *Expectation*: every batch is followed through its planned stages
as if nobody had to wait (``expectation``), which tells what it asks of every pool and for how long
(``demand``). *Formula*: how many of these demands overlap when batches start so many days apart,
against what is there (``formula``). *Calendar*: the same, counted day by day for one schedule, with
dates (``calendar``). *Proof*: the schedule is simulated, every batch to its harvest (``proof``),
and its figures are held against limits (``limits``). ``search`` narrows the stagger by formula and
calendar and bisects by proof; ``writing`` makes the schedule that was found a scenario of its own;
``planning`` is the entry point.
"""
